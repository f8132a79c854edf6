package web

import (
	"net/http"

	"payportal/internal/access"
	"payportal/templates/account"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// accountPageRoutes are the page of the own account and what can be changed there; the steps of signing in and the second
// factor are in accountRoutes.
func (s *Server) accountPageRoutes() []Route {
	return []Route{
		{Method: "GET", Pattern: "/account", Permission: access.SignedIn, Action: "nav.account", handle: s.accountPage},
		{Method: "POST", Pattern: "/account/name", Permission: access.SignedIn, handle: s.renameAccount},
		{Method: "GET", Pattern: "/account/totp/remove", Permission: access.SignedIn, StepUp: true, handle: s.confirmRemoveFactor},
		{Method: "GET", Pattern: "/account/recovery-codes", Permission: access.SignedIn, StepUp: true, handle: s.confirmRenewCodes},
		{Method: "POST", Pattern: "/account/sessions/{id}/end", Permission: access.SignedIn, handle: s.endSession},
		{Method: "POST", Pattern: "/account/sessions/end-others", Permission: access.SignedIn, handle: s.endOtherSessions},
	}
}

func (s *Server) accountPage(w http.ResponseWriter, r *http.Request) error {
	return s.renderAccount(w, r, page{}, visitOf(r).identity.DisplayName, nil)
}

// renderAccount shows the account with the name as it stands or as it was typed.
func (s *Server) renderAccount(w http.ResponseWriter, r *http.Request, p page, name string, wrong error) error {
	v := visitOf(r)
	sessions, err := s.Access.Sessions.List(r.Context(), v.identity)
	if err != nil {
		return err
	}
	view := ownAccountView(v, name, s.Access.Account.SecondFactorRequired(v.identity), wrong)
	view.Sessions = sessionsView(v.p, v.now, sessions)
	p.title, p.content = v.p.T("nav.account"), account.OverviewPage(v.p, view)
	return s.respond(w, r, p)
}

func (s *Server) renameAccount(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	name := in.text("display_name", 200)
	if err = in.err("rename account"); err == nil {
		err = s.Access.Account.Rename(r.Context(), v.identity, v.client(r), name)
	}
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderAccount(w, r, p, in.raw("display_name"), err)
	}
	s.flash(r, ui.Success, v.p.T("account.renamed"))
	s.redirect(w, r, "/account")
	return nil
}

func (s *Server) confirmRemoveFactor(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	return s.confirmAccountAct(w, r, ui.Confirmation{
		Title: v.p.T("account.remove_factor"), Text: v.p.T("account.remove_factor_text"), Confirm: v.p.T("account.remove_factor"),
		Action: "/account/totp/remove", Dangerous: true,
	})
}

func (s *Server) confirmRenewCodes(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	return s.confirmAccountAct(w, r, ui.Confirmation{
		Title: v.p.T("account.renew_codes"), Text: v.p.T("account.renew_codes_text"), Confirm: v.p.T("account.renew_codes"),
		Action: "/account/recovery-codes",
	})
}

// confirmAccountAct asks once more before something that concerns the own account.
func (s *Server) confirmAccountAct(w http.ResponseWriter, r *http.Request, ask ui.Confirmation) error {
	v := visitOf(r)
	ask.CancelHref = "/account"
	crumbs := []layout.Crumb{{Label: v.p.T("nav.account"), Href: "/account"}}
	return s.respond(w, r, page{title: ask.Title, crumbs: crumbs, content: account.ConfirmPage(v.p, ask)})
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := s.Access.Sessions.Revoke(r.Context(), v.identity, v.client(r), r.PathValue("id")); err != nil {
		return err
	}
	s.flash(r, ui.Success, v.p.T("account.session.ended"))
	s.redirect(w, r, "/account")
	return nil
}

func (s *Server) endOtherSessions(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := s.Access.Sessions.RevokeOthers(r.Context(), v.identity, v.client(r)); err != nil {
		return err
	}
	s.flash(r, ui.Success, v.p.T("account.session.others_ended"))
	s.redirect(w, r, "/account")
	return nil
}
