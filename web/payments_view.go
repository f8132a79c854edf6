package web

import (
	"strconv"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/internal/i18n"
	"payportal/internal/mirror"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/templates/icon"
	"payportal/templates/payments"
	"payportal/templates/ui"
)

// paymentResults is the view of the part of the list that follows the address.
func paymentResults(v *visit, q *paymentRequest, list psp.PaymentList) payments.Results {
	p, prefs := v.p, v.identity.Preferences.Tables[paymentsTable]
	if len(q.wrong) > 0 {
		return q.refusal(p)
	}
	shown := shownColumns(prefs, len(q.connections))
	return payments.Results{
		Announce:   p.Tf("payments.rows", map[string]any{"Count": len(list.Payments)}),
		TotalsHref: q.params.filters().link("/payments/totals"),
		ViewsHref:  q.params.at("").link("/payments/views"),
		View:       currentView(v, q),
		Exports:    paymentExports(v, q),
		Display:    paymentDisplayView(v, q, shown),
		Chips:      paymentChips(v, q),
		Heads:      paymentHeads(p, q, shown),
		Shown:      shown,
		Rows:       paymentRows(v, q, list.Payments),
		Unit:       p.UnitName(money.IRR),
		Pager:      paymentPager(p, q, list),
		Empty:      paymentsEmpty(v, q),
	}
}

// paymentExports are the links to the list as a file, for those who may.
func paymentExports(v *visit, q *paymentRequest) []ui.Button {
	if !v.can(access.PaymentExport) {
		return nil
	}
	ps := q.params.filters()
	ps[paramSort] = q.params[paramSort]
	return []ui.Button{
		{Label: v.p.T("payments.export.csv"), Icon: icon.Download, Small: true, Href: ps.link("/payments/export.csv"), Download: true},
		{Label: v.p.T("payments.export.xlsx"), Icon: icon.Spreadsheet, Small: true, Href: ps.link("/payments/export.xlsx"), Download: true},
	}
}

// refusal shows what is wrong, and the list that is left without it. Errors of parameters without a field lead nowhere.
func (q *paymentRequest) refusal(p *i18n.Printer) payments.Results {
	r := payments.Results{FirstHref: q.usable().link("/payments"), FirstLabel: p.T("payments.first_page")}
	_, r.Errors = fieldErrors(p, q.err())
	for i := range r.Errors {
		switch r.Errors[i].Field {
		case "sort", "size", "after", "view", "unit":
			r.Errors[i].Field = ""
		default:
			r.FirstLabel = p.T("payments.without_wrong")
		}
	}
	return r
}

func paymentsEmpty(v *visit, q *paymentRequest) ui.Empty {
	switch {
	case q.params.isFiltered():
		return ui.NothingMatches(v.p, q.cleared().link("/payments"))
	case q.Cursor != "":
		return ui.NothingYet(v.p.T("payments.empty.page"), "", ui.Button{Label: v.p.T("payments.first_page"), Href: q.usable().link("/payments")})
	case len(q.connections) == 0:
		empty := ui.NothingYet(v.p.T("payments.empty.no_connection"), v.p.T("payments.empty.no_connection_text"), ui.Button{})
		if v.can(access.ConnectionManage) {
			empty.Action = ui.Button{Label: v.p.T("payments.empty.connect"), Icon: icon.Plug, Kind: ui.Primary, Href: "/admin/connections"}
		}
		return empty
	}
	return ui.NothingYet(v.p.T("payments.empty.title"), v.p.T("payments.empty.text"), ui.Button{})
}

// cleared gives the parameters without filters, in the same order and size, and not in the view that would bring them back.
func (q *paymentRequest) cleared() paymentParams {
	ps := q.params.at("")
	clear(ps[:paramUnit])
	ps[paramView] = ""
	if q.view != nil && q.view.Default {
		ps[paramView] = noView
	}
	return ps
}

