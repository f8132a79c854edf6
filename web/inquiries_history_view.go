package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"payportal/internal/access"
	"payportal/internal/i18n"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/textin"
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

// historyRecords is a page of questions, with the people who may have asked them.
type historyRecords struct {
	records []inquiry.Record
	more    bool
	users   []access.User
}

func historyView(v *visit, ask historyAsk, list historyRecords) inquiries.History {
	p, at := v.p, ask.at
	byField, summary := fieldErrors(p, ask.wrong)
	anything := ui.Option{Label: p.T("filter.any")}
	kinds, outcomes, people := []ui.Option{anything}, []ui.Option{anything}, []ui.Option{anything}
	for _, k := range inquiry.Kinds() {
		kinds = append(kinds, ui.Option{Value: string(k), Label: inquiryKind(p, k)})
	}
	for _, o := range inquiry.Outcomes() {
		outcomes = append(outcomes, ui.Option{Value: string(o), Label: inquiryOutcome(p, o).Text})
	}
	for _, u := range list.users {
		people = append(people, ui.Option{Value: strconv.FormatInt(u.ID, 10), Label: textin.Visible(u.DisplayName) + " (" + u.Username + ")"})
	}
	field := func(name, label string) ui.Field {
		return ui.Field{Name: name, Label: p.T(label), Value: at.values.Get(name), Error: byField[name]}
	}
	choice := func(name, label string, options []ui.Option) ui.SelectInput {
		return ui.SelectInput{Field: field(name, label), Options: withChosen(options, at.values.Get(name))}
	}
	view := inquiries.History{
		Filter: inquiries.HistoryFilter{
			Kind: choice("kind", "inquiryhistory.kind", kinds), Outcome: choice("outcome", "inquiryhistory.outcome", outcomes),
			User: choice("user", "inquiryhistory.who", people), From: field("from", "filter.from"), To: field("to", "filter.to"),
		},
		Search: inquiries.HistorySearch{
			Action: listURL{historySearchPath, at.values}.String(),
			Number: ui.Field{
				Name: "number", Label: p.T("inquiryhistory.search.number"), Value: ask.number, Error: byField[inquiry.FieldNumber],
				Placeholder: p.T("inquiryhistory.search.hint"), Autocomplete: "off", Grow: true, Attrs: templ.Attributes{"dir": "auto", "spellcheck": "false"},
			},
		},
	}
	example := dayText(v.now, p.Prefs())
	view.Filter.From.Placeholder, view.Filter.To.Placeholder = example, example
	view.List = historyListView(p, ask, list)
	view.List.Errors = summary
	filter := view.Filter
	view.List.Chips.Items = append(view.List.Chips.Items, filterChips(at, chipOf{"kind", filter.Kind.Label, kinds},
		chipOf{"outcome", filter.Outcome.Label, outcomes}, chipOf{"user", filter.User.Label, filter.User.Options},
		chipOf{"from", filter.From.Label, nil}, chipOf{"to", filter.To.Label, nil}).Items...)
	return view
}

func historyListView(p *i18n.Printer, ask historyAsk, list historyRecords) inquiries.HistoryList {
	view := inquiries.HistoryList{
		Label: p.Tf("inquiryhistory.count", map[string]any{"Count": len(list.records)}), Empty: ui.NothingMatches(p, historyPath),
		Chips: ui.Chips{ClearHref: historyPath, Live: ask.number == ""},
	}
	if len(ask.filter.Questions) > 0 {
		view.Chips.Items = []ui.Chip{{
			Label: namedChip(p.T("inquiryhistory.number"), p.Digits(ask.filter.Questions[0].Masked())), RemoveHref: ask.at.String(),
		}}
		view.Empty.Text = p.T("inquiryhistory.search.none")
	} else if len(ask.at.values) == 0 && ask.filter.Before == 0 {
		view.Empty = ui.NothingYet(p.T("inquiryhistory.none"), p.T("inquiryhistory.none_text"), ui.Button{})
	}
	for _, r := range list.records {
		view.Rows = append(view.Rows, historyRow(p, r, ask))
	}
	pageHistory(p, &view, ask, list)
	return view
}

// pageHistory leads to the neighbouring pages: by address, or for a search by a form that holds the number.
func pageHistory(p *i18n.Printer, view *inquiries.HistoryList, ask historyAsk, list historyRecords) {
	last := ""
	if list.more {
		last = strconv.FormatInt(list.records[len(list.records)-1].ID, 10)
	}
	if ask.number != "" {
		if last != "" {
			view.Older = &inquiries.HistoryOlder{
				Action: listURL{historySearchPath, ask.at.values}.String(), Hidden: []ui.Hidden{{Name: "number", Value: ask.number}, {Name: "after", Value: last}},
			}
		}
		return
	}
	view.Pager = ui.Pager{Text: view.Label, Live: true, PrevLabel: p.T("inquiryhistory.newest"), NextLabel: p.T("ui.pager.older")}
	if ask.filter.Before > 0 {
		view.Pager.PrevHref = ask.at.String()
	}
	if last != "" {
		view.Pager.NextHref = ask.at.with("after", last).String()
	}
}

