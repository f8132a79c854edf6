package web

import (
	"time"

	"payportal/internal/i18n"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/money"
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

func wageView(v *visit, ask inquiryAsk, typed typedWage, links inquiryLinks) inquiries.Wage {
	p := v.p
	byField, summary := inquiryErrors(p, ask)
	field := func(name, label, value string) ui.Field {
		return ui.Field{Name: name, Label: p.T(label), Value: value, Error: byField[name]}
	}
	bank := func(name, label, value string) ui.SelectInput {
		return ui.SelectInput{Field: field(name, label, bankValue(value)), Options: bankOptions(p)}
	}
	view := inquiries.Wage{
		Form: inquiryForm(v, ask, summary), Title: p.T("inquiries.wage.title"), Text: p.T("inquiries.wage.text"),
		Amount:      amountInput(p, field(inquiry.FieldAmount, "inquiries.amount", typed.amount), readAmount(p, typed.amount)),
		Source:      bank(inquiry.FieldSource, "inquiries.source", typed.source),
		Destination: bank(inquiry.FieldDestination, "inquiries.destination", typed.destination),
		IBAN:        field(fieldDestinationIBAN, "inquiries.destination_iban", typed.iban),
		Trouble:     troubleView(v, ask, links),
	}
	view.Amount.WordsHref, view.Amount.Required, view.Amount.Autofocus = wageWordsPath, true, len(summary) == 0
	view.Source.Required = true
	view.IBAN.Optional, view.IBAN.Hint = p.T("ui.optional"), p.T("inquiries.destination_iban_hint")
	if len(summary) == 0 {
		view.Check = checkView(p, inquiry.IBAN, typed.iban, 0)
	}
	if ask.answered() && ask.result.Record.Reply.Wage != nil {
		view.Estimate = estimateView(v, ask, typed, view.Key)
	}
	return view
}

// readAmount gives a typed amount, nil when it is none.
func readAmount(p *i18n.Printer, typed string) *money.Amount {
	amount, err := money.ParseAmount(typed, money.IRR, p.Prefs().Unit)
	if err != nil {
		return nil
	}
	return &amount
}

func estimateView(v *visit, ask inquiryAsk, typed typedWage, key string) *inquiries.Estimate {
	p, record := v.p, ask.result.Record
	transfer := record.Question.Wage
	source, _ := iban.BankByID(transfer.SourceBank)
	destination, _ := iban.BankByID(transfer.DestinationBank)
	view := &inquiries.Estimate{
		Amount: moneyView(p, transfer.Amount), Words: p.Words(transfer.Amount), Source: bankView(p, source), Destination: bankView(p, destination),
		Routes: routeViews(p, v.now, transfer, *record.Reply.Wage), Asked: inquiryAsked(p, record), Impossible: true,
	}
	for _, r := range view.Routes {
		view.Impossible = view.Impossible && r.Why != ""
	}
	if ask.result.Fresh {
		view.Fresh = freshView(v, ask, key, []ui.Hidden{
			{Name: inquiry.FieldAmount, Value: typed.amount},
			{Name: inquiry.FieldSource, Value: typed.source},
			{Name: inquiry.FieldDestination, Value: typed.destination},
			{Name: fieldDestinationIBAN, Value: typed.iban},
		})
	}
	return view
}

// routeViews are the ways of transfer beside each other. Where more than one is possible, the cheapest and the fastest are
// marked, all of them where several are that.
func routeViews(p *i18n.Printer, now time.Time, transfer inquiry.WageQuestion, e inquiry.WageEstimate) []inquiries.Route {
	ways := []struct {
		word string
		inquiry.WageRoute
	}{{"paya", e.Paya}, {"satna", e.Satna}, {"a2a", e.A2A}}
	possible, least, soonest := 0, money.Amount{}, time.Time{}
	for _, way := range ways {
		if !way.Possible {
			continue
		}
		possible++
		if possible == 1 || way.Wage.Minor < least.Minor {
			least = way.Wage
		}
		if !way.Arrival.IsZero() && (soonest.IsZero() || way.Arrival.Before(soonest)) {
			soonest = way.Arrival
		}
	}
	var views []inquiries.Route
	for _, way := range ways {
		view := inquiries.Route{Name: p.T("inquiries." + way.word), Text: p.T("inquiries." + way.word + "_text")}
		if !way.Possible {
			view.Status, view.Why = ui.Status{Text: p.T("inquiries.impossible")}, p.T("inquiries.impossible_text")
			if way.word == "a2a" && transfer.SourceBank != transfer.DestinationBank {
				view.Why = p.T("inquiries.impossible_a2a")
			}
			views = append(views, view)
			continue
		}
		view.Status, view.Wage = ui.Status{Tone: ui.Success, Text: p.T("inquiries.possible")}, moneyView(p, way.Wage)
		view.Arrival, view.In = momentView(p, way.Arrival), arrivalText(p, now, way.Arrival)
		if possible > 1 && way.Wage == least {
			view.Marks = append(view.Marks, p.T("inquiries.cheapest"))
		}
		if possible > 1 && !soonest.IsZero() && way.Arrival.Equal(soonest) {
			view.Marks = append(view.Marks, p.T("inquiries.fastest"))
		}
		views = append(views, view)
	}
	return views
}

// arrivalText says when something will be as people say it: at once, in 20 minutes, in 2 hours, tomorrow 07:00, in 3 days. What
// an earlier estimate told may be past by now. Days are those of the reader's zone.
func arrivalText(p *i18n.Printer, now, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	zone := p.Prefs().Zone
	rest, days := at.Sub(now), int(inquiry.DayOf(at, zone)-inquiry.DayOf(now, zone))
	count := func(key string, n int) string { return p.Tf(key, map[string]any{"Count": n}) }
	switch {
	case rest < -time.Minute:
		return p.Age(at, now)
	case rest < time.Minute:
		return p.T("inquiries.at_once")
	case rest < time.Hour:
		return count("inquiries.in_minutes", int(rest.Round(time.Minute)/time.Minute))
	case days == 0 || rest < 3*time.Hour:
		return count("inquiries.in_hours", int(rest.Round(time.Hour)/time.Hour))
	case days == 1:
		return p.Tf("inquiries.tomorrow", map[string]any{"Time": p.Time(at)})
	}
	return count("inquiries.in_days", days)
}
