package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/internal/money"
	"payportal/internal/psp"
)

// paymentParam is a query parameter of the list of payments.
type paymentParam uint8

// The parameters, in the order in which links have them. Those before paramUnit are filters.
const (
	paramConnection paymentParam = iota
	paramSearch
	paramPeriod
	paramFrom
	paramTo
	paramType
	paramPSP
	paramTerminal
	paramStatus
	paramMin
	paramMax
	// paramUnit is the unit of min and max: "toman", else rial. A link means the same amounts to whoever opens it.
	paramUnit
	paramSort
	paramSize
	paramView
	paramAfter
	paramCount
)

var paymentParamNames = [paramCount]string{
	"connection", "q", "period", "from", "to", "type", "psp", "terminal", "status", "min", "max", "unit", "sort", "size", "view", "after",
}

// paymentParams are the values of the parameters as links and fields have them; empty ones are left out.
type paymentParams [paramCount]string

// with gives the parameters with one changed, and on the first page: another filter or order has other pages.
func (ps paymentParams) with(name paymentParam, value string) paymentParams {
	ps[name], ps[paramAfter] = value, ""
	return ps
}

// at gives the parameters of the page at a cursor.
func (ps paymentParams) at(cursor string) paymentParams {
	ps[paramAfter] = cursor
	return ps
}

// plain gives the parameters without a unit that no amount needs.
func (ps paymentParams) plain() paymentParams {
	if ps[paramMin] == "" && ps[paramMax] == "" {
		ps[paramUnit] = ""
	}
	return ps
}

// filters gives the parameters that narrow the list, and no others.
func (ps paymentParams) filters() paymentParams {
	clear(ps[paramSort:])
	return ps.plain()
}

// saved gives the parameters that a view keeps.
func (ps paymentParams) saved() paymentParams {
	ps[paramView], ps[paramAfter] = "", ""
	return ps.plain()
}

// isFiltered reports whether anything narrows the list.
func (ps paymentParams) isFiltered() bool {
	return slices.ContainsFunc(ps[:paramUnit], func(value string) bool { return value != "" })
}

// link gives a path with the parameters.
func (ps paymentParams) link(path string) string {
	if query := ps.query(); query != "" {
		return path + "?" + query
	}
	return path
}

func (ps paymentParams) query() string {
	var b strings.Builder
	for i, value := range ps {
		if value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(paymentParamNames[i])
		b.WriteByte('=')
		b.WriteString(queryEscape(value))
	}
	return b.String()
}

// readable undoes what needs no escaping inside a query's value; links to the list stand in each row.
var readable = strings.NewReplacer("%2F", "/", "%3F", "?", "%3D", "=", "%3A", ":", "%2C", ",")

// queryEscape escapes a value of a query and no more of it than needed.
func queryEscape(value string) string { return readable.Replace(url.QueryEscape(value)) }

// The words of a payment's status in addresses.
const (
	statusSuccessful = "successful"
	statusFailed     = "failed"
)

// paymentRequest is a list of payments as it was asked for.
type paymentRequest struct {
	psp.PaymentQuery
	params      paymentParams
	period      calendar.Preset
	connections []OfferedConnection
	// viewID is the saved view that the list began with, 0 for none; view is what it was saved as.
	viewID int64
	view   *savedView
	// wrong are the parameters that could not be used.
	wrong []errs.Field
	// masked says that a whole card number was searched for, which must not stay in the address.
	masked bool
}

// readPayments reads the parameters of a list. What is wrong with them is in wrong; an error is something else.
func (s *Server) readPayments(r *http.Request, in *input) (*paymentRequest, error) {
	connections, err := s.ReportingConnections(r.Context())
	if err != nil {
		return nil, err
	}
	return parsePayments(in, visitOf(r), connections), nil
}

// parsePayments makes a typed request of the parameters, and writes them back in their plainest form.
func parsePayments(in *input, v *visit, connections []OfferedConnection) *paymentRequest {
	q := &paymentRequest{connections: connections}
	for i, name := range paymentParamNames {
		q.params[i] = strings.TrimSpace(in.raw(name)) // as it was typed, for the fields of a page that is refused
	}
	q.readConnection(in)
	q.readSearch(in)
	q.readPeriod(in, v)
	q.readKinds(in)
	q.readAmounts(in, v.p.Prefs().Unit)
	q.readPage(in, v.identity.Preferences.Tables[paymentsTable])
	q.wrong = in.fields
	return q
}

