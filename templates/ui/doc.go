// Package ui holds the components that pages are made of. Each takes a view model with what it shows and nothing else, and
// is a pure function of it: it fetches nothing, formats no money and asks for no permission. Where a component has words
// of its own it takes the printer as first argument. Templates of features import it; it imports no domain.
//
// Addresses start with "/" (or "#"): templ refuses a relative one with a colon in its query.
//
// # The components
//
//	PageHeader(p, Header) {actions}      Fresh(p, Freshness)            Card(title, actions) {inside}
//	Tabs(label, []Tab)                   Tiles([]Tile)                  BarChart(p, Chart)
//	KeyValues() {KeyValue(label) {value}, KeyText(label, text)}        ProgressBar(p, Progress)
//	Btn(Button)                          Badge(tone, text)              Alert(Notice) {more}
//	EmptyState(NothingYet | NothingMatches | NoPermission)              Confirm(p, Confirmation) {what will happen}
//	When(Time)  Amount(Money)  Code(text)  Copyable(p, Ident)  CardMask(CardNumber)
//	FormErrors(p, []FormError)
//	TextField, SearchField, NumberField, OTPField, DateField(Field)    PasswordField(p, Field)    TextAreaField(Field, rows)    FileField(Field, accept)
//	SelectField(SelectInput)  CheckField(CheckInput)  ChoiceField(ChoiceInput)  AmountField(AmountInput)
//
// # A list
//
// The filter form stands before the Live section and names it; chips, table and pager stand inside. A handler answers a
// request of type partial with the Live section alone.
//
//	Card("", nil) {
//		Filters(p, FilterForm) {fields}
//		Live("payments", "1,340 payments") {
//			FilterChips(p, Chips)
//			DataTable(Table) {<tr><th scope="row"><a href="/payments/1">…</a></th><td>…</td></tr>}
//			Late("totals", "/payments/totals?…") {…}
//			Pages(p, Pager)
//		}
//	}
//
// Classes for pages: stack (parts below each other), cols (beside each other; with data-main two thirds and one),
// card-body, card-footer, actions, form-actions, muted, num (cell of numbers), wrap (cell that wraps), sub (second line of
// a cell), no-print, needs-js.
package ui
