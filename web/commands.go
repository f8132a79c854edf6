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

// creation reads the command of the path. What is no creation of a terminal is not there.
func (s *Server) creation(r *http.Request) (command.Command, psp.NewTerminal, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return command.Command{}, psp.NewTerminal{}, errs.New(errs.NotFound, "read command", "", err)
	}
	c, err := s.Commands.Command(r.Context(), id)
	if err != nil {
		return command.Command{}, psp.NewTerminal{}, err
	}
	wanted, err := psp.RequestedTerminal(c)
	return c, wanted, err
}

func (s *Server) commandPage(w http.ResponseWriter, r *http.Request) error {
	return s.renderCommand(w, r, page{}, nil)
}

// renderCommand draws a creation as it stands now, and why a declaration about it was not taken.
func (s *Server) renderCommand(w http.ResponseWriter, r *http.Request, p page, wrong error) error {
	c, wanted, err := s.creation(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := commandView(v.p, v.now, c, wanted, commandRights{
		user: v.identity.UserID, create: v.can(access.TerminalCreate), importing: v.can(access.TerminalImport),
	})
	_, view.Errors = fieldErrors(v.p, wrong)
	p.title, p.crumbs, p.content = view.Title, terminalCrumbs(v), commands.CommandPage(v.p, view)
	return s.respond(w, r, p)
}

// declarePage asks the first person for a reason and the second one for a confirmation. Where there is nothing to declare
// for this person, it leads to the page that says why.
func (s *Server) declarePage(w http.ResponseWriter, r *http.Request) error {
	c, wanted, err := s.creation(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	if c.NotDeclarable(v.now) != "" || c.Proposal.By == v.identity.UserID {
		s.redirect(w, r, commandHref(c.ID))
		return nil
	}
	return s.renderDeclare(w, r, page{}, declareView(v.p, c, wanted, "", nil))
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
	c, wanted, err := s.creation(r)
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
	return s.renderDeclare(w, r, p, declareView(v.p, c, wanted, reason, err))
}