func historyRow(p *i18n.Printer, r inquiry.Record, ask historyAsk) inquiries.HistoryRow {
	bank, ok := iban.BankByID(r.BankID)
	row := inquiries.HistoryRow{
		Href: entryHref(r.ID, ask.at.values), At: momentView(p, r.AskedAt), Who: textin.Visible(r.UserName), Kind: inquiryKind(p, r.Kind),
		Bank: namedBank(p, bank, ok), Outcome: inquiryOutcome(p, r.Outcome), Forgotten: r.Question == nil, Source: inquirySource(p, r),
	}
	if r.Question != nil {
		row.Number = p.Digits(r.Question.Masked())
	}
	return row
}

func inquiryOutcome(p *i18n.Printer, o inquiry.Outcome) ui.Status {
	tones := map[inquiry.Outcome]ui.Tone{
		inquiry.Answered: ui.Success, inquiry.Refused: ui.Warning, inquiry.Failed: ui.Failure, inquiry.Lost: ui.Warning, inquiry.Asking: ui.Info,
	}
	return ui.Status{Tone: tones[o], Text: p.T("inquiry.outcome." + string(o))}
}

// inquirySource says whether somebody asked by hand or a file did.
func inquirySource(p *i18n.Printer, r inquiry.Record) string {
	if r.BulkID == 0 {
		return p.T("inquiryhistory.single")
	}
	return p.Tf("inquiryhistory.from_file", map[string]any{"Number": p.Digits(strconv.FormatInt(r.BulkID, 10))})
}

func inquiryEntryView(v *visit, r inquiry.Record, settings inquiry.Settings, connection string, wish entryWish) inquiries.HistoryEntry {
	p := v.p
	byField, summary := fieldErrors(p, wish.wrong)
	bank, ok := iban.BankByID(r.BankID)
	view := inquiries.HistoryEntry{
		Title:    p.Tf("inquiryhistory.entry", map[string]any{"Number": p.Digits(strconv.FormatInt(r.ID, 10))}),
		BackHref: backToList(historyPath, wish.list), Outcome: inquiryOutcome(p, r.Outcome), Errors: summary,
		Who: textin.Visible(r.UserName), Kind: inquiryKind(p, r.Kind), Bank: namedBank(p, bank, ok), Number: noValue,
		Asked: momentView(p, r.AskedAt), Settled: momentView(p, r.SettledAt), Source: inquirySource(p, r), Connection: connection,
	}
	if r.BulkID != 0 && r.UserID == v.identity.UserID && v.can(access.InquiryBulk) {
		view.SourceHref = bulkHref(r.BulkID)
	}
	if r.Outcome == inquiry.Lost {
		view.Explained = &ui.Notice{Tone: ui.Warning, Text: p.T("inquiry.outcome.lost_text")}
	}
	switch {
	case r.Question == nil:
		view.Forgotten = &ui.Notice{
			Tone: ui.Info, Title: p.T("inquiry.history.forgotten"),
			Text: p.Tf("inquiryhistory.forgotten.text", map[string]any{"Count": int(settings.Retention / (24 * time.Hour))}),
		}
		return view
	case wish.opened:
		view.Opened = openedView(v, r)
	case v.can(access.InquiryReveal):
		view.Reveal = revealForm(p, r.ID, wish, byField["reason"])
	}
	if number := r.Question.Masked(); number != "" {
		view.Number = p.Digits(number)
	}
	return view
}

func revealForm(p *i18n.Printer, id int64, wish entryWish, wrong string) *inquiries.HistoryReveal {
	return &inquiries.HistoryReveal{
		Action: historyPath + "/" + strconv.FormatInt(id, 10) + "/reveal", List: wish.list,
		Reason: ui.Field{
			Name: "reason", Label: p.T("inquiryhistory.reveal.reason"), Value: wish.reason, Error: wrong, Required: true, MaxLength: inquiry.MaxReason,
			Hint: p.T("inquiryhistory.reveal.hint"), Autocomplete: "off",
		},
	}
}

// openedView is a question with its whole number and answer, as the page that asked it showed it.
func openedView(v *visit, r inquiry.Record) *inquiries.HistoryOpened {
	p := v.p
	ask := inquiryAsk{kind: r.Kind, result: &inquiry.Result{Record: r}}
	switch {
	case ask.answered() && r.Reply.Answer != nil:
		return &inquiries.HistoryOpened{Answer: answerView(v, ask, typedNumber{}, "", inquiryLinks{})}
	case ask.answered() && r.Reply.Wage != nil:
		return &inquiries.HistoryOpened{Estimate: estimateView(v, ask, typedWage{}, "")}
	}
	number := wholeNumber(*r.Question)
	unanswered := &inquiries.HistoryUnanswered{
		Number: ui.Ident{Text: p.Digits(r.Question.Grouped()), Copy: number, What: inquiryKind(p, r.Kind)}, Reason: refusalText(p, r),
	}
	if r.Kind == inquiry.Wage {
		unanswered.Wage = wageText(p, r.Question.Wage)
	}
	return &inquiries.HistoryOpened{Unanswered: unanswered}
}

// wageText says a transfer in words: how much, from which bank to which.
func wageText(p *i18n.Printer, q inquiry.WageQuestion) string {
	source, _ := iban.BankByID(q.SourceBank)
	destination, _ := iban.BankByID(q.DestinationBank)
	amount := p.Money(q.Amount) + " " + p.UnitName(q.Amount.Currency)
	return strings.Join([]string{
		amount, p.Tf("inquiries.estimate_for", map[string]any{"Source": bankName(p, source), "Destination": bankName(p, destination)}),
	}, p.T("word.list_separator"))
}