// paymentHeads are the heads of the shown columns.
func paymentHeads(p *i18n.Printer, q *paymentRequest, shown []payments.Column) []ui.Column {
	heads := make([]ui.Column, len(shown))
	for i, c := range shown {
		heads[i] = ui.Column{Key: c.Key(), Label: p.T("payments.column." + c.Key()), Numeric: c == payments.Amount}
		switch c {
		case payments.Time:
			sortable(&heads[i], q, psp.ByTime)
		case payments.Amount:
			sortable(&heads[i], q, psp.ByAmount)
		}
	}
	return heads
}

// sortable makes a head a link: largest first, and the other way round when it is so already.
func sortable(head *ui.Column, q *paymentRequest, by psp.PaymentSortKey) {
	next := psp.PaymentOrder{By: by}
	if q.Order.By == by {
		head.Sorted = ui.Descending
		if q.Order.Ascending {
			head.Sorted = ui.Ascending
		}
		next.Ascending = !q.Order.Ascending
	}
	head.SortHref = q.params.with(paramSort, next.String()).link("/payments")
}

func paymentPager(p *i18n.Printer, q *paymentRequest, list psp.PaymentList) ui.Pager {
	pager := ui.Pager{
		Text: p.Tf("payments.rows", map[string]any{"Count": len(list.Payments)}), Live: true,
		PrevLabel: p.T("pager.previous"), NextLabel: p.T("pager.next"),
		SizeAction: "/payments/display", SizeReturn: q.params.with(paramSize, "").link("/payments"),
	}
	if list.Previous != "" {
		pager.PrevHref = q.params.at(list.Previous).link("/payments")
	}
	if list.Next != "" {
		pager.NextHref = q.params.at(list.Next).link("/payments")
	}
	for i, size := range psp.PaymentPageSizes {
		pager.Sizes = append(pager.Sizes, ui.PageSize{Value: pageSizeNames[i], Label: p.Digits(pageSizeNames[i]), Current: size == q.Size})
	}
	return pager
}

func paymentDisplayView(v *visit, q *paymentRequest, shown []payments.Column) payments.Display {
	d := payments.Display{
		Return: q.params.with(paramSize, "").link("/payments"),
		Sizes: ui.SelectInput{
			Field:   ui.Field{Name: "size", Label: v.p.T("payments.display.size"), Value: strconv.Itoa(q.Size)},
			Options: rowsOnOffer(v),
		},
	}
	at := 1
	for _, c := range payments.Columns()[1:] {
		if c == payments.Connection && len(q.connections) < 2 {
			continue
		}
		is := at < len(shown) && shown[at] == c
		if is {
			at++
		}
		d.Columns = append(d.Columns, payments.ColumnChoice{Key: c.Key(), Label: v.p.T("payments.column." + c.Key()), Shown: is})
	}
	return d
}

// paymentChips are the applied filters, each with the list without it.
func paymentChips(v *visit, q *paymentRequest) ui.Chips {
	chips := ui.Chips{ClearHref: q.cleared().link("/payments"), Live: true}
	for i := range paramUnit {
		value := q.params[i]
		if value == "" {
			continue
		}
		chips.Items = append(chips.Items, ui.Chip{
			Label:      v.p.T("payments.filter."+paymentParamNames[i]) + ": " + paymentValue(v.p, q, i, value),
			RemoveHref: q.params.with(i, "").link("/payments"),
		})
	}
	return chips
}

// paymentValue says a filter's value in words.
func paymentValue(p *i18n.Printer, q *paymentRequest, name paymentParam, value string) string {
	switch name {
	case paramPeriod:
		return p.Preset(q.period)
	case paramFrom:
		return p.LongDate(q.Filter.From)
	case paramTo:
		return p.LongDate(q.Filter.To.Add(-time.Nanosecond))
	case paramType:
		return p.T("payments.type." + value)
	case paramStatus:
		return p.T("payments.status." + value)
	case paramMin:
		return p.Money(*q.Filter.MinAmount) + " " + p.UnitName(money.IRR)
	case paramMax:
		return p.Money(*q.Filter.MaxAmount) + " " + p.UnitName(money.IRR)
	}
	return p.Digits(value)
}

