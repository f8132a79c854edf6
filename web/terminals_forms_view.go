package web

import (
	"strconv"
	"strings"
	"time"

	"payportal/internal/command"
	"payportal/internal/i18n"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/templates/terminals"
	"payportal/templates/ui"
)

// newTerminalView is the form of a new terminal as it was typed. Each one has a key of its own: a key that was used up
// never comes back.
func newTerminalView(p *i18n.Printer, now time.Time, chosen OfferedConnection, all []OfferedConnection, accounts []psp.ListedAccount, typed typedTerminal, wrong error) terminals.New {
	byField, summary := fieldErrors(p, wrong)
	required := func(f ui.Field) ui.Field {
		f.Required, f.Error = true, byField[f.Name]
		return f
	}
	options, offered := accountOptions(p, accounts)
	view := terminals.New{
		Key: command.NewKey(), Connection: chosen.Name, CancelHref: "/terminals", Errors: summary,
		Account: ui.SelectInput{Field: required(ui.Field{Name: "psp_account_uuid", Label: p.T("psp.terminal.account"), Value: typed.account}), Options: options},
		Type: ui.ChoiceInput{
			Field:   ui.Field{Name: "terminal_type", Label: p.T("psp.terminal.type"), Error: byField["terminal_type"]},
			Options: typeOptions(p), Chosen: []string{typed.kind},
		},
		Number: required(ui.Field{Name: "terminal_number", Label: p.T("psp.terminal.number"), Value: typed.number, Hint: p.T("terminals.number_hint")}),
		AcceptorCode: required(ui.Field{
			Name: "acceptor_code", Label: p.T("psp.terminal.acceptor_code"), Value: typed.acceptorCode,
			Hint: p.T("terminals.acceptor_hint"),
		}),
		Enabled: ui.CheckInput{Field: ui.Field{Name: "enabled", Label: p.T("terminals.enabled"), Error: byField["enabled"]}, Checked: typed.enabled},
		Description: ui.Field{
			Name: "description", Label: p.T("psp.terminal.description"), Value: typed.description, Optional: p.T("ui.optional"),
			Error: byField["description"],
		},
		Start: required(ui.Field{
			Name: "start_fetch_time", Label: p.T("psp.terminal.start_fetch_time"), Value: typed.start,
			Hint: p.Tf("terminals.start_hint", map[string]any{"Example": p.Date(now) + " " + p.Digits("08:30"), "Zone": p.Zone()}),
		}),
	}
	if offered == 0 {
		nothing := ui.NothingYet(p.T("terminals.no_accounts"), p.T("terminals.no_accounts_text"),
			ui.Button{Label: p.T("terminals.no_accounts_action"), Href: "/psp-accounts", Kind: ui.Primary})
		view.NoAccounts = &nothing
	}
	if len(all) > 1 {
		for _, c := range all {
			view.Connections = append(view.Connections, ui.Tab{
				Label: c.Name, Current: c.ID == chosen.ID,
				Href: listURL{"/terminals/new", nil}.with("connection", c.Name).String(),
			})
		}
	}
	withCommandTrouble(p, &view, wrong)
	return view
}

// withCommandTrouble adds what a form that was sent before, or an open creation of the same terminal, means.
func withCommandTrouble(p *i18n.Printer, view *terminals.New, wrong error) {
	e, ok := asError(wrong)
	if !ok {
		return
	}
	switch e.Msg {
	case "command.key_reused":
		view.Errors = []ui.FormError{{Message: p.T("terminals.key_reused")}}
	case "command.subject_unsettled":
		if id, ok := e.Args["Command"].(int64); ok {
			view.Open = terminals.Undecided{Text: message(p, e), Href: commandHref(id)}
		}
	}
}

// accountOptions offers the accounts, those that cannot be used greyed out, and counts those that can.
func accountOptions(p *i18n.Printer, accounts []psp.ListedAccount) (options []ui.Option, usable int) {
	options = []ui.Option{{Label: p.T("terminals.choose_account")}}
	for _, a := range accounts {
		if !a.GoneAt.IsZero() {
			continue
		}
		option := ui.Option{Value: a.UUID, Label: textin.Visible(a.Name) + " – " + textin.Visible(a.PSP), Disabled: !a.Enabled}
		if !a.Enabled {
			option.Label += " – " + p.T("word.disabled")
		} else {
			usable++
		}
		options = append(options, option)
	}
	return options, usable
}

func importView(p *i18n.Printer, chosen OfferedConnection, all []OfferedConnection, uuids string, result *psp.ImportResult, mayOpen bool, wrong error) terminals.Import {
	byField, summary := fieldErrors(p, wrong)
	view := terminals.Import{
		Errors: summary, Connection: chosen.Name, Connections: connectionField(p, "terminals.connection", chosen, all), CancelHref: "/terminals",
		UUIDs: ui.Field{
			Name: "uuids", Label: p.T("psp.import.uuids"), Hint: p.T("psp.import.uuids_hint"), Value: uuids, Error: byField["uuids"],
			Required: true, LTR: true,
		},
	}
	if result != nil {
		view.Result = importResultView(p, *result, mayOpen)
	}
	return view
}

// importStatuses are the results of a line in the order in which they are counted, with their tones.
var importStatuses = []struct {
	status psp.ImportStatus
	tone   ui.Tone
}{
	{psp.ImportDone, ui.Success}, {psp.ImportAlready, ui.Info}, {psp.ImportNotFound, ui.Warning}, {psp.ImportMalformed, ui.Warning}, {psp.ImportFailed, ui.Failure},
}

func importResultView(p *i18n.Printer, r psp.ImportResult, mayOpen bool) *terminals.ImportResult {
	view := terminals.ImportResult{Label: p.Tf("terminals.import_lines", map[string]any{"Count": len(r.Lines)})}
	tones := map[psp.ImportStatus]ui.Tone{}
	for _, s := range importStatuses {
		tones[s.status] = s.tone
		if n := r.Count(s.status); n > 0 {
			view.Counts = append(view.Counts, ui.Status{Tone: s.tone, Text: namedChip(p.T("psp.import.status."+string(s.status)), p.Int(int64(n)))})
		}
	}
	for _, line := range r.Lines {
		shown := terminals.ImportLine{Input: line.Input, Status: ui.Status{Tone: tones[line.Status], Text: p.T("psp.import.status." + string(line.Status))}}
		if mayOpen && (line.Status == psp.ImportDone || line.Status == psp.ImportAlready) {
			shown.Input, shown.Href = line.UUID, "/terminals/"+line.UUID
		}
		if line.Problem != "" {
			shown.Note = p.T(line.Problem)
		}
		if line.Settled != 0 && mayOpen {
			shown.SettledHref = commandHref(line.Settled)
		}
		view.Lines = append(view.Lines, shown)
	}
	if retry := r.Retry(); len(retry) > 0 {
		view.Retry = strings.Join(retry, "\n")
		view.RetryLabel = p.Tf("psp.import.retry", map[string]any{"Count": len(retry)})
	}
	return &view
}

// commandHref is the page that follows a creation.
func commandHref(id int64) string { return "/terminals/commands/" + strconv.FormatInt(id, 10) }
