package psp

import (
	"context"
	"time"

	"payportal/internal/errs"
	"payportal/internal/money"
)

// PaymentFilter narrows the mirrored payments. Zero values narrow nothing.
type PaymentFilter struct {
	// ConnectionID is 0 for all connections.
	ConnectionID int64
	// Type and Status are nil for all.
	Type   *TerminalType
	Status *PaymentStatus
	// PSP is the exact name of a PSP.
	PSP string
	// Terminal is an exact terminal number.
	Terminal string
	// From and To bound the time of the payment, half-open: From belongs to the period and To does not.
	From, To time.Time
	// MinAmount and MaxAmount bound the amount, both inclusive, in rial: P9 knows no other currency. Nil is no bound.
	MinAmount, MaxAmount *money.Amount
	// Search is what was looked for; see ParsePaymentSearch.
	Search PaymentSearch
}

// validate reports every wrong combination at once, as errs.Invalid with the list's parameter names.
func (f PaymentFilter) validate(op string) error {
	var fields []errs.Field
	if !f.From.IsZero() && !f.To.IsZero() && f.To.Before(f.From) {
		fields = append(fields, errs.Field{Name: "to", Msg: "paymentdata.error.period_reversed"})
	}
	if f.MinAmount != nil && f.MinAmount.Currency != money.IRR {
		fields = append(fields, errs.Field{Name: "min", Msg: "paymentdata.error.currency"})
	}
	if f.MaxAmount != nil && f.MaxAmount.Currency != money.IRR {
		fields = append(fields, errs.Field{Name: "max", Msg: "paymentdata.error.currency"})
	}
	s := f.Search
	if s.FirstSix != "" && (len(s.FirstSix) != 6 || !isDigits(s.FirstSix)) || s.LastFour != "" && (len(s.LastFour) != 4 || !isDigits(s.LastFour)) ||
		s.IDPrefix != "" && !isID(s.IDPrefix) {
		fields = append(fields, errs.Field{Name: "q", Msg: "paymentdata.error.search"})
	}
	if f.MinAmount != nil && f.MaxAmount != nil && f.MaxAmount.Minor < f.MinAmount.Minor {
		fields = append(fields, errs.Field{Name: "max", Msg: "paymentdata.error.amount_reversed"})
	}
	if len(fields) > 0 {
		return &errs.Error{Kind: errs.Invalid, Op: op, Fields: fields}
	}
	return nil
}

// PaymentSortKey is what a list of payments is ordered by.
type PaymentSortKey uint8

// The sort keys; payments of one time or amount follow in the order in which the mirror met them.
const (
	ByTime PaymentSortKey = iota
	ByAmount
)

// PaymentOrder is the order of a list. The zero value is the newest first.
type PaymentOrder struct {
	By        PaymentSortKey
	Ascending bool
}

var paymentOrders = map[string]PaymentOrder{
	"-time": {ByTime, false}, "time": {ByTime, true}, "-amount": {ByAmount, false}, "amount": {ByAmount, true},
}

// ParsePaymentOrder reads the list's sort parameter: time, -time, amount or -amount, the minus meaning descending; the empty
// text is the newest first. Anything else is errs.Invalid.
func ParsePaymentOrder(s string) (PaymentOrder, error) {
	if s == "" {
		return PaymentOrder{}, nil
	}
	if o, ok := paymentOrders[s]; ok {
		return o, nil
	}
	return PaymentOrder{}, errs.InvalidField("list payments", "sort", "paymentdata.error.sort")
}

// String gives the sort parameter that ParsePaymentOrder reads.
func (o PaymentOrder) String() string {
	s := "time"
	if o.By == ByAmount {
		s = "amount"
	}
	if !o.Ascending {
		s = "-" + s
	}
	return s
}

// PaymentPageSizes are the page sizes on offer; the first is the default.
var PaymentPageSizes = []int{25, 50, 100}