// paymentFilter is the view of the form above the list.
func paymentFilter(v *visit, q *paymentRequest, psps []string) payments.Filter {
	p, wrong := v.p, map[string]string{}
	if len(q.wrong) > 0 {
		wrong, _ = fieldErrors(p, q.err())
	}
	field := func(name paymentParam) ui.Field {
		key := paymentParamNames[name]
		return ui.Field{Name: key, Label: p.T("payments.filter." + key), Value: q.params[name], Error: wrong[key]}
	}
	f := payments.Filter{
		Search:        field(paramSearch),
		Period:        ui.SelectInput{Field: field(paramPeriod), Options: presetOptions(p)},
		Status:        ui.SelectInput{Field: field(paramStatus), Options: wordOptions(p, "payments.status.", statusSuccessful, statusFailed)},
		Type:          ui.SelectInput{Field: field(paramType), Options: wordOptions(p, "payments.type.", psp.IPG.String(), psp.POS.String())},
		PSP:           ui.SelectInput{Field: field(paramPSP), Options: nameOptions(p, psps, q.params[paramPSP])},
		Connection:    ui.SelectInput{Field: field(paramConnection)},
		From:          field(paramFrom),
		To:            field(paramTo),
		TerminalField: field(paramTerminal),
		Min:           amountInput(p, field(paramMin), q.Filter.MinAmount),
		Max:           amountInput(p, field(paramMax), q.Filter.MaxAmount),
	}
	f.Search.Grow, f.Search.Placeholder, f.TerminalField.LTR = true, p.T("payments.filter.q_hint"), true
	example := dayText(v.now, p.Prefs())
	f.From.Placeholder, f.To.Placeholder = example, example
	if len(q.connections) > 1 {
		f.Connection.Options = connectionChoice(p, q.connections)
	}
	for _, name := range []paymentParam{paramConnection, paramFrom, paramTo, paramType, paramTerminal, paramMin, paramMax} {
		f.Open = f.Open || q.params[name] != ""
	}
	// These stand in the form though they are empty: a list that was sorted without loading the page fills them in.
	for _, name := range []paymentParam{paramSort, paramSize, paramView} {
		f.Keep = append(f.Keep, ui.Hidden{Name: paymentParamNames[name], Value: q.params[name]})
	}
	if unit := q.params[paramUnit]; unit != "" {
		f.Keep = append(f.Keep, ui.Hidden{Name: paymentParamNames[paramUnit], Value: unit})
	}
	return f
}

// amountInput shows an amount grouped, or what was typed when that is none.
func amountInput(p *i18n.Printer, f ui.Field, amount *money.Amount) ui.AmountInput {
	if amount != nil {
		f.Value = money.FormatMinor(*amount, p.Prefs().Unit)
	}
	input := ui.AmountInput{Field: f, Unit: p.UnitName(money.IRR)}
	if p.Prefs().Unit == money.Toman {
		input.Decimals = 1
	}
	return input
}

func presetOptions(p *i18n.Printer) []ui.Option {
	options := []ui.Option{{Label: p.T("payments.filter.any_time")}}
	for _, preset := range calendar.Presets() {
		options = append(options, ui.Option{Value: string(preset), Label: p.Preset(preset)})
	}
	return options
}

func wordOptions(p *i18n.Printer, prefix string, words ...string) []ui.Option {
	options := []ui.Option{{Label: p.T("word.all")}}
	for _, word := range words {
		options = append(options, ui.Option{Value: word, Label: p.T(prefix + word)})
	}
	return options
}

// nameOptions offers names, and the chosen one even when nobody lists it any more.
func nameOptions(p *i18n.Printer, names []string, chosen string) []ui.Option {
	options := []ui.Option{{Label: p.T("word.all")}}
	known := chosen == ""
	for _, name := range names {
		options = append(options, ui.Option{Value: name, Label: name})
		known = known || name == chosen
	}
	if !known {
		options = append(options, ui.Option{Value: chosen, Label: chosen})
	}
	return options
}