// err gives what is wrong as an error, or nil.
func (q *paymentRequest) err() error {
	if len(q.wrong) == 0 {
		return nil
	}
	return &errs.Error{Kind: errs.Invalid, Op: "list payments", Fields: q.wrong}
}

// refuse notes what a use-case found wrong; it reports false for an error of another kind.
func (q *paymentRequest) refuse(err error) bool {
	fields := errs.FieldsOf(err)
	if !errs.Is(err, errs.Invalid) || len(fields) == 0 {
		return false
	}
	q.wrong = fields
	return true
}

// usable gives the parameters without those that are wrong, on the first page.
func (q *paymentRequest) usable() paymentParams {
	ps := q.params.at("")
	for _, f := range q.wrong {
		if i := slices.Index(paymentParamNames[:], f.Name); i >= 0 {
			ps[i] = ""
		}
	}
	return ps
}

func (q *paymentRequest) readConnection(in *input) {
	name := in.text("connection", 40)
	if name == "" {
		return
	}
	for _, c := range q.connections {
		if c.Name == name {
			q.Filter.ConnectionID = c.ID
			return
		}
	}
	in.wrong("connection", "validate.choice", nil)
}

func (q *paymentRequest) readSearch(in *input) {
	typed := in.text("q", 100)
	search, err := psp.ParsePaymentSearch(typed)
	if err != nil {
		in.fields = append(in.fields, errs.FieldsOf(err)...)
		return
	}
	q.Filter.Search = search
	if search.FirstSix != "" && search.LastFour != "" {
		q.masked = !strings.ContainsAny(typed, "*xX•")
		q.params[paramSearch] = search.String()
	}
}

// readPeriod reads a preset, or one or two days, both included.
func (q *paymentRequest) readPeriod(in *input, v *visit) {
	prefs := v.p.Prefs()
	q.period = calendar.Preset(in.choice("period", presetNames...))
	from, hasFrom := readDay(in, "from", prefs)
	to, hasTo := readDay(in, "to", prefs)
	if hasFrom {
		q.Filter.From, q.params[paramFrom] = from.Start, dayText(from.Start, prefs)
	}
	if hasTo {
		q.Filter.To, q.params[paramTo] = to.End, dayText(to.Start, prefs)
	}
	switch {
	case q.period == "":
	case hasFrom || hasTo:
		in.wrong("period", "payments.error.period_and_days", nil)
	default:
		period, _ := q.period.Period(v.now, prefs.Calendar, prefs.Zone)
		q.Filter.From, q.Filter.To = period.Start, period.End
	}
	if hasFrom && hasTo && to.Start.Before(from.Start) {
		in.wrong("to", "validate.range_order", nil)
	}
}

var presetNames = func() []string {
	var names []string
	for _, p := range calendar.Presets() {
		names = append(names, string(p))
	}
	return names
}()

// readDay reads a day of the user's calendar, or of the other one: their years are so far apart that a date is of one of
// them only, so that a link means the same days to everyone.
func readDay(in *input, name string, prefs i18n.Prefs) (calendar.Period, bool) {
	text := in.text(name, 40)
	if text == "" {
		return calendar.Period{}, false
	}
	t, err := calendar.ParseDate(text, prefs.Calendar, prefs.Zone)
	if errors.Is(err, calendar.ErrRange) {
		t, err = calendar.ParseDate(text, prefs.Calendar.Other(), prefs.Zone)
	}
	switch {
	case errors.Is(err, calendar.ErrRange):
		in.wrong(name, "validate.date_range", nil)
	case err != nil:
		in.wrong(name, "validate.date", nil)
	}
	return calendar.Day(t, prefs.Zone), err == nil
}

