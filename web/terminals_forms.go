package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/templates/terminals"
	"payportal/templates/ui"
)

// newTerminalPage offers an empty form, or one that a sighting has filled in: query parameters type, number, psp, start.
func (s *Server) newTerminalPage(w http.ResponseWriter, r *http.Request) error {
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
		return s.withoutConnection(w, r, v.p.T("psp.terminal.new"))
	}
	accounts, _, err := s.Directory.Accounts(r.Context(), connection.ID)
	if err != nil {
		return err
	}
	typed := typedTerminal{
		kind: in.choice("type", "ipg", "pos"), account: in.text("account", 64), number: in.text("number", 40),
		enabled: true, start: dayText(v.now, v.p.Prefs()),
	}
	if since, err := time.Parse(time.RFC3339, in.text("start", 40)); err == nil {
		typed.start = dayText(since, v.p.Prefs())
	}
	if name := in.text("psp", 200); typed.account == "" {
		typed.account = onlyAccountOf(accounts, name)
	}
	if err := in.err("new terminal"); err != nil {
		return err
	}
	return s.renderNewTerminal(w, r, page{}, newTerminalView(v.p, v.now, connection, all, accounts, typed, nil))
}

func (s *Server) renderNewTerminal(w http.ResponseWriter, r *http.Request, p page, view terminals.New) error {
	v := visitOf(r)
	p.title, p.crumbs, p.content = v.p.T("psp.terminal.new"), terminalCrumbs(v), terminals.NewForm(v.p, view)
	return s.respond(w, r, p)
}

// onlyAccountOf is the enabled account of a PSP where there is no choice.
func onlyAccountOf(accounts []psp.ListedAccount, name string) string {
	found := ""
	for _, a := range accounts {
		if name == "" || a.PSP != name || !a.Enabled || !a.GoneAt.IsZero() {
			continue
		}
		if found != "" {
			return ""
		}
		found = a.UUID
	}
	return found
}

// typedTerminal is the form of a new terminal as it was typed.
type typedTerminal struct {
	kind, account, number, acceptorCode, description, start string
	enabled                                                 bool
}

// createTerminal takes the form. The route lifts the limit on writing the answer: the provider may take 45 seconds, and a
// person who gets no answer would not know where to look.
func (s *Server) createTerminal(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	connection, all, err := s.chosenConnection(r, in)
	if err != nil {
		return err
	}
	v := visitOf(r)
	typed := typedTerminal{
		kind: in.text("terminal_type", 10), account: in.text("psp_account_uuid", 64), number: in.text("terminal_number", 100), acceptorCode: in.text("acceptor_code", 100),
		description: in.lines("description", 10_000), start: in.text("start_fetch_time", 40), enabled: in.flag("enabled"),
	}
	wanted, startTyped := typed.terminal(v.p.Prefs())
	var creation psp.Creation
	if err = in.err("create terminal"); err == nil {
		creation, err = s.Terminals.Create(r.Context(), v.by(r).Actor,
			psp.CreateTerminal{ConnectionID: connection.ID, FormKey: in.raw("key"), NewTerminal: wanted})
	}
	if !startTyped {
		err = saying(err, "start_fetch_time", "validate.date")
	}
	switch {
	case err == nil:
		s.flash(r, ui.Success, v.p.Tf("terminals.created", map[string]any{"Number": v.p.Digits(textin.Compact(wanted.Number))}))
		s.redirect(w, r, "/terminals/"+creation.UUID)
		return nil
	case creation.CommandID != 0 && (errs.Is(err, errs.Indeterminate) || creation.State == command.Intended || creation.State == command.Sending):
		v.err = err
		s.redirect(w, r, commandHref(creation.CommandID))
		return nil
	}
	p, ok := invalidForm(page{}, ofProvider(err))
	if !ok {
		return err
	}
	v.err = err
	accounts, _, listErr := s.Directory.Accounts(r.Context(), connection.ID)
	if listErr != nil {
		return listErr
	}
	return s.renderNewTerminal(w, r, p, newTerminalView(v.p, v.now, connection, all, accounts, typed, ofProvider(err)))
}

