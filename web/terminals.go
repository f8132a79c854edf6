package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"payportal/internal/access"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/templates/icon"
	"payportal/templates/layout"
	"payportal/templates/terminals"
	"payportal/templates/ui"
)

// terminalRoutes are the register of terminals and what follows a creation whose outcome is open.
func (s *Server) terminalRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/terminals", Permission: access.TerminalRead, handle: s.terminalRegister,
			Nav: Nav{Group: "nav.reporting", Label: "nav.terminals", Icon: icon.Device, Letter: "t"},
		},
		{Method: "GET", Pattern: "/terminals/new", Permission: access.TerminalCreate, Action: "psp.terminal.new", handle: s.newTerminalPage},
		{Method: "POST", Pattern: "/terminals/new", Permission: access.TerminalCreate, Stream: true, handle: s.createTerminal},
		{Method: "GET", Pattern: "/terminals/import", Permission: access.TerminalImport, Action: "psp.terminal.import", handle: s.importPage},
		{Method: "POST", Pattern: "/terminals/import", Permission: access.TerminalImport, Stream: true, handle: s.importTerminals},
		{Method: "GET", Pattern: "/terminals/{uuid}", Permission: access.TerminalRead, handle: s.terminalPage},
		{Method: "POST", Pattern: "/terminals/{uuid}", Permission: access.TerminalAnnotate, handle: s.annotateTerminal},
		{Method: "GET", Pattern: "/terminals/commands", Permission: access.TerminalRead, handle: s.openCommands},
		{Method: "GET", Pattern: "/terminals/commands/{id}", Permission: access.TerminalRead, handle: s.commandPage},
		{Method: "GET", Pattern: "/terminals/commands/{id}/declare", Permission: access.TerminalCreate, StepUp: true, handle: s.declarePage},
		{Method: "POST", Pattern: "/terminals/commands/{id}/declare", Permission: access.TerminalCreate, StepUp: true, handle: s.declareNotDone},
	}
}

// terminalParameters are the filters of the register, in the order of their chips.
var terminalParameters = []string{"connection", "q", "type", "psp", "account", "enabled", "origin"}

func (s *Server) terminalRegister(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	connection, all, err := s.chosenConnection(r, in)
	if err != nil {
		return err
	}
	v := visitOf(r)
	if connection.ID == 0 {
		return s.withoutConnection(w, r, v.p.T("psp.terminal.title"))
	}
	if in.choice("tab", "seen") == "seen" {
		return s.seenTerminals(w, r, in, connection)
	}
	var list psp.TerminalPage
	filter := terminalFilter(in, connection.ID)
	wrong := in.err("list terminals")
	if wrong == nil {
		list, wrong = s.Terminals.List(r.Context(), filter)
	}
	p := page{title: v.p.T("psp.terminal.title")}
	if wrong != nil {
		var ok bool
		if p, ok = invalidForm(p, wrong); !ok {
			return wrong
		}
	}
	choices, err := s.terminalChoices(r, connection, all)
	if err != nil {
		return err
	}
	head, err := s.registerHead(r, in, connection)
	if err != nil {
		return err
	}
	at := newListURL("/terminals", in, append(slices.Clone(terminalParameters), "sort", "size")...)
	view := registerView(v.p, at, filter, choices, list, wrong)
	view.Head = head
	p.content, p.fragment = terminals.RegisterPage(v.p, view), terminals.RegisterList(v.p, view.List)
	return s.respond(w, r, p)
}

// terminalFilter reads the filter of the register.
func terminalFilter(in *input, connectionID int64) psp.TerminalFilter {
	f := psp.TerminalFilter{
		ConnectionID: connectionID, PSP: in.text("psp", 200), Query: in.text("q", 100),
		Origin: psp.Origin(in.choice("origin", string(psp.Created), string(psp.Imported))),
		Sort:   psp.TerminalSort(in.text("sort", 20)), After: in.text("after", 1000), Before: in.text("before", 1000),
		Limit: pageLimit(in),
	}
	if t, ok := psp.ParseTerminalType(in.choice("type", "ipg", "pos")); ok {
		f.Type = &t
	}
	switch in.choice("enabled", "yes", "no") {
	case "yes":
		f.Enabled = new(true)
	case "no":
		f.Enabled = new(false)
	}
	if in.has("account") {
		account, ok := psp.ParseUUID(in.text("account", 64))
		if !ok {
			in.wrong("account", "validate.uuid", nil)
		}
		f.AccountUUID = account
	}
	return f
}

