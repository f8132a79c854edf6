package web

import (
	"strconv"
	"time"

	"payportal/internal/access"
	"payportal/internal/i18n"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/templates/directory"
	"payportal/templates/icon"
	"payportal/templates/ui"
)

// directoryRights is where the asker may go from a PSP or an account.
type directoryRights struct{ terminals, create, payments bool }

func directoryRightsOf(v *visit) directoryRights {
	return directoryRights{terminals: v.can(access.TerminalRead), create: v.can(access.TerminalCreate), payments: v.can(access.PaymentList)}
}

// directoryTabs are the same page on each connection; none when there is only one.
func directoryTabs(ask directoryAsk) []ui.Tab {
	if len(ask.all) < 2 {
		return nil
	}
	tabs := make([]ui.Tab, len(ask.all))
	for i, c := range ask.all {
		tabs[i] = ui.Tab{Label: c.Name, Href: ask.at.with("connection", c.Name).String(), Current: c.ID == ask.connection.ID}
	}
	return tabs
}

// listFreshness is the age of a copied list, with the button that renews it.
func listFreshness(p *i18n.Printer, now time.Time, at listURL, f psp.Freshness) ui.Freshness {
	fresh := freshnessView(p, now, f)
	fresh.RefreshAction = listURL{at.path + "/refresh", at.values}.String()
	return fresh
}

func pspListView(p *i18n.Printer, now time.Time, ask directoryAsk, psps []psp.ListedPSP, f psp.Freshness) directory.List {
	view := directory.List{
		Title: p.T("psp.psp.title"), Text: p.T("directory.psps_text"), Fresh: listFreshness(p, now, ask.at, f), Connections: directoryTabs(ask),
		Empty: ui.NothingYet(p.T("directory.none_psps"), p.T("psp.psp.empty"), ui.Button{}),
		Table: directory.Table{
			ID: "psps-table", Label: p.Tf("directory.psp_count", map[string]any{"Count": len(psps)}),
			Columns: []ui.Column{{Key: "name", Label: p.T("psp.psp.name")}, {Key: "id", Label: p.T("psp.psp.id")}, {Key: "state", Label: p.T("directory.state")}},
		},
	}
	for _, x := range psps {
		id := strconv.FormatInt(x.ID, 10)
		view.Table.Rows = append(view.Table.Rows, directory.Row{
			Href: listURL{ask.at.path + "/" + id, ask.at.values}.String(), Name: textin.Visible(x.Name),
			Cells: []directory.Cell{{Text: p.Digits(id), LTR: true}}, State: listedState(p, x.Enabled, x.GoneAt), Gone: goneText(p, x.GoneAt),
		})
	}
	return view
}

func accountListView(p *i18n.Printer, now time.Time, ask directoryAsk, accounts []psp.ListedAccount, f psp.Freshness) directory.List {
	return directory.List{
		Title: p.T("psp.account.title"), Text: p.T("directory.accounts_text"), Fresh: listFreshness(p, now, ask.at, f), Connections: directoryTabs(ask),
		Empty: ui.NothingYet(p.T("directory.none_accounts"), p.T("psp.account.empty"), ui.Button{}),
		Table: accountTable(p, ask.at, accounts),
	}
}

func accountTable(p *i18n.Printer, at listURL, accounts []psp.ListedAccount) directory.Table {
	table := directory.Table{
		ID: "accounts-table", Label: p.Tf("directory.account_count", map[string]any{"Count": len(accounts)}),
		Columns: []ui.Column{
			{Key: "name", Label: p.T("psp.account.name")},
			{Key: "psp", Label: p.T("psp.account.psp")},
			{Key: "created", Label: p.T("psp.account.created_at")},
			{Key: "state", Label: p.T("directory.state")},
		},
	}
	for _, a := range accounts {
		table.Rows = append(table.Rows, directory.Row{
			Href: listURL{at.path + "/" + a.UUID, at.values}.String(), Name: textin.Visible(a.Name),
			Cells: []directory.Cell{{Text: textin.Visible(a.PSP)}, {At: momentView(p, a.CreatedAt)}},
			State: listedState(p, a.Enabled, a.GoneAt), Gone: goneText(p, a.GoneAt),
		})
	}
	return table
}