func connectionChoice(p *i18n.Printer, all []OfferedConnection) []ui.Option {
	options := []ui.Option{{Label: p.T("word.all")}}
	for _, c := range all {
		options = append(options, ui.Option{Value: c.Name, Label: c.Name})
	}
	return options
}

// rowTexts writes the texts of all rows into one string, so that a page of 100 rows is a handful of allocations.
type rowTexts struct {
	all     strings.Builder
	scratch []byte
}

// keep gives the scratch as a string of its own.
func (t *rowTexts) keep(b []byte) string {
	start := t.all.Len()
	t.all.Write(b)
	t.scratch = b[:0]
	return t.all.String()[start:]
}

// bytesPerRow is about what the texts of a row take, Persian ones.
const bytesPerRow = 320

// paymentRows are the views of the payments of a page.
func paymentRows(v *visit, q *paymentRequest, list []psp.PaymentRecord) []payments.Row {
	if len(list) == 0 {
		return nil
	}
	p := v.p
	t := &rowTexts{scratch: make([]byte, 0, 256)}
	t.all.Grow(len(list) * bytesPerRow)
	states := paymentStates(p)
	kinds := [...]string{psp.IPG: p.T("payments.type.ipg"), psp.POS: p.T("payments.type.pos")}
	suffix := rowSuffix(q)
	rows := make([]payments.Row, len(list))
	for i := range list {
		from, row := &list[i], &rows[i]
		row.Href = t.keep(append(append(append(t.scratch, "/payments/"...), from.ID...), suffix...))
		row.At = t.moment(p, from.TransactedAt)
		row.Amount = t.money(p, from.Amount)
		row.Status = statusView(p, states, from.Status)
		row.Card, row.Terminal = p.Digits(from.MaskedCard), p.Digits(from.TerminalNumber)
		row.PSP, row.ID, row.Type = from.PSP, from.ID, kinds[from.Type]
		if len(q.connections) > 1 {
			row.Connection = q.connectionName(from.ConnectionID)
			row.Href += connectionSuffix(suffix, row.Connection)
		}
	}
	return rows
}

// rowSuffix is what leads from a payment back to this list. It stands in each row, so it is as short as can be.
func rowSuffix(q *paymentRequest) string {
	if query := q.params.plain().query(); query != "" {
		return "?return=" + queryEscape("/payments?"+query)
	}
	return ""
}

// connectionSuffix names the connection, since two of them could have the same id.
func connectionSuffix(before, name string) string {
	if before == "" {
		return "?connection=" + queryEscape(name)
	}
	return "&connection=" + queryEscape(name)
}

func (t *rowTexts) moment(p *i18n.Printer, at time.Time) ui.Time {
	return ui.Time{
		ISO:   t.keep(at.UTC().AppendFormat(t.scratch, time.RFC3339)),
		Text:  t.keep(p.AppendDateTime(t.scratch, at)),
		Other: p.OtherCalendar(at),
	}
}

func (t *rowTexts) money(p *i18n.Printer, a money.Amount) ui.Money {
	return ui.Money{Minor: t.keep(strconv.AppendInt(t.scratch, a.Minor, 10)), Text: t.keep(p.AppendMoney(t.scratch, a))}
}

func paymentStates(p *i18n.Printer) [2]ui.Status {
	return [2]ui.Status{
		psp.PaymentFailed:     {Tone: ui.Failure, Text: p.T("payments.status.failed")},
		psp.PaymentSuccessful: {Tone: ui.Success, Text: p.T("payments.status.successful")},
	}
}

// statusView shows a status; one that the document does not know shows its number.
func statusView(p *i18n.Printer, states [2]ui.Status, status psp.PaymentStatus) ui.Status {
	if int(status) < len(states) {
		return states[status]
	}
	return ui.Status{Text: p.Tf("payments.status.other", map[string]any{"Number": int(status)})}
}

