package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"payportal/internal/i18n"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/templates/icon"
	"payportal/templates/terminals"
	"payportal/templates/ui"
)

// listURL is the address of a list with its filters, from which the addresses of the same list with one thing changed are made.
type listURL struct {
	path   string
	values url.Values
}

// newListURL keeps the named parameters of a query that were sent once and are not blank.
func newListURL(path string, in *input, names ...string) listURL {
	l := listURL{path: path, values: url.Values{}}
	for _, name := range names {
		if in.has(name) && len(in.values[name]) == 1 {
			l.values.Set(name, in.raw(name))
		}
	}
	return l
}

// with is the same list with one parameter changed; an empty value removes it.
func (l listURL) with(name, value string) listURL {
	values := url.Values{}
	maps.Copy(values, l.values)
	if value == "" {
		values.Del(name)
	} else {
		values.Set(name, value)
	}
	return listURL{l.path, values}
}

func (l listURL) String() string {
	if len(l.values) == 0 {
		return l.path
	}
	return l.path + "?" + l.values.Encode()
}

// cursor is the neighbouring page at a cursor, or "" at the end of the list.
func (l listURL) cursor(name, cursor string) string {
	if cursor == "" {
		return ""
	}
	return l.with(name, cursor).String()
}

// freshnessView shows how old a copy is and why it is not newer.
func freshnessView(p *i18n.Printer, now time.Time, f psp.Freshness) ui.Freshness {
	fresh := ui.Freshness{At: momentView(p, f.FetchedAt)}
	if !f.FetchedAt.IsZero() {
		fresh.Age = p.Age(f.FetchedAt, now)
	}
	if f.Problem != "" {
		fresh.Stale = p.T(f.Problem)
	}
	return fresh
}

// enabledView is the badge of a terminal, a PSP or an account.
func enabledView(p *i18n.Printer, enabled bool) ui.Status {
	if enabled {
		return ui.Status{Tone: ui.Success, Text: p.T("word.enabled")}
	}
	return ui.Status{Text: p.T("word.disabled")}
}

// namedChip is a chip's text: a filter's name and its value in words.
func namedChip(name, value string) string { return name + ": " + value }

// pageSizes offers the sizes of a page.
func pageSizes(p *i18n.Printer, at listURL, current int) []ui.PageSize {
	if current == 0 {
		current = 50
	}
	sizes := make([]ui.PageSize, 0, 3)
	for _, size := range []int{25, 50, 100} {
		text := strconv.Itoa(size)
		sizes = append(sizes, ui.PageSize{Label: p.Digits(text), Href: at.with("size", text).String(), Current: size == current})
	}
	return sizes
}

// registerRights is what the asker may do with the register.
type registerRights struct{ create, importing bool }

func registerHeadView(p *i18n.Printer, at listURL, may registerRights, seen bool, unknown int, missing psp.SightingPage) terminals.Head {
	count := p.Int(int64(len(missing.Sightings)))
	if missing.Next != "" {
		count += "+"
	}
	head := terminals.Head{Tabs: []ui.Tab{
		{Label: p.T("terminals.registered"), Href: at.String(), Current: !seen},
		{Label: p.T("psp.terminal.unregistered"), Href: at.with("tab", "seen").String(), Count: count, Current: seen},
	}}
	if may.create {
		head.CreateHref = listURL{"/terminals/new", at.values}.String()
	}
	if may.importing {
		head.ImportHref = listURL{"/terminals/import", at.values}.String()
	}
	if unknown > 0 {
		head.Undecided = terminals.Undecided{Text: p.Tf("terminals.undecided_count", map[string]any{"Count": unknown}), Href: "/terminals/commands"}
	}
	return head
}

