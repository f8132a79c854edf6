package web

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/textin"
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

// bankName is a bank's name in the reader's language.
func bankName(p *i18n.Printer, b iban.Bank) string {
	if p.Lang() == string(i18n.Persian) {
		return b.Persian
	}
	return b.English
}

func bankView(p *i18n.Printer, b iban.Bank) inquiries.Bank {
	return inquiries.Bank{Sign: b.Sign(), Name: bankName(p, b)}
}

// bankOptions offers every bank, sorted by name in the reader's language.
func bankOptions(p *i18n.Printer) []ui.Option {
	banks := iban.Banks()
	slices.SortFunc(banks, func(a, b iban.Bank) int { return slices.Compare(sortKey(bankName(p, a)), sortKey(bankName(p, b))) })
	options := []ui.Option{{Label: p.T("inquiries.choose_bank")}}
	for _, b := range banks {
		options = append(options, ui.Option{Value: strconv.Itoa(b.ID), Label: bankName(p, b)})
	}
	return options
}

// persianAlphabet is the order of the Persian letters, which is not that of their numbers in Unicode.
const persianAlphabet = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"

// sortKey is a name as names are sorted: small letters, and Persian ones by the alphabet.
func sortKey(name string) []int {
	var key []int
	for _, r := range textin.Search(name) {
		place := strings.IndexRune(persianAlphabet, r)
		if place < 0 {
			place = int(r)
		} else {
			place += utf8.MaxRune
		}
		key = append(key, place)
	}
	return key
}

// bankValue is the option of a bank that was typed in any form.
func bankValue(text string) string {
	if id := bankIDOf(text); id != 0 {
		return strconv.Itoa(id)
	}
	return ""
}

// inquiryForm is what the forms of all kinds have around their fields. Each one has a key of its own: a key that was used up
// never comes back.
func inquiryForm(v *visit, ask inquiryAsk, summary []ui.FormError) inquiries.Form {
	path := inquiryPath(ask.kind)
	f := inquiries.Form{
		Action: path, CheckAction: path + "/check", Key: command.NewKey(), Connection: ask.connection.Name,
		Connections: connectionField(v.p, "inquiries.connection", ask.connection, ask.all), Errors: summary, Submit: v.p.T("inquiries.ask"),
		Allowance: v.p.Tf("inquiries.allowance", map[string]any{"Used": ask.allowance.Used, "PerDay": ask.allowance.PerDay, "Left": ask.allowance.Left()}),
	}
	if ask.allowance.Left() == 0 {
		f.UsedUp, f.Allowance = true, v.p.Tf("inquiries.allowance_none", map[string]any{"PerDay": ask.allowance.PerDay})
	}
	if ask.answered() {
		f.Announce = v.p.T("inquiries.announce")
	}
	return f
}

// inquiryErrors are the problems with the fields. What is wrong with no field stands in an alert of its own.
func inquiryErrors(p *i18n.Printer, ask inquiryAsk) (byField map[string]string, summary []ui.FormError) {
	if !errs.Is(ask.wrong, errs.Invalid) {
		return nil, nil
	}
	return fieldErrors(p, ask.wrong)
}