// momentView and moneyView are the views of single values.
func momentView(p *i18n.Printer, at time.Time) ui.Time {
	if at.IsZero() {
		return ui.Time{}
	}
	return (&rowTexts{}).moment(p, at)
}

func moneyView(p *i18n.Printer, a money.Amount) ui.Money {
	m := (&rowTexts{}).money(p, a)
	m.Unit = p.UnitName(a.Currency)
	return m
}

func paymentTotalsView(p *i18n.Printer, q *paymentRequest, totals psp.PaymentTotals) payments.Totals {
	view := payments.Totals{
		Count:    p.Tf("payments.totals.count", map[string]any{"Count": totals.Count}),
		Sum:      moneyView(p, totals.Amount),
		BackHref: q.params.link("/payments"),
	}
	if q.Filter.Status == nil && totals.Count > 0 {
		view.Successful = p.Tf("payments.totals.successful", map[string]any{
			"Count": totals.Successful, "Rate": p.Percent(totals.Successful, totals.Count),
		})
		view.SuccessfulSum = moneyView(p, totals.SuccessfulAmount)
	}
	return view
}

// mirrorView says how old the payments of a filter are, why they are no younger, and how far a first fill is.
func mirrorView(p *i18n.Printer, now time.Time, f psp.PaymentFilter, lists []mirror.Progress) (ui.Freshness, *ui.Progress) {
	var fresh ui.Freshness
	var filling *ui.Progress
	asOf, never := time.Time{}, false
	var fill mirror.Progress
	for _, l := range lists {
		if f.ConnectionID != 0 && l.ConnectionID != f.ConnectionID || f.Type != nil && l.Type != *f.Type {
			continue
		}
		switch {
		case l.LastComplete.IsZero():
			never = true
		case asOf.IsZero() || l.LastComplete.Before(asOf):
			asOf = l.LastComplete
		}
		if reason := staleReason(p, l); reason != "" {
			fresh.Stale = reason
		}
		if l.Walk == mirror.Fill {
			addFill(&fill, l)
			filling = fillView(p, fill)
		}
	}
	if !never && !asOf.IsZero() {
		fresh.At, fresh.Age = momentView(p, asOf), p.Age(asOf, now)
	}
	return fresh, filling
}

// staleReason says why a list is not being brought up to date; "" when it is.
func staleReason(p *i18n.Printer, l mirror.Progress) string {
	switch {
	case l.Paused:
		return p.T("payments.fresh.paused")
	case l.Failures == 0:
		return ""
	case l.ProblemKind == "forbidden", l.ProblemKind == "unauthenticated":
		return p.T("payments.fresh.refused")
	case l.ProblemKind == "rate limited":
		return p.T("payments.fresh.rate_limited")
	}
	return p.T("payments.fresh.unreachable")
}

// addFill adds one list's first fill to those of the others.
func addFill(sum *mirror.Progress, l mirror.Progress) {
	sum.Running = sum.Running || l.Running
	sum.Read += l.Read
	if l.Total < 0 || sum.Total < 0 {
		sum.Total = -1
	} else {
		sum.Total += l.Total
	}
	sum.RowsPerSecond += l.RowsPerSecond
	sum.Remaining = max(sum.Remaining, l.Remaining)
}

func fillView(p *i18n.Printer, fill mirror.Progress) *ui.Progress {
	view := &ui.Progress{Label: p.T("payments.filling.title"), Percent: -1, Text: p.Tf("payments.filling.read", map[string]any{"Count": fill.Read})}
	if fill.Total > 0 {
		view.Percent = int(min(fill.Read*100/fill.Total, 100))
		view.Text = p.Tf("payments.filling.read_of", map[string]any{"Read": fill.Read, "Total": fill.Total})
	}
	switch {
	case !fill.Running:
		view.Rest = p.T("payments.filling.waiting")
	case fill.Remaining > 0:
		view.Rest = p.Tf("payments.filling.rest", map[string]any{"Rate": int64(fill.RowsPerSecond), "Count": int64(fill.Remaining/time.Minute) + 1})
	}
	return view
}