func registerView(p *i18n.Printer, at listURL, f psp.TerminalFilter, c terminalChoices, page psp.TerminalPage, wrong error) terminals.Register {
	view := terminals.Register{Filter: registerFilterView(p, at, c)}
	list := terminals.List{
		Label:   p.Tf("terminals.count", map[string]any{"Count": len(page.Terminals)}),
		Columns: registerColumns(p, at, f.Sort),
		Chips:   ui.Chips{Items: registerChips(p, at, view.Filter), ClearHref: "/terminals", Live: true},
		Pager: ui.Pager{
			PrevHref: at.cursor("before", page.Previous), NextHref: at.cursor("after", page.Next), Live: true,
			Text: p.Tf("terminals.count", map[string]any{"Count": len(page.Terminals)}), Sizes: pageSizes(p, at, f.Limit),
		},
	}
	for _, t := range page.Terminals {
		list.Rows = append(list.Rows, registerRow(p, at, t))
	}
	list.Errors = addressErrors(p, wrong, terminalParameters)
	switch {
	case wrong != nil:
		list.Empty = ui.Empty{
			Icon: icon.AlertCircle, Title: p.T("terminals.bad_address"), Text: p.T("terminals.bad_address_text"),
			Action: ui.Button{Label: p.T("terminals.show_all"), Href: "/terminals"},
		}
	case len(list.Chips.Items) > 0:
		list.Empty = ui.NothingMatches(p, "/terminals")
	default:
		list.Empty = ui.NothingYet(p.T("terminals.none_yet"), p.T("psp.terminal.empty"), ui.Button{})
	}
	view.List = list
	return view
}

// addressErrors says what is wrong with the address of a list. Only parameters that the filter form has lead to an input.
func addressErrors(p *i18n.Printer, wrong error, inputs []string) []ui.FormError {
	_, summary := fieldErrors(p, wrong)
	for i, e := range summary {
		if !slices.Contains(inputs, e.Field) {
			summary[i].Field = ""
		}
	}
	return summary
}

func registerRow(p *i18n.Printer, at listURL, t psp.RegisteredTerminal) terminals.Row {
	row := terminals.Row{
		Href:   listURL{"/terminals/" + t.UUID, nil}.with("connection", at.values.Get("connection")).with("list", at.values.Encode()).String(),
		Number: p.Digits(textin.Visible(t.Number)), Label: t.Label, Type: p.T("psp.terminal.type." + t.Type.String()),
		PSP: textin.Visible(t.PSP), Account: accountName(t), State: enabledView(p, t.Enabled),
		Origin: p.T("psp.terminal.origin." + string(t.Origin)), Created: momentView(p, t.CreatedAt),
	}
	return row
}

// accountName is the account's name, or its UUID where the directory does not know it.
func accountName(t psp.RegisteredTerminal) string {
	if t.AccountName == "" {
		return t.AccountUUID
	}
	return textin.Visible(t.AccountName)
}

func registerFilterView(p *i18n.Printer, at listURL, c terminalChoices) terminals.Filter {
	choice := func(name, label string, options ...ui.Option) ui.SelectInput {
		options = append([]ui.Option{{Label: p.T("terminals.any")}}, options...)
		return ui.SelectInput{Field: ui.Field{Name: name, Label: p.T(label), Value: at.values.Get(name)}, Options: withChosen(options, at.values.Get(name))}
	}
	var psps, accounts, origins []ui.Option
	for _, x := range c.psps {
		psps = append(psps, ui.Option{Value: x.Name, Label: textin.Visible(x.Name)})
	}
	for _, a := range c.accounts {
		accounts = append(accounts, ui.Option{Value: a.UUID, Label: textin.Visible(a.Name)})
	}
	for _, o := range psp.Origins {
		origins = append(origins, ui.Option{Value: string(o), Label: p.T("psp.terminal.origin." + string(o))})
	}
	filter := terminals.Filter{
		Query: at.values.Get("q"),
		Types: choice("type", "psp.terminal.type", typeOptions(p)...), PSPs: choice("psp", "psp.terminal.psp", psps...),
		Accounts: choice("account", "psp.terminal.account", accounts...), Origins: choice("origin", "psp.terminal.origin", origins...),
		States: choice("enabled", "terminals.state", ui.Option{Value: "yes", Label: p.T("word.enabled")}, ui.Option{Value: "no", Label: p.T("word.disabled")}),
	}
	filter.Connections = connectionField(p, "terminals.connection", c.connection, c.connections)
	for _, name := range []string{"sort", "size"} {
		if value := at.values.Get(name); value != "" {
			filter.Keep = append(filter.Keep, ui.Hidden{Name: name, Value: value})
		}
	}
	return filter
}

// withChosen adds a value that is asked for and not on offer, so that the control says what the list shows.
func withChosen(options []ui.Option, chosen string) []ui.Option {
	if slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == chosen }) {
		return options
	}
	return append(options, ui.Option{Value: chosen, Label: textin.Visible(chosen)})
}

// connectionField is the choice of a connection; without options when there is nothing to choose.
func connectionField(p *i18n.Printer, label string, chosen OfferedConnection, all []OfferedConnection) ui.SelectInput {
	return ui.SelectInput{Field: ui.Field{Name: "connection", Label: p.T(label), Value: chosen.Name}, Options: connectionOptions(all)}
}

