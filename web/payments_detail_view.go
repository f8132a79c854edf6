package web

import (
	"math"
	"strconv"
	"time"

	"payportal/internal/access"
	"payportal/internal/i18n"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/templates/payments"
	"payportal/templates/ui"
)

// paymentDetailView is the view of one payment.
func paymentDetailView(v *visit, d psp.PaymentDetail, connections []OfferedConnection, back string) payments.Detail {
	p := v.p
	q := paymentRequest{connections: connections}
	if len(connections) > 1 {
		q.params[paramConnection] = q.connectionName(d.ConnectionID)
	}
	view := payments.Detail{
		Title:        p.Tf("payments.detail.title", map[string]any{"Amount": p.Money(d.Amount), "Unit": p.UnitName(d.Amount.Currency)}),
		BackHref:     back,
		ID:           ui.Ident{Text: d.ID, What: p.T("payments.column.id")},
		Status:       statusView(p, paymentStates(p), d.Status),
		Amount:       moneyView(p, d.Amount),
		Words:        p.Words(d.Amount),
		At:           momentView(p, d.TransactedAt),
		Zone:         p.ZoneAt(d.TransactedAt),
		Type:         p.T("payments.type." + d.Type.String()),
		PSP:          d.PSP,
		PSPHref:      q.params.with(paramPSP, d.PSP).link("/payments"),
		Card:         ui.Ident{Text: p.Digits(d.MaskedCard), Copy: d.MaskedCard, What: p.T("payments.column.card")},
		Terminal:     ui.Ident{Text: p.Digits(d.TerminalNumber), Copy: d.TerminalNumber, What: p.T("payments.column.terminal")},
		PaymentsHref: q.params.with(paramTerminal, d.TerminalNumber).link("/payments"),
		Connection:   q.connectionName(d.ConnectionID),
		FirstSeen:    momentView(p, d.FirstSeen),
	}
	if first, last, ok := psp.SplitCard(d.MaskedCard); ok {
		search := psp.PaymentSearch{FirstSix: first, LastFour: last}
		view.CardHref = q.params.with(paramSearch, search.String()).link("/payments")
	}
	if v.can(access.TerminalRead) {
		view.TerminalHref = paymentParams{paramConnection: q.params[paramConnection], paramSearch: d.TerminalNumber}.link("/terminals")
	}
	for _, c := range d.Changes {
		view.Changes = append(view.Changes, changeView(p, c))
	}
	return view
}

func changeView(p *i18n.Printer, c psp.PaymentChange) payments.Change {
	return payments.Change{
		At: momentView(p, c.SeenAt), Field: changedField(p, c.Field), Old: changedValue(p, c.Field, c.Old), New: changedValue(p, c.Field, c.New),
	}
}

// changedFields are the catalogue keys of the fields that a provider may change.
var changedFields = map[string]string{
	"amount": "payments.column.amount", "status": "payments.column.status", "type": "payments.column.type", "psp": "payments.column.psp",
	"terminal_number": "payments.column.terminal", "masked_card": "payments.column.card", "time": "payments.column.time",
}

func changedField(p *i18n.Printer, field string) string {
	if key, ok := changedFields[field]; ok {
		return p.T(key)
	}
	return field
}

// changedValue writes a raw value as the page writes such values; what it cannot read stays as it came.
func changedValue(p *i18n.Printer, field, raw string) string {
	number, notNumber := strconv.ParseInt(raw, 10, 64)
	switch field {
	case "time":
		if t, err := time.Parse(time.RFC3339Nano, raw); err == nil {
			return p.DateTime(t)
		}
	case "type":
		if t, ok := psp.ParseTerminalType(raw); ok {
			return p.T("payments.type." + t.String())
		}
	case "amount":
		if notNumber == nil {
			return p.Money(money.Of(number, money.IRR)) + " " + p.UnitName(money.IRR)
		}
	case "status":
		if notNumber == nil && number >= 0 && number <= math.MaxUint8 {
			return statusView(p, paymentStates(p), psp.PaymentStatus(number)).Text
		}
	case "terminal_number", "masked_card":
		return p.Digits(raw)
	}
	return raw
}