func numberView(v *visit, ask inquiryAsk, typed typedNumber, links inquiryLinks) inquiries.Ask {
	p, kind := v.p, string(ask.kind)
	byField, summary := inquiryErrors(p, ask)
	asked := typed
	if ask.answered() {
		typed.number, typed.name = "", ""
	}
	view := inquiries.Ask{
		Form: inquiryForm(v, ask, summary), Title: p.T("inquiries." + kind + ".title"), Text: p.T("inquiries." + kind + ".text"),
		Number: ui.Field{
			Name: inquiry.FieldNumber, Label: p.T("inquiries." + kind + ".number"), Value: typed.number, Hint: p.T("inquiries.number_hint"),
			Error: byField[inquiry.FieldNumber], Required: true, Autofocus: len(summary) == 0,
		},
		Trouble: troubleView(v, ask, links),
	}
	if ask.kind == inquiry.Card {
		view.Number.InputMode = "numeric"
	}
	if ask.kind == inquiry.Account {
		view.Bank = &ui.SelectInput{
			Field: ui.Field{
				Name: inquiry.FieldBank, Label: p.T("inquiries.bank"), Value: bankValue(typed.bank), Error: byField[inquiry.FieldBank], Required: true,
			},
			Options: bankOptions(p),
		}
	}
	if ask.kind != inquiry.Card {
		view.Name = &ui.Field{
			Name: "name", Label: p.T("inquiries.name"), Value: typed.name, Hint: p.T("inquiries.name_hint"), Error: byField["name"],
			Optional: p.T("ui.optional"), Autocomplete: "off", MaxLength: maxNumberText,
		}
	}
	if len(summary) == 0 {
		view.Check = checkView(p, ask.kind, typed.number, bankIDOf(typed.bank))
	}
	if ask.answered() {
		view.Answer = answerView(v, ask, asked, view.Key, links)
		if len(view.Answer.Owners) > 0 {
			view.Announce = p.Tf("inquiries.announce_owners", map[string]any{"Owners": ownerNames(p, view.Answer.Owners)})
		}
	}
	return view
}

func ownerNames(p *i18n.Printer, owners []inquiries.Owner) string {
	names := make([]string, len(owners))
	for i, o := range owners {
		names[i] = o.Name
	}
	return strings.Join(names, p.T("word.list_separator"))
}

// checkView is what can be said of a number without asking anybody. A number that is still too short is no mistake yet.
func checkView(p *i18n.Printer, kind inquiry.Kind, text string, bankID int) inquiries.Check {
	if strings.TrimSpace(text) == "" {
		return inquiries.Check{}
	}
	question, err := inquiry.ReadQuestion(kind, text, bankID)
	for _, f := range errs.FieldsOf(err) {
		if f.Name != inquiry.FieldNumber {
			continue // the bank is not chosen yet
		}
		got, _ := f.Args["Got"].(int)
		if want, ok := f.Args["Want"].(int); ok && got < want {
			return inquiries.Check{Bank: bankSoFar(p, kind, text), Verdict: &ui.Status{Text: p.Tf("inquiries.check.so_far", f.Args)}}
		}
		return inquiries.Check{Problem: say(p, f.Msg, f.Args)}
	}
	check := inquiries.Check{Verdict: &ui.Status{Tone: ui.Success, Text: p.T("inquiries.check.good")}}
	if kind == inquiry.Account {
		check.Verdict = &ui.Status{Text: p.T("inquiries.check.account")}
		question.Kind, question.BankID = kind, bankID
	}
	if bank, known := question.Bank(); known {
		check.Bank = new(bankView(p, bank))
	} else if kind != inquiry.Account {
		check.Bank = &inquiries.Bank{Name: p.T("inquiries.bank_unknown")}
	}
	return check
}

// bankSoFar is the bank that the beginning of a number names; nil while it names none.
func bankSoFar(p *i18n.Printer, kind inquiry.Kind, text string) *inquiries.Bank {
	var bank iban.Bank
	known := false
	switch kind {
	case inquiry.IBAN:
		bank, known = iban.BankOfIBANStart(text)
	case inquiry.Card:
		bank, known = iban.BankOfCardStart(text)
	}
	if !known {
		return nil
	}
	return new(bankView(p, bank))
}

