package web

import (
	"net/http"
	"net/url"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/templates/admin"
	"payportal/templates/icon"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// connectionRoutes are the ways to the providers.
func (s *Server) connectionRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/admin/connections", Permission: access.ConnectionRead, handle: s.connections,
			Nav: Nav{Group: "nav.administration", Label: "nav.connections", Icon: icon.Plug, Letter: "c"},
		},
		{Method: "GET", Pattern: "/admin/connections/new", Permission: access.ConnectionManage, StepUp: true, Action: "admin.connections.new", handle: s.newConnectionPage},
		{Method: "POST", Pattern: "/admin/connections/new", Permission: access.ConnectionManage, StepUp: true, handle: s.addConnection},
		{Method: "GET", Pattern: "/admin/connections/{name}", Permission: access.ConnectionRead, handle: s.connectionPage},
		{Method: "POST", Pattern: "/admin/connections/{name}", Permission: access.ConnectionManage, StepUp: true, handle: s.changeConnection},
		{Method: "POST", Pattern: "/admin/connections/{name}/test", Permission: access.ConnectionManage, Stream: true, handle: s.testConnection},
		{Method: "GET", Pattern: "/admin/connections/{name}/rotate", Permission: access.ConnectionManage, StepUp: true, handle: s.rotationPage},
		{Method: "POST", Pattern: "/admin/connections/{name}/rotate", Permission: access.ConnectionManage, StepUp: true, Stream: true, handle: s.rotateConnection},
		{Method: "GET", Pattern: "/admin/connections/{name}/disable", Permission: access.ConnectionManage, StepUp: true, handle: s.confirmDisableConnection},
		{Method: "POST", Pattern: "/admin/connections/{name}/disable", Permission: access.ConnectionManage, StepUp: true, handle: s.disableConnection},
		{Method: "POST", Pattern: "/admin/connections/{name}/enable", Permission: access.ConnectionManage, StepUp: true, handle: s.enableConnection},
		{Method: "GET", Pattern: "/admin/connections/{name}/remove", Permission: access.ConnectionManage, StepUp: true, handle: s.removePage},
		{Method: "POST", Pattern: "/admin/connections/{name}/remove", Permission: access.ConnectionManage, StepUp: true, handle: s.removeConnection},
		{Method: "POST", Pattern: "/admin/connections/{name}/payments", Permission: access.JobManage, handle: s.steerMirror},
	}
}

func (s *Server) connections(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	all, err := s.Connections.List(r.Context())
	if err != nil {
		return err
	}
	health := make([]connection.Health, len(all))
	for i, c := range all {
		if health[i], err = s.Connections.Health(r.Context(), c.ID); err != nil {
			return err
		}
	}
	view := connectionsView(v.p, v.now, all, health)
	if v.can(access.ConnectionManage) {
		view.NewHref = "/admin/connections/new"
	}
	return s.respond(w, r, page{title: v.p.T("nav.connections"), content: admin.ConnectionsPage(v.p, view)})
}

// connectionCrumbs lead to the pages below the list of connections.
func connectionCrumbs(v *visit, below ...layout.Crumb) []layout.Crumb {
	return append([]layout.Crumb{{Label: v.p.T("nav.connections"), Href: "/admin/connections"}}, below...)
}

func (s *Server) newConnectionPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	provider := connection.Provider(in.choice("provider", providerWords()...))
	if err := in.err("choose provider"); err != nil {
		return errs.New(errs.NotFound, "choose provider", "", err)
	}
	if provider == "" {
		provider = connection.Toman
	}
	typed := connectionInput{Provider: provider, Environment: connection.Staging, AsJSON: in.raw("as") == "json"}
	return s.renderNewConnection(w, r, page{}, typed, nil)
}

func (s *Server) renderNewConnection(w http.ResponseWriter, r *http.Request, p page, typed connectionInput, wrong error) error {
	v := visitOf(r)
	p.title, p.crumbs = v.p.T("admin.connections.new"), connectionCrumbs(v)
	p.content = admin.NewConnectionPage(v.p, newConnectionView(v.p, typed, wrong))
	return s.respond(w, r, p)
}

func (s *Server) addConnection(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	definition, typed, err := readConnection(in)
	var added connection.Connection
	if err == nil {
		added, err = s.Connections.Add(r.Context(), v.by(r).Actor, definition)
	}
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderNewConnection(w, r, p, typed, err)
	}
	s.flash(r, ui.Success, v.p.T("admin.connection.added"))
	s.redirect(w, r, connectionHref(added.Name))
	return nil
}

// connectionOf reads the connection that the path names.
func (s *Server) connectionOf(r *http.Request) (connection.Connection, error) {
	return s.Connections.Named(r.Context(), r.PathValue("name"))
}

func (s *Server) connectionPage(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	return s.renderConnection(w, r, page{}, c, c.Settings, nil)
}

