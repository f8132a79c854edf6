// Package payments draws the pages of mirrored payments: the list with its filters, totals and views, and one payment. It
// holds finished texts only. The web package builds its view models; nothing else but the gallery imports it.
package payments

import (
	"payportal/templates/ui"
)

// LiveID is the id of the part of the list that filters, sorting and paging replace.
const LiveID = "payments"

// Column is a column of the list.
type Column uint8

// The columns, in the order in which they stand. Time comes first always: it leads to the payment.
const (
	Time Column = iota
	Amount
	Status
	Card
	Terminal
	PSP
	Type
	ID
	Connection
)

// columnKeys are the names of the columns in preferences and addresses.
var columnKeys = [...]string{"time", "amount", "status", "card", "terminal", "psp", "type", "id", "connection"}

// Key is the column's name in preferences, addresses and catalogues.
func (c Column) Key() string { return columnKeys[c] }

// Columns lists all columns in order.
func Columns() []Column {
	return []Column{Time, Amount, Status, Card, Terminal, PSP, Type, ID, Connection}
}

// List is the page of /payments.
type List struct {
	Fresh ui.Freshness
	// Filling shows a first fill under way; nil when there is none.
	Filling *ui.Progress
	Filter  Filter
	Results Results
}

// Filter is the form above the list.
type Filter struct {
	Search                  ui.Field
	Period, Status          ui.SelectInput
	Type, PSP, Connection   ui.SelectInput
	From, To, TerminalField ui.Field
	Min, Max                ui.AmountInput
	// Open shows the fields of the second line.
	Open bool
	// Keep are the parameters that the form must not lose.
	Keep []ui.Hidden
}

// Results is the part of the page that follows the address: everything but the form.
type Results struct {
	// Announce is said after the list was replaced.
	Announce string
	// Errors are what is wrong with the address; there are no rows then. FirstHref is the way on.
	Errors                []ui.FormError
	FirstHref, FirstLabel string
	// TotalsHref is where count and totals of the same filter come from.
	TotalsHref string
	// ViewsHref leads to the saved views, with this filter to save.
	ViewsHref string
	// View is the saved view that the list began with; nil for none.
	View    *CurrentView
	Exports []ui.Button
	Display Display
	Chips   ui.Chips
	Heads   []ui.Column
	Shown   []Column
	Rows    []Row
	// Unit is the unit of all amounts.
	Unit  string
	Pager ui.Pager
	// Empty says why there are no rows.
	Empty ui.Empty
}

// Row is one payment of the list.
type Row struct {
	Href   string
	At     ui.Time
	Amount ui.Money
	Status ui.Status
	// Card is the masked number as the provider gives it.
	Card, Terminal, PSP, Type, ID, Connection string
}

// Display is the form that chooses columns and the number of rows.
type Display struct {
	Columns []ColumnChoice
	Sizes   ui.SelectInput
	// Return is the list to go back to.
	Return string
}

// ColumnChoice is a column that can be hidden.
type ColumnChoice struct {
	Key, Label string
	Shown      bool
}

// Totals are count and sums of a filter.
type Totals struct {
	// Count is the number of payments in words.
	Count string
	Sum   ui.Money
	// Successful says how many and what part of them succeeded, SuccessfulSum what they sum up to; empty when the filter
	// is about the status itself.
	Successful    string
	SuccessfulSum ui.Money
	// BackHref is the list; it shows on a page of its own.
	BackHref string
}
