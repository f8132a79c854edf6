package web

import (
	"net/http"
	"strconv"

	"payportal/internal/access"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/templates/commands"
	"payportal/templates/ui"
)

// openCommands lists the creations that are not settled.
func (s *Server) openCommands(w http.ResponseWriter, r *http.Request) error {
	open, err := s.openCreations(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	return s.respond(w, r, page{title: v.p.T("command.title"), crumbs: terminalCrumbs(v), content: commands.ListPage(v.p, openCommandsView(v.p, open))})
}

// creation is a command that creates a terminal, with what it asked for.
type creation struct {
	command.Command
	wanted psp.NewTerminal
	// account is the name of the PSP account, or its UUID where the directory does not know it.
	account string
	// connection is the name of the connection where there are several, for links.
	connection string
}

// creation reads the command of the path. What is no creation of a terminal is not there.
func (s *Server) creation(r *http.Request) (c creation, err error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return c, errs.New(errs.NotFound, "read command", "", err)
	}
	if c.Command, err = s.Commands.Command(r.Context(), id); err != nil {
		return c, err
	}
	if c.wanted, err = psp.RequestedTerminal(c.Command); err != nil {
		return c, err
	}
	accounts, _, err := s.Directory.Accounts(r.Context(), c.ConnectionID)
	if err != nil {
		return c, err
	}
	c.account = c.wanted.AccountUUID
	for _, a := range accounts {
		if a.UUID == c.wanted.AccountUUID {
			c.account = a.Name
		}
	}
	all, err := s.ReportingConnections(r.Context())
	if len(all) > 1 {
		for _, known := range all {
			if known.ID == c.ConnectionID {
				c.connection = known.Name
			}
		}
	}
	return c, err
}

func (s *Server) commandPage(w http.ResponseWriter, r *http.Request) error {
	return s.renderCommand(w, r, page{}, nil)
}

// renderCommand draws a creation as it stands now, and why a declaration about it was not taken.
func (s *Server) renderCommand(w http.ResponseWriter, r *http.Request, p page, wrong error) error {
	c, err := s.creation(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := commandView(v.p, v.now, c, commandRights{
		user: v.identity.UserID, create: v.can(access.TerminalCreate), importing: v.can(access.TerminalImport),
	})
	_, view.Errors = fieldErrors(v.p, wrong)
	p.title, p.crumbs, p.content = view.Title, terminalCrumbs(v), commands.CommandPage(v.p, view)
	return s.respond(w, r, p)
}

// declarePage asks the first person for a reason and the second one for a confirmation. Where there is nothing to declare
// for this person, it leads to the page that says why.
func (s *Server) declarePage(w http.ResponseWriter, r *http.Request) error {
	c, err := s.creation(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	if c.NotDeclarable(v.now) != "" || c.Proposal.By == v.identity.UserID {
		s.redirect(w, r, commandHref(c.ID))
		return nil
	}
	return s.renderDeclare(w, r, page{}, declareView(v.p, c, "", nil))
}

func (s *Server) renderDeclare(w http.ResponseWriter, r *http.Request, p page, view commands.Declare) error {
	v := visitOf(r)
	p.title, p.crumbs, p.content = view.Title, terminalCrumbs(v), commands.DeclareForm(v.p, view)
	return s.respond(w, r, p)
}

func (s *Server) declareNotDone(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	c, err := s.creation(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	act := in.choice("act", "propose", "confirm")
	version, _ := in.integer("version", 1, 1<<62)
	reason, saved := in.raw("reason"), "commands.proposed"
	switch err = in.err("declare"); {
	case err != nil:
	case act == "confirm":
		saved = "commands.confirmed"
		_, err = s.Commands.ConfirmNotDone(r.Context(), v.by(r).Actor, c.ID, version)
	default:
		_, err = s.Commands.ProposeNotDone(r.Context(), v.by(r).Actor, c.ID, version, reason)
	}
	p, ok := invalidForm(page{}, err)
	switch {
	case err == nil:
		s.flash(r, ui.Success, v.p.T(saved))
		s.redirect(w, r, commandHref(c.ID))
		return nil
	case !ok:
		return err
	case errs.Is(err, errs.Conflict): // the state is not the one that the person saw
		return s.renderCommand(w, r, p, err)
	}
	return s.renderDeclare(w, r, p, declareView(v.p, c, reason, err))
}