// troubleView says why there is no answer, whether the question counts, and what can be done; nil when there is an answer or
// when the fields say what is wrong.
func troubleView(v *visit, ask inquiryAsk, links inquiryLinks) *inquiries.Trouble {
	failure := ask.failure()
	e, ok := asError(failure)
	if !ok || errs.Is(ask.wrong, errs.Invalid) {
		return nil
	}
	p := v.p
	t := &inquiries.Trouble{Notice: ui.Notice{Tone: ui.Failure, Text: message(p, e)}}
	if t.Text == "" {
		t.Text = p.T(kindKeys[e.Kind])
	}
	if ask.wrong != nil {
		return refusedForm(p, t, e)
	}
	t.RequestID = ui.Ident{Text: v.requestID, What: p.T("ui.foot.request")}
	switch ask.result.Record.Outcome {
	case inquiry.Refused:
		t.Tone, t.Title, t.Note, t.RequestID = ui.Warning, p.T("inquiries.refused"), p.T("inquiries.refused_counted"), ui.Ident{}
	case inquiry.Asking:
		t.Tone, t.Title, t.HistoryHref = ui.Warning, p.T("inquiries.asking"), links.history
	case inquiry.Lost:
		t.Title, t.Text = p.T("inquiries.lost"), p.T("inquiry.outcome.lost_text")
		t.Retry, t.HistoryHref = p.T("inquiries.ask_again_paid"), links.history
	default:
		t.Title, t.Note, t.Retry = p.T("inquiries.failed"), p.T("inquiries.failed_free"), p.T("action.retry")
	}
	return t
}

// refusedForm says why a form was not taken.
func refusedForm(p *i18n.Printer, t *inquiries.Trouble, e *errs.Error) *inquiries.Trouble {
	switch {
	case e.Kind == errs.RateLimited:
		t.Tone, t.Title = ui.Warning, p.T("inquiries.limit")
	case e.Msg == "command.key_reused":
		t.Tone, t.Text = ui.Warning, p.T("inquiries.key_reused")
	}
	return t
}

func answerView(v *visit, ask inquiryAsk, typed typedNumber, key string, links inquiryLinks) *inquiries.Answer {
	p, record := v.p, ask.result.Record
	from := record.Reply.Answer
	view := &inquiries.Answer{
		Number: p.Digits(record.Question.Grouped()), Owned: ask.kind != inquiry.Card, Asked: inquiryAsked(p, record),
		Comment: textin.Visible(from.Comment), Remark: textin.Visible(from.Remark),
		IBAN:    ui.Ident{Text: p.Digits(inFours(from.IBAN)), Copy: from.IBAN, What: p.T("inquiries.iban_of")},
		Deposit: ui.Ident{Text: p.Digits(textin.Visible(from.Deposit)), Copy: from.Deposit, What: p.T("inquiries.deposit")},
		State:   ui.Status{Tone: stateTone(from.State), Text: textin.Visible(from.State)},
	}
	number, holds := from.Verified()
	view.Holds = holds
	if holds && number == record.Question.IBAN {
		view.Number = ""
	}
	view.Bank = answerBank(p, *from, *record.Question)
	if view.State.Tone == ui.Warning {
		view.Inactive = p.Tf("inquiries.inactive_text", map[string]any{"State": view.State.Text})
	}
	for _, o := range from.Owners {
		view.Owners = append(view.Owners, inquiries.Owner{Name: textin.Visible(o.Name()), Company: o.Company()})
	}
	if typed.name != "" && view.Owned {
		view.Compared = comparedView(p, inquiry.CompareName(typed.name, from.Owners))
	}
	if ask.result.Fresh {
		view.Fresh = freshView(v, ask, key, []ui.Hidden{
			{Name: inquiry.FieldNumber, Value: typed.number}, {Name: inquiry.FieldBank, Value: typed.bank}, {Name: "name", Value: typed.name},
		})
	}
	if links.transfer != "" && !number.IsZero() {
		view.UseHref = links.transfer + "?inquiry=" + strconv.FormatInt(record.ID, 10)
	}
	return view
}

// answerBank is the bank that the answer names, by number, by IBAN or in the bank's own word, or else the one that was asked
// about; nil when none of them is known.
func answerBank(p *i18n.Printer, a inquiry.Answer, q inquiry.Question) *inquiries.Bank {
	bank, known := iban.BankByID(a.BankID)
	if number, ok := a.Verified(); !known && ok {
		bank, known = number.Bank()
	}
	if !known && a.BankName != "" {
		return &inquiries.Bank{Name: textin.Visible(a.BankName)}
	}
	if !known {
		bank, known = q.Bank()
	}
	if !known {
		return nil
	}
	return new(bankView(p, bank))
}