// terminalChoices are what the fields of the register's filter offer.
type terminalChoices struct {
	connections []OfferedConnection
	connection  OfferedConnection
	psps        []psp.ListedPSP
	accounts    []psp.ListedAccount
}

func (s *Server) terminalChoices(r *http.Request, connection OfferedConnection, all []OfferedConnection) (terminalChoices, error) {
	psps, _, err := s.Directory.PSPs(r.Context(), connection.ID)
	if err != nil {
		return terminalChoices{}, err
	}
	accounts, _, err := s.Directory.Accounts(r.Context(), connection.ID)
	return terminalChoices{connections: all, connection: connection, psps: psps, accounts: accounts}, err
}

// seenCounted is how many unregistered numbers are counted for the tab; more is "100+".
const seenCounted = 100

// registerHead is what both tabs of the register begin with.
func (s *Server) registerHead(r *http.Request, in *input, connection OfferedConnection) (terminals.Head, error) {
	v := visitOf(r)
	open, err := s.openCreations(r)
	if err != nil {
		return terminals.Head{}, err
	}
	missing, err := s.Terminals.Unregistered(r.Context(), connection.ID, "", seenCounted)
	if err != nil {
		return terminals.Head{}, err
	}
	return registerHeadView(v.p, newListURL("/terminals", in, "connection"), registerRights{
		create: v.can(access.TerminalCreate), importing: v.can(access.TerminalImport),
	}, in.raw("tab") == "seen", unknownOf(open, connection.ID), missing), nil
}

// openCreations are the creations that are not settled.
func (s *Server) openCreations(r *http.Request) ([]command.Command, error) {
	open, err := s.Commands.Unsettled(r.Context(), 0, 100)
	return slices.DeleteFunc(open, func(c command.Command) bool { return c.Kind != psp.TerminalCreate }), err
}

// unknownOf counts the commands of a connection whose outcome is not known.
func unknownOf(open []command.Command, connectionID int64) int {
	count := 0
	for _, c := range open {
		if c.ConnectionID == connectionID && c.State == command.Unknown {
			count++
		}
	}
	return count
}

// seenTerminals is the second tab of the register.
func (s *Server) seenTerminals(w http.ResponseWriter, r *http.Request, in *input, connection OfferedConnection) error {
	after, limit := in.text("after", 1000), pageLimit(in)
	if err := in.err("list sightings"); err != nil {
		return err
	}
	list, err := s.Terminals.Unregistered(r.Context(), connection.ID, after, limit)
	if err != nil {
		return err
	}
	head, err := s.registerHead(r, in, connection)
	if err != nil {
		return err
	}
	v := visitOf(r)
	at := newListURL("/terminals", in, "tab", "connection", "size")
	view := seenView(v.p, at, after, list, v.can(access.TerminalCreate), v.can(access.PaymentList))
	view.Head = head
	return s.respond(w, r, page{title: v.p.T("psp.terminal.unregistered"), crumbs: terminalCrumbs(v), content: terminals.SeenPage(v.p, view)})
}

// terminalCrumbs lead to the pages below the register.
func terminalCrumbs(v *visit) []layout.Crumb {
	return []layout.Crumb{{Label: v.p.T("psp.terminal.title"), Href: "/terminals"}}
}

// withoutConnection is a page of PSP reporting before there is any connection.
func (s *Server) withoutConnection(w http.ResponseWriter, r *http.Request, title string) error {
	v := visitOf(r)
	nothing := ui.NothingYet(v.p.T("terminals.no_connection"), v.p.T("terminals.no_connection_text"), ui.Button{})
	if v.can(access.ConnectionManage) {
		nothing.Action = ui.Button{Label: v.p.T("terminals.no_connection_action"), Href: "/admin/connections", Kind: ui.Primary}
	}
	return s.respond(w, r, page{title: title, content: terminals.Nothing(v.p, title, nothing)})
}

func (s *Server) terminalPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	connectionID, found, err := s.terminalConnection(r, in)
	if err != nil {
		return err
	}
	if !found {
		return s.missingTerminal(w, r)
	}
	return s.renderTerminal(w, r, page{}, terminalAsk{connectionID: connectionID, list: in.text("list", 2000), connection: in.text("connection", 40)})
}