// renderConnection shows a connection with its settings as they stand or as they were typed.
func (s *Server) renderConnection(w http.ResponseWriter, r *http.Request, p page, c connection.Connection, typed connection.Settings, wrong error) error {
	v := visitOf(r)
	health, err := s.Connections.Health(r.Context(), c.ID)
	if err != nil {
		return err
	}
	lists, err := s.MirrorProgress(r.Context())
	if err != nil {
		return err
	}
	may := connectionRights{manage: v.can(access.ConnectionManage), jobs: v.can(access.JobManage), audit: v.can(access.AuditRead)}
	view := connectionView(v.p, v.now, c, typed, health, may, wrong)
	view.Calls = callsView(v.p, s.Connections.Calls(c.ID))
	if c.Has(connection.PSPReporting) {
		view.Payments = connectionPaymentsView(v.p, v.now, c, lists, may.jobs)
	}
	if may.manage {
		view.StepUpHref = stepUpHref(v, connectionHref(c.Name))
	}
	p.title, p.crumbs, p.content = c.Name, connectionCrumbs(v), admin.ConnectionPage(v.p, view)
	return s.respond(w, r, p)
}

// connectionForm reads the connection of the path and the version that every form about it carries along.
func (s *Server) connectionForm(w http.ResponseWriter, r *http.Request) (*input, connection.Connection, int64, error) {
	in, err := form(w, r)
	if err != nil {
		return nil, connection.Connection{}, 0, err
	}
	c, err := s.connectionOf(r)
	return in, c, requiredVersion(in), err
}

func (s *Server) changeConnection(w http.ResponseWriter, r *http.Request) error {
	in, c, version, err := s.connectionForm(w, r)
	if err != nil {
		return err
	}
	typed := readSettings(in)
	if err = in.err("change connection"); err == nil {
		_, err = s.Connections.Change(r.Context(), visitOf(r).by(r).Actor, c.ID, version, typed)
	}
	return s.afterConnectionAct(w, r, c, typed, err, "admin.connection.saved")
}

func (s *Server) disableConnection(w http.ResponseWriter, r *http.Request) error {
	in, c, version, err := s.connectionForm(w, r)
	if err != nil {
		return err
	}
	if err = in.err("disable connection"); err == nil {
		_, err = s.Connections.Disable(r.Context(), visitOf(r).by(r).Actor, c.ID, version)
	}
	return s.afterConnectionAct(w, r, c, c.Settings, err, "admin.connection.disabled")
}

func (s *Server) enableConnection(w http.ResponseWriter, r *http.Request) error {
	in, c, version, err := s.connectionForm(w, r)
	if err != nil {
		return err
	}
	if err = in.err("enable connection"); err == nil {
		_, err = s.Connections.Enable(r.Context(), visitOf(r).by(r).Actor, c.ID, version)
	}
	return s.afterConnectionAct(w, r, c, c.Settings, err, "admin.connection.enabled")
}

// afterConnectionAct leads back to the connection's page, or shows it with what was wrong. done is the key of the message of
// success.
func (s *Server) afterConnectionAct(w http.ResponseWriter, r *http.Request, c connection.Connection, typed connection.Settings, err error, done string) error {
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		if now, read := s.connectionOf(r); read == nil {
			c = now // as it stands now, with its version
		}
		return s.renderConnection(w, r, p, c, typed, err)
	}
	s.flash(r, ui.Success, visitOf(r).p.T(done))
	s.redirect(w, r, connectionHref(c.Name))
	return nil
}

// testConnection answers with what the test found: there is nothing else to come back to.
func (s *Server) testConnection(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	p := page{title: v.p.Tf("admin.test.of", map[string]any{"Name": c.Name}), crumbs: connectionCrumbs(v, layout.Crumb{Label: c.Name, Href: connectionHref(c.Name)})}
	steps, err := s.Connections.Test(r.Context(), v.by(r).Actor, c.ID, nil)
	if err != nil {
		var ok bool
		if p, ok = invalidForm(p, err); !ok {
			return err
		}
		v.err = err
	}
	view := testView(v.p, c, steps, err)
	p.content = admin.ConnectionTestPage(v.p, view)
	return s.respond(w, r, p)
}

func (s *Server) rotationPage(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	return s.renderRotation(w, r, page{}, c, &input{values: url.Values{}}, nil, nil)
}

func (s *Server) renderRotation(w http.ResponseWriter, r *http.Request, p page, c connection.Connection, in *input, steps []connection.Step, wrong error) error {
	v := visitOf(r)
	view := rotationView(v.p, c, in, steps, wrong)
	p.title, p.crumbs = view.Title, connectionCrumbs(v, layout.Crumb{Label: c.Name, Href: connectionHref(c.Name)})
	p.content = admin.RotationPage(v.p, view)
	return s.respond(w, r, p)
}