// terminal gives what was typed in the domain's types. What cannot be read becomes a value that the use-case refuses at its
// field, so that all problems are told at once; startTyped is false when the start was typed and is no time.
func (t typedTerminal) terminal(prefs i18n.Prefs) (wanted psp.NewTerminal, startTyped bool) {
	wanted = psp.NewTerminal{
		Type: psp.TerminalType(0xff), AccountUUID: t.account, Number: t.number, Enabled: t.enabled, Description: t.description,
	}
	if kind, ok := psp.ParseTerminalType(t.kind); ok {
		wanted.Type = kind
	}
	if code, err := strconv.ParseInt(textin.FoldDigits(textin.Compact(t.acceptorCode)), 10, 64); err == nil {
		wanted.AcceptorCode = code
	}
	start, ok := parseMoment(t.start, prefs.Calendar, prefs.Zone)
	wanted.StartFetchTime = start
	return wanted, ok || t.start == ""
}

// parseMoment reads a day of the calendar with an optional clock, "1404/05/21 14:30", as a moment of the zone.
func parseMoment(text string, system calendar.System, zone *time.Location) (time.Time, bool) {
	date, clock, timed := strings.Cut(strings.TrimSpace(text), " ")
	day, err := calendar.ParseDate(date, system, zone)
	if err != nil {
		return time.Time{}, false
	}
	if !timed {
		return day, true
	}
	at, err := time.Parse("15:04", textin.FoldDigits(strings.TrimSpace(clock)))
	if err != nil {
		return time.Time{}, false
	}
	day = day.In(zone)
	return time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, zone), true
}

// saying replaces what an error says of a field.
func saying(err error, field, msg string) error {
	e, ok := asError(err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	changed := *e
	changed.Fields = slices.Clone(e.Fields)
	for i := range changed.Fields {
		if changed.Fields[i].Name == field {
			changed.Fields[i] = errs.Field{Name: field, Msg: msg}
		}
	}
	return &changed
}

// ofProvider tells a provider's refusal of the portal's own credentials or scopes from a refusal of the user: what the
// provider may not give is not available, and nobody is led to the sign-in page for it.
func ofProvider(err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Permission != "" || (e.Kind != errs.Forbidden && e.Kind != errs.Unauthenticated) {
		return err
	}
	changed := *e
	changed.Kind, changed.Err = errs.Unavailable, err
	return &changed
}

func (s *Server) importPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	uuids := in.lines("uuids", 4000)
	if err := in.err("import terminals"); err != nil {
		return err
	}
	return s.renderImport(w, r, page{}, in, uuids, nil, nil)
}

func (s *Server) renderImport(w http.ResponseWriter, r *http.Request, p page, in *input, uuids string, result *psp.ImportResult, wrong error) error {
	connection, all, err := s.chosenConnection(r, in)
	if err != nil {
		return err
	}
	v := visitOf(r)
	p.title, p.crumbs = v.p.T("psp.terminal.import"), terminalCrumbs(v)
	if connection.ID == 0 {
		return s.withoutConnection(w, r, p.title)
	}
	p.content = terminals.ImportForm(v.p, importView(v.p, connection, all, uuids, result, v.can(access.TerminalRead), wrong))
	return s.respond(w, r, p)
}

// importTerminals takes a pasted list. The route lifts the limit on writing the answer: 500 terminals are fetched one by one.
func (s *Server) importTerminals(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	connection, _, err := s.chosenConnection(r, in)
	if err != nil {
		return err
	}
	pasted := in.raw("uuids")
	result, err := s.Terminals.Import(r.Context(), visitOf(r).by(r).Actor, connection.ID, pasted)
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderImport(w, r, p, in, pasted, nil, err)
	}
	return s.renderImport(w, r, page{}, in, "", &result, nil)
}