// listedState is the state of a PSP or an account; what is no longer listed is neither enabled nor disabled.
func listedState(p *i18n.Printer, enabled bool, gone time.Time) ui.Status {
	if !gone.IsZero() {
		return ui.Status{Tone: ui.Warning, Text: p.T("directory.gone")}
	}
	return enabledView(p, enabled)
}

func goneText(p *i18n.Printer, gone time.Time) string {
	if gone.IsZero() {
		return ""
	}
	return p.Tf("directory.gone_since", map[string]any{"Time": p.DateTime(gone)})
}

func pspView(p *i18n.Printer, now time.Time, ask directoryAsk, x psp.ListedPSP, f psp.Freshness, may directoryRights) directory.Detail {
	id := strconv.FormatInt(x.ID, 10)
	view := directory.Detail{
		Title: textin.Visible(x.Name), State: listedState(p, x.Enabled, x.GoneAt), Fresh: freshnessView(p, now, f), Gone: goneText(p, x.GoneAt),
		BackHref: ask.at.String(),
		Facts: []directory.Fact{
			{Label: p.T("psp.psp.name"), Text: textin.Visible(x.Name)},
			{Label: p.T("psp.psp.id"), Ident: ui.Ident{Text: p.Digits(id), Copy: id, What: p.T("psp.psp.id")}},
			{Label: p.T("directory.state"), Text: listedState(p, x.Enabled, x.GoneAt).Text},
		},
		Actions: directoryActions(p, ask.at, "psp", x.Name, may),
	}
	view.Fresh.RefreshHref = listURL{ask.at.path + "/" + id, ask.at.values}.String()
	return view
}

// directoryActions lead to the terminals and payments of a PSP.
func directoryActions(p *i18n.Printer, at listURL, parameter, value string, may directoryRights) []ui.Button {
	var actions []ui.Button
	if may.terminals {
		actions = append(actions, ui.Button{Label: p.T("directory.terminals"), Icon: icon.Device, Href: listURL{"/terminals", at.values}.with(parameter, value).String()})
	}
	if may.payments && parameter == "psp" {
		actions = append(actions, ui.Button{Label: p.T("directory.payments"), Icon: icon.Receipt, Href: listURL{"/payments", at.values}.with(parameter, value).String()})
	}
	return actions
}

func pspAccountView(p *i18n.Printer, now time.Time, ask directoryAsk, a psp.ListedAccount, f psp.Freshness, may directoryRights) directory.Detail {
	view := directory.Detail{
		Title: textin.Visible(a.Name), State: listedState(p, a.Enabled, a.GoneAt), Fresh: freshnessView(p, now, f), Gone: goneText(p, a.GoneAt),
		BackHref: ask.at.String(),
		Facts: []directory.Fact{
			{Label: p.T("psp.account.name"), Text: textin.Visible(a.Name)},
			{Label: "UUID", Ident: ui.Ident{Text: a.UUID, What: "UUID"}},
			{Label: p.T("psp.account.psp"), Text: textin.Visible(a.PSP)},
			{Label: p.T("directory.state"), Text: listedState(p, a.Enabled, a.GoneAt).Text},
			{Label: p.T("psp.account.created_at"), At: momentView(p, a.CreatedAt)},
		},
		Actions: directoryActions(p, ask.at, "account", a.UUID, may),
	}
	if may.create && a.Enabled && a.GoneAt.IsZero() {
		view.Actions = append(view.Actions, ui.Button{
			Label: p.T("directory.new_terminal"), Icon: icon.Plus, Kind: ui.Primary,
			Href: listURL{"/terminals/new", ask.at.values}.with("account", a.UUID).String(),
		})
	}
	view.Fresh.RefreshHref = listURL{ask.at.path + "/" + a.UUID, ask.at.values}.String()
	return view
}