func (s *Server) rotateConnection(w http.ResponseWriter, r *http.Request) error {
	in, c, version, err := s.connectionForm(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	secrets, prove := readCredentials(in, c.Provider), !in.flag("untested")
	var steps []connection.Step
	if err = in.err("rotate connection"); err == nil {
		_, steps, err = s.Connections.Rotate(r.Context(), v.by(r).Actor, c.ID, version, secrets, prove)
	}
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		if now, read := s.connectionOf(r); read == nil {
			c = now
		}
		return s.renderRotation(w, r, p, c, in, steps, err)
	}
	s.flash(r, ui.Success, v.p.T("admin.connection.rotated_done"))
	s.redirect(w, r, connectionHref(c.Name))
	return nil
}

func (s *Server) confirmDisableConnection(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	return s.askConnection(w, r, page{}, c, ui.Confirmation{
		Title: v.p.T("admin.connection.disable"), Text: v.p.T("admin.connection.disable_text"), Confirm: v.p.T("admin.connection.disable_confirm"),
		Action: connectionHref(c.Name) + "/disable", Dangerous: true,
	})
}

// askConnection asks once more before an act on a connection.
func (s *Server) askConnection(w http.ResponseWriter, r *http.Request, p page, c connection.Connection, ask ui.Confirmation) error {
	v := visitOf(r)
	ask.Hidden, ask.CancelHref = connectionHidden(c), connectionHref(c.Name)
	p.title, p.crumbs = ask.Title, connectionCrumbs(v, layout.Crumb{Label: c.Name, Href: connectionHref(c.Name)})
	p.content = admin.ConfirmationPage(v.p, ask, []admin.Fact{
		{Label: v.p.T("admin.connection.name"), Text: c.Name},
		{Label: v.p.T("admin.connection.provider"), Text: v.p.T(c.Provider.NameKey())},
		{Label: v.p.T("admin.connection.environment"), Text: v.p.T(c.Environment.NameKey())},
	})
	return s.respond(w, r, p)
}

func (s *Server) removePage(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	return s.renderRemoval(w, r, page{}, c, "", nil)
}

func (s *Server) renderRemoval(w http.ResponseWriter, r *http.Request, p page, c connection.Connection, typed string, wrong error) error {
	v := visitOf(r)
	byField, _ := fieldErrors(v.p, wrong)
	return s.askConnection(w, r, p, c, ui.Confirmation{
		Title: v.p.T("admin.connection.remove"), Text: v.p.T("admin.connection.remove_text"), Confirm: v.p.T("admin.connection.remove_confirm"),
		Action: connectionHref(c.Name) + "/remove", Dangerous: true, Type: c.Name,
		TypeField: ui.Field{
			Name: "confirm", Label: v.p.Tf("admin.connection.type_name", map[string]any{"Name": c.Name}), Value: typed,
			Error: byField["confirm"], Required: true, LTR: true, Autocomplete: "off",
		},
	})
}

func (s *Server) removeConnection(w http.ResponseWriter, r *http.Request) error {
	in, c, version, err := s.connectionForm(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	typed := in.text("confirm", 100)
	if typed != c.Name {
		in.wrong("confirm", "admin.connection.type_exactly", nil)
	}
	if err := in.err("remove connection"); err != nil {
		p, _ := invalidForm(page{}, err)
		return s.renderRemoval(w, r, p, c, typed, err)
	}
	if err := s.Connections.Remove(r.Context(), v.by(r).Actor, c.ID, version); err != nil {
		return s.afterConnectionAct(w, r, c, c.Settings, err, "")
	}
	s.flash(r, ui.Success, v.p.T("admin.connection.removed"))
	s.redirect(w, r, "/admin/connections")
	return nil
}

// steerMirror pauses or resumes the copying of a list of payments, or asks for new payments now.
func (s *Server) steerMirror(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	act := in.choice("act", "pause", "resume", "refresh")
	list, known := psp.ParseTerminalType(in.choice("type", "ipg", "pos"))
	if act == "" || act != "refresh" && !known {
		in.wrong("act", "errs.malformed", nil)
	}
	if err := in.err("steer the copying of payments"); err != nil {
		return err
	}
	if err := s.steer(r, act, c, list); err != nil {
		return err
	}
	s.flash(r, ui.Success, visitOf(r).p.T("admin.copying.done_"+act))
	back := connectionHref(c.Name)
	if localPath(in.raw("return")) == "/admin/jobs" {
		back = "/admin/jobs"
	}
	s.redirect(w, r, back)
	return nil
}

// steer does what steerMirror was asked for. The trail comes first: there is no act without its entry, whenever the process
// ends.
func (s *Server) steer(r *http.Request, act string, c connection.Connection, list psp.TerminalType) error {
	entry := audit.Entry{Actor: visitOf(r).by(r).Actor, Act: "mirror." + act, Object: "connection:" + c.Name, Outcome: audit.OK}
	if act != "refresh" {
		entry.After = map[string]string{"list": list.String()}
	}
	if err := s.RecordAudit(r.Context(), entry); err != nil {
		return err
	}
	key := mirror.Key{ConnectionID: c.ID, Type: list}
	switch act {
	case "pause":
		return s.Mirror.Pause(r.Context(), key)
	case "resume":
		return s.Mirror.Resume(r.Context(), key)
	}
	return s.RefreshPayments(r.Context(), c.ID)
}