// inquiryAsked says who asked a question, and when.
func inquiryAsked(p *i18n.Printer, r inquiry.Record) inquiries.Asked {
	by := map[string]any{"Name": textin.Visible(r.UserName), "Number": p.Digits(strconv.FormatInt(r.ID, 10))}
	return inquiries.Asked{At: momentView(p, r.AskedAt), By: p.Tf("inquiries.asked_by", by)}
}

// freshView says how old an answer is. The form that asks again has the key of the page, so that both of its forms together ask
// once.
func freshView(v *visit, ask inquiryAsk, key string, fields []ui.Hidden) *inquiries.Fresh {
	p, record := v.p, ask.result.Record
	return &inquiries.Fresh{
		Title: p.Tf("inquiries.fresh", map[string]any{"Age": p.Age(record.SettledAt, v.now)}),
		Text:  p.T("inquiries.fresh_text"),
		Again: append([]ui.Hidden{{Name: "key", Value: key}, {Name: "connection", Value: ask.connection.Name}, {Name: "again", Value: "1"}}, fields...),
	}
}

// What banks write of an account that takes no transfer, without spaces and ZWNJ. "فعال" stands in "غیرفعال" too, so that these
// go first; a denial of any word says that something is not as usual.
var (
	closedWords = []string{"غیرفعال", "مسدود", "بسته", "راکد", "توقیف", "نیست", "inactive", "blocked", "closed", "dormant", "notactive"}
	openWords   = []string{"فعال", "active", "open"}
)

// stateTone tells what a bank's words about an account mean. Words that are not known mean nothing.
func stateTone(state string) ui.Tone {
	words := strings.NewReplacer(" ", "", "\u200c", "").Replace(textin.Search(state))
	says := func(word string) bool { return strings.Contains(words, word) }
	switch {
	case slices.ContainsFunc(closedWords, says):
		return ui.Warning
	case slices.ContainsFunc(openWords, says):
		return ui.Success
	}
	return ui.Neutral
}

// comparisonTones are those of the verdicts.
var comparisonTones = map[inquiry.Verdict]ui.Tone{inquiry.Match: ui.Success, inquiry.Near: ui.Warning, inquiry.Differs: ui.Failure}

func comparedView(p *i18n.Printer, m inquiry.NameMatch) *inquiries.Compared {
	if m.Verdict == inquiry.None {
		return &inquiries.Compared{Status: ui.Status{Text: p.T("word.unknown")}, Text: p.T("inquiries.compared_nobody")}
	}
	verdict := "inquiries.compared_" + string(m.Verdict)
	sentences := []string{p.T(verdict + "_text")}
	if m.Reordered {
		sentences = append(sentences, p.T("inquiries.compared_reordered"))
	}
	typed, onlyTyped := nameParts(p, m.Typed)
	owner, onlyOwner := nameParts(p, m.Found)
	if onlyTyped != "" {
		sentences = append(sentences, p.Tf("inquiries.compared_only_typed", map[string]any{"Parts": onlyTyped}))
	}
	if onlyOwner != "" {
		sentences = append(sentences, p.Tf("inquiries.compared_only_owner", map[string]any{"Parts": onlyOwner}))
	}
	return &inquiries.Compared{
		Status: ui.Status{Tone: comparisonTones[m.Verdict], Text: p.T(verdict)}, Text: strings.Join(sentences, " "), Typed: typed, Owner: owner,
	}
}

// nameParts are the pieces of a name, and those that differ as a text.
func nameParts(p *i18n.Printer, parts []inquiry.NamePart) (all []inquiries.NamePart, differing string) {
	var only []string
	for _, part := range parts {
		text := textin.Visible(part.Text)
		all = append(all, inquiries.NamePart{Text: text, Differs: !part.Same})
		if !part.Same {
			only = append(only, strings.TrimSpace(text))
		}
	}
	return all, strings.Join(only, p.T("word.list_separator"))
}