// PaymentQuery asks for one page of a list of payments.
type PaymentQuery struct {
	Filter PaymentFilter
	Order  PaymentOrder
	// Size is one of PaymentPageSizes.
	Size int
	// Cursor is empty for the first page, else the Next or Previous of a list with the same order.
	Cursor string
}

// PaymentRecord is a payment as the mirror keeps it.
type PaymentRecord struct {
	Payment
	ConnectionID int64
}

// PaymentList is one page of a list.
type PaymentList struct {
	Payments []PaymentRecord
	// Next and Previous are the cursors of the neighbouring pages in the list's order, empty at its ends. They are opaque.
	Next, Previous string
}

// PaymentDetail is one payment with what the mirror knows about its past.
type PaymentDetail struct {
	PaymentRecord
	// FirstSeen is when the mirror first read the payment.
	FirstSeen time.Time
	// Changes are what the provider changed since, oldest first.
	Changes []PaymentChange
}

// PaymentChange is one field that the provider changed about a payment that the mirror had read before.
type PaymentChange struct {
	SeenAt time.Time
	// Field is the name of the field: amount, status, type, psp, terminal_number, masked_card or time.
	Field string
	// Old and New are the raw values: minor units, status numbers, text, RFC 3339 times.
	Old, New string
}

// PaymentStore is the mirror as the use-cases read it; the store implements it.
type PaymentStore interface {
	// ListPayments reads one page. A cursor that is forged, garbled or of another order is errs.Invalid.
	ListPayments(ctx context.Context, q PaymentQuery) (PaymentList, error)
	// PaymentDetail finds a payment by the provider's id; errs.NotFound when there is none.
	PaymentDetail(ctx context.Context, connectionID int64, id string) (PaymentDetail, error)
	// PaymentTotals counts and sums the payments of a filter, whole and by the groups asked for.
	PaymentTotals(ctx context.Context, f PaymentFilter, by PaymentGroups) (PaymentTotals, error)
	// StreamPayments reads every payment of a filter in order, as of one moment, in batches. The slice is used again after
	// each yield returns; its strings are not. An error of yield ends the stream and is returned.
	StreamPayments(ctx context.Context, f PaymentFilter, o PaymentOrder, yield func([]PaymentRecord) error) error
	// PaymentsAsOf says when the mirrored lists of a connection (0 for all) and type (nil for all) were last complete: the
	// oldest of them, zero when one never was.
	PaymentsAsOf(ctx context.Context, connectionID int64, t *TerminalType) (time.Time, error)
}

// Payments are the use-cases of mirrored payments. Permissions are the caller's: payment.list to read, payment.export to
// export.
type Payments struct {
	Store PaymentStore
}

// List gives one page of the payments of a filter. It fails with errs.Invalid for a wrong filter, size or cursor.
func (p *Payments) List(ctx context.Context, q PaymentQuery) (PaymentList, error) {
	const op = "list payments"
	if err := q.Filter.validate(op); err != nil {
		return PaymentList{}, err
	}
	for _, size := range PaymentPageSizes {
		if q.Size == size {
			return p.Store.ListPayments(ctx, q)
		}
	}
	return PaymentList{}, errs.InvalidField(op, "size", "paymentdata.error.page_size")
}

// Totals counts and sums exactly the payments that List pages through.
func (p *Payments) Totals(ctx context.Context, f PaymentFilter) (PaymentTotals, error) {
	if err := f.validate("total payments"); err != nil {
		return PaymentTotals{}, err
	}
	return p.Store.PaymentTotals(ctx, f, PaymentGroups{})
}

// Detail gives one payment. Connection 0 means whichever connection has the id, the lowest first. It fails with
// errs.NotFound.
func (p *Payments) Detail(ctx context.Context, connectionID int64, id string) (PaymentDetail, error) {
	return p.Store.PaymentDetail(ctx, connectionID, id)
}