func typeOptions(p *i18n.Printer) []ui.Option {
	var options []ui.Option
	for _, t := range psp.TerminalTypes {
		options = append(options, ui.Option{Value: t.String(), Label: p.T("psp.terminal.type." + t.String())})
	}
	return options
}

// registerChips are the applied filters in the order of the form.
func registerChips(p *i18n.Printer, at listURL, f terminals.Filter) []ui.Chip {
	var chips []ui.Chip
	inputs := map[string]ui.SelectInput{"type": f.Types, "psp": f.PSPs, "account": f.Accounts, "enabled": f.States, "origin": f.Origins}
	for _, name := range terminalParameters {
		value := at.values.Get(name)
		if value == "" {
			continue
		}
		label := namedChip(p.T("terminals.connection"), value)
		if name == "q" {
			label = p.Tf("terminals.chip_search", map[string]any{"Value": textin.Visible(value)})
		} else if input, ok := inputs[name]; ok {
			label = namedChip(input.Label, labelOf(input.Options, value))
		}
		chips = append(chips, ui.Chip{Label: label, RemoveHref: at.with(name, "").String()})
	}
	return chips
}

func labelOf(options []ui.Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Label
		}
	}
	return textin.Visible(value)
}

func registerColumns(p *i18n.Printer, at listURL, sort psp.TerminalSort) []ui.Column {
	sortable := func(key, label string, up, down psp.TerminalSort) ui.Column {
		column := ui.Column{Key: key, Label: p.T(label), SortHref: at.with("sort", string(up)).String()}
		switch sort {
		case up:
			column.Sorted, column.SortHref = ui.Ascending, at.with("sort", string(down)).String()
		case down:
			column.Sorted = ui.Descending
		}
		return column
	}
	if sort == "" {
		sort = psp.TerminalSorts[0]
	}
	return []ui.Column{
		sortable("number", "psp.terminal.number", psp.ByNumber, psp.ByNumberAbove),
		{Key: "label", Label: p.T("psp.terminal.label")},
		{Key: "state", Label: p.T("terminals.state")},
		{Key: "type", Label: p.T("psp.terminal.type")},
		{Key: "psp", Label: p.T("psp.terminal.psp")},
		{Key: "account", Label: p.T("psp.terminal.account")},
		{Key: "origin", Label: p.T("psp.terminal.origin")},
		sortable("created", "psp.terminal.created_at", psp.OldestFirst, psp.NewestFirst),
	}
}