// dayText writes a day as fields and links have it: the user's calendar, Latin digits.
func dayText(t time.Time, prefs i18n.Prefs) string {
	var buf [10]byte
	separator := byte('-')
	if prefs.Calendar == calendar.Jalali {
		separator = '/'
	}
	return string(prefs.Calendar.DateOf(t, prefs.Zone).Append(buf[:0], separator))
}

func (q *paymentRequest) readKinds(in *input) {
	if t, ok := psp.ParseTerminalType(in.choice("type", psp.IPG.String(), psp.POS.String())); ok {
		q.Filter.Type = &t
	}
	switch in.choice("status", statusSuccessful, statusFailed) {
	case statusSuccessful:
		q.Filter.Status = new(psp.PaymentSuccessful)
	case statusFailed:
		q.Filter.Status = new(psp.PaymentFailed)
	}
	q.Filter.PSP = in.text("psp", 100)
	q.Filter.Terminal = in.text("terminal", 40)
}

func (q *paymentRequest) readAmounts(in *input, shown money.Unit) {
	typed := money.Rial
	if in.choice("unit", "rial", "toman") == "toman" {
		typed = money.Toman
	}
	q.Filter.MinAmount = q.readAmount(in, paramMin, typed, shown)
	q.Filter.MaxAmount = q.readAmount(in, paramMax, typed, shown)
	q.params[paramUnit] = ""
	if shown == money.Toman {
		q.params[paramUnit] = "toman"
	}
}

func (q *paymentRequest) readAmount(in *input, name paymentParam, typed, shown money.Unit) *money.Amount {
	text := in.text(paymentParamNames[name], 40)
	if text == "" {
		return nil
	}
	amount, err := money.ParseAmount(text, money.IRR, typed)
	if err != nil {
		in.wrong(paymentParamNames[name], amountProblem(err), nil)
		return nil
	}
	q.params[name] = strings.ReplaceAll(money.FormatMinor(amount, shown), ",", "")
	return &amount
}

// amountProblem says what is wrong with a typed amount.
func amountProblem(err error) string {
	switch {
	case errors.Is(err, money.ErrDecimals):
		return "validate.amount_decimals"
	case errors.Is(err, money.ErrSign):
		return "validate.amount_sign"
	case errors.Is(err, money.ErrOverflow):
		return "validate.amount_too_large"
	}
	return "validate.amount"
}

// paymentsTable is the table's name in the preferences.
const paymentsTable = "payments"

func (q *paymentRequest) readPage(in *input, prefs access.TablePreferences) {
	order, err := psp.ParsePaymentOrder(in.text("sort", 20))
	if err != nil {
		in.fields = append(in.fields, errs.FieldsOf(err)...)
	}
	q.Order = order
	q.Size = psp.PaymentPageSizes[0]
	if prefs.PageSize != 0 {
		q.Size = prefs.PageSize
	}
	if size := in.choice("size", pageSizeNames...); size != "" {
		q.Size, _ = strconv.Atoi(size)
	}
	q.Cursor = in.text("after", 200)
	q.readView(in)
}

// noView in the place of a saved view keeps the list from opening with the user's default one.
const noView = "none"

func (q *paymentRequest) readView(in *input) {
	if in.raw("view") == noView {
		return
	}
	id, ok := in.integer("view", 1, math.MaxInt64)
	if !ok {
		q.params[paramView] = ""
	}
	q.viewID = id
}

var pageSizeNames = func() []string {
	var names []string
	for _, size := range psp.PaymentPageSizes {
		names = append(names, strconv.Itoa(size))
	}
	return names
}()

// connectionName names a connection of the list.
func (q *paymentRequest) connectionName(id int64) string {
	for _, c := range q.connections {
		if c.ID == id {
			return c.Name
		}
	}
	return strconv.FormatInt(id, 10)
}

// pspNames are the names of the PSPs that the filter offers, from the directory of its connections.
func (s *Server) pspNames(ctx context.Context, q *paymentRequest) ([]string, error) {
	var names []string
	for _, c := range q.connections {
		if q.Filter.ConnectionID != 0 && q.Filter.ConnectionID != c.ID {
			continue
		}
		listed, _, err := s.Directory.PSPs(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range listed {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