// terminalConnection finds the connection that has the terminal of the path in its register: the one that the query names,
// else the first.
func (s *Server) terminalConnection(r *http.Request, in *input) (id int64, found bool, err error) {
	uuid, ok := psp.ParseUUID(r.PathValue("uuid"))
	if !ok {
		return 0, false, errs.New(errs.NotFound, "read terminal", "", nil)
	}
	ids, err := s.Terminals.Connections(r.Context(), uuid)
	if err != nil || len(ids) == 0 {
		return 0, false, err
	}
	if in.has("connection") {
		connection, _, err := s.chosenConnection(r, in)
		return connection.ID, slices.Contains(ids, connection.ID), err
	}
	return ids[0], true, nil
}

// missingTerminal is the page of a UUID that is not registered: 404 with the offer to import it.
func (s *Server) missingTerminal(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	uuid, _ := psp.ParseUUID(r.PathValue("uuid"))
	view := terminals.Missing{UUID: ui.Ident{Text: uuid, What: "UUID"}}
	if v.can(access.TerminalImport) {
		view.ImportHref = "/terminals/import?" + url.Values{"uuids": {uuid}}.Encode()
	}
	return s.respond(w, r, page{
		title: v.p.T("terminals.missing"), status: http.StatusNotFound, crumbs: terminalCrumbs(v),
		content: terminals.MissingPage(v.p, view),
	})
}

// terminalAsk is what a page of a terminal is drawn from besides the terminal itself.
type terminalAsk struct {
	connectionID int64
	// list is the query of the list that the person came from, and connection the name that the address has, if any.
	list, connection string
	// typed is the form of label and notes as it came back, with what is wrong; nil for a page that was opened.
	typed *psp.Annotation
	wrong error
}

// latestPayments is how many payments a terminal's page shows.
const latestPayments = 5

func (s *Server) renderTerminal(w http.ResponseWriter, r *http.Request, p page, ask terminalAsk) error {
	v := visitOf(r)
	t, fresh, err := s.Terminals.Get(r.Context(), ask.connectionID, r.PathValue("uuid"))
	if err != nil {
		return err
	}
	var latest *psp.PaymentList
	if v.can(access.PaymentList) {
		list, err := s.Payments.List(r.Context(), psp.PaymentQuery{
			Filter: psp.PaymentFilter{ConnectionID: t.ConnectionID, Type: &t.Type, Terminal: t.Number}, Size: psp.PaymentPageSizes[0],
		})
		if err != nil {
			return err
		}
		list.Payments = list.Payments[:min(len(list.Payments), latestPayments)]
		latest = &list
	}
	view := terminalView(v.p, v.now, t, fresh, latest, terminalRights{annotate: v.can(access.TerminalAnnotate), account: v.can(access.PSPAccountRead)}, ask)
	p.title, p.crumbs, p.content = view.Title, terminalCrumbs(v), terminals.DetailPage(v.p, view)
	return s.respond(w, r, p)
}

func (s *Server) annotateTerminal(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	connectionID, found, err := s.terminalConnection(r, in)
	if err != nil {
		return err
	}
	if !found {
		return errs.New(errs.NotFound, "annotate terminal", "", nil)
	}
	version, _ := in.integer("version", 1, 1<<62)
	note := psp.Annotation{ConnectionID: connectionID, UUID: r.PathValue("uuid"), Version: version, Label: in.raw("label"), Notes: in.raw("notes")}
	list := in.text("list", 2000)
	v := visitOf(r)
	if err = in.err("annotate terminal"); err == nil {
		err = s.Terminals.Annotate(r.Context(), v.by(r).Actor, note)
	}
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderTerminal(w, r, p, terminalAsk{
			connectionID: connectionID, list: list, connection: in.text("connection", 40), typed: &note, wrong: err,
		})
	}
	s.flash(r, ui.Success, v.p.T("psp.terminal.annotated"))
	s.redirect(w, r, backToTerminals(list))
	return nil
}

// backToTerminals is the list with the query that the person came from.
func backToTerminals(list string) string {
	values, err := url.ParseQuery(list)
	if err != nil || len(values) == 0 {
		return "/terminals"
	}
	return "/terminals?" + values.Encode()
}

// pageLimit reads the size of a page; 0 is the use-case's own.
func pageLimit(in *input) int {
	size := in.choice("size", "25", "50", "100")
	limit, err := strconv.Atoi(size)
	if err != nil {
		return 0
	}
	return limit
}