func seenView(p *i18n.Printer, at listURL, after string, page psp.SightingPage, mayCreate, maySeePayments bool) terminals.Seen {
	count := p.Tf("terminals.seen_count", map[string]any{"Count": len(page.Sightings)})
	view := terminals.Seen{
		Label: count, Empty: ui.NothingYet(p.T("terminals.none_unregistered"), p.T("psp.terminal.unregistered_empty"), ui.Button{}),
		Pager: ui.Pager{NextHref: at.cursor("after", page.Next), Text: count, Sizes: pageSizes(p, at, sizeOf(at))},
	}
	if after != "" {
		view.Pager.PrevHref = at.String()
	}
	for _, s := range page.Sightings {
		row := terminals.SeenRow{
			Number: p.Digits(textin.Visible(s.Number)), Copy: s.Number, Type: p.T("psp.terminal.type." + s.Type.String()), PSP: textin.Visible(s.PSP),
			Payments: p.Int(s.Payments), First: momentView(p, s.FirstAt), Last: momentView(p, s.LastAt),
		}
		named := url.Values{"type": {s.Type.String()}}
		if connection := at.values.Get("connection"); connection != "" {
			named.Set("connection", connection)
		}
		if maySeePayments {
			row.PaymentsHref = listURL{"/payments", named}.with("terminal", s.Number).with("psp", s.PSP).String()
		}
		if mayCreate {
			row.CreateHref = listURL{"/terminals/new", named}.with("number", s.Number).with("psp", s.PSP).
				with("start", s.FirstAt.UTC().Format(time.RFC3339)).String()
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}

// sizeOf is the page size that an address asks for; 0 for the standard one.
func sizeOf(at listURL) int {
	size, err := strconv.Atoi(at.values.Get("size"))
	if err != nil {
		return 0
	}
	return size
}

// terminalRights is what the asker may do with a terminal.
type terminalRights struct{ annotate, account bool }

func terminalView(p *i18n.Printer, now time.Time, t psp.RegisteredTerminal, fresh psp.Freshness, latest *psp.PaymentList, may terminalRights, ask terminalAsk) terminals.Detail {
	number := p.Digits(textin.Visible(t.Number))
	acceptor := strconv.FormatInt(t.AcceptorCode, 10)
	view := terminals.Detail{
		Title: p.Tf("psp.terminal.heading", map[string]any{"Number": number}), State: enabledView(p, t.Enabled),
		Fresh: freshnessView(p, now, fresh), BackHref: backToTerminals(ask.list),
		Number: ui.Ident{Text: number, Copy: t.Number, What: p.T("psp.terminal.number")}, UUID: ui.Ident{Text: t.UUID, What: "UUID"},
		AcceptorCode: ui.Ident{Text: p.Digits(acceptor), Copy: acceptor, What: p.T("psp.terminal.acceptor_code")},
		Type:         p.T("psp.terminal.type." + t.Type.String()), PSP: textin.Visible(t.PSP), Description: textin.Visible(t.Description),
		Account: terminals.Link{Text: accountName(t)}, Origin: p.T("psp.terminal.origin." + string(t.Origin)),
		StartFetchTime: momentView(p, t.StartFetchTime), Created: momentView(p, t.CreatedAt), Registered: momentView(p, t.RegisteredAt),
		Note: noteView(p, t, may.annotate, ask), Raw: prettyAnswer(t.Raw),
	}
	view.Fresh.RefreshHref = listURL{"/terminals/" + t.UUID, nil}.with("list", ask.list).with("connection", ask.connection).String()
	if may.account {
		view.Account.Href = "/psp-accounts/" + t.AccountUUID
	}
	if latest != nil {
		view.Payments = latestView(p, t, *latest, ask.connection)
	}
	return view
}

// noteView is the form of label and notes: as they stand, or as they were typed when the form came back.
func noteView(p *i18n.Printer, t psp.RegisteredTerminal, may bool, ask terminalAsk) terminals.Note {
	note := terminals.Note{
		Version: strconv.FormatInt(t.Version, 10), List: ask.list, Connection: ask.connection,
		Label: ui.Field{Name: "label", Label: p.T("psp.terminal.label"), Value: t.Label, Hint: p.T("psp.terminal.label_hint")},
		Text:  ui.Field{Name: "notes", Label: p.T("psp.terminal.notes"), Value: t.Notes},
	}
	if may {
		note.Action = "/terminals/" + t.UUID
	}
	if ask.typed == nil {
		return note
	}
	byField, summary := fieldErrors(p, ask.wrong)
	note.Errors = summary
	note.Label.Value, note.Label.Error = ask.typed.Label, byField["label"]
	note.Text.Value, note.Text.Error = ask.typed.Notes, byField["notes"]
	if ask.typed.Version != t.Version {
		note.Theirs = &terminals.Theirs{Label: t.Label, Text: t.Notes}
	}
	return note
}

func latestView(p *i18n.Printer, t psp.RegisteredTerminal, list psp.PaymentList, connection string) *terminals.Payments {
	view := terminals.Payments{
		Href:  listURL{"/payments", nil}.with("connection", connection).with("terminal", t.Number).with("type", t.Type.String()).String(),
		Label: p.T("terminals.latest_payments"),
	}
	states := paymentStates(p)
	for _, x := range list.Payments {
		row := terminals.Payment{
			Href: "/payments/" + url.PathEscape(x.ID), ID: textin.Visible(x.ID), At: momentView(p, x.TransactedAt),
			Amount: moneyView(p, x.Amount), State: statusView(p, states, x.Status),
		}
		if first, last, ok := psp.SplitCard(x.MaskedCard); ok {
			row.Card = ui.CardNumber{First: p.Digits(first), Last: p.Digits(last)}
		}
		view.Rows = append(view.Rows, row)
	}
	return &view
}

// prettyAnswer indents a provider's answer for reading and copying; what is no JSON stays as it came, made safe to look at.
func prettyAnswer(raw []byte) string {
	var pretty bytes.Buffer
	if json.Indent(&pretty, raw, "", "  ") != nil {
		pretty.Reset()
		pretty.Write(raw)
	}
	lines := strings.Split(pretty.String(), "\n")
	for i := range lines {
		lines[i] = textin.Visible(lines[i])
	}
	return strings.Join(lines, "\n")
}
