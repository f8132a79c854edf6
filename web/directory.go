package web

import (
	"net/http"
	"slices"
	"strconv"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/templates/directory"
	"payportal/templates/icon"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// directoryRoutes are the PSPs and the PSP accounts.
func (s *Server) directoryRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/psps", Permission: access.PSPRead, handle: s.pspList,
			Nav: Nav{Group: "nav.reporting", Label: "nav.psps", Icon: icon.Store, Letter: "s"},
		},
		{Method: "GET", Pattern: "/psps/{id}", Permission: access.PSPRead, handle: s.pspPage},
		{Method: "POST", Pattern: "/psps/refresh", Permission: access.PSPRead, handle: s.refreshDirectory("/psps")},
		{
			Method: "GET", Pattern: "/psp-accounts", Permission: access.PSPAccountRead, handle: s.accountList,
			Nav: Nav{Group: "nav.reporting", Label: "nav.psp_accounts", Icon: icon.Wallet, Letter: "a"},
		},
		{Method: "GET", Pattern: "/psp-accounts/{uuid}", Permission: access.PSPAccountRead, handle: s.pspAccountPage},
		{Method: "POST", Pattern: "/psp-accounts/refresh", Permission: access.PSPAccountRead, handle: s.refreshDirectory("/psp-accounts")},
	}
}

// directoryAsk is what a page of the directory is about.
type directoryAsk struct {
	connection OfferedConnection
	all        []OfferedConnection
	// at is the list that the page belongs to, on the same connection.
	at listURL
}

// askDirectory reads the query of a page of the directory.
func (s *Server) askDirectory(r *http.Request, path string) (directoryAsk, error) {
	in, err := query(r)
	if err != nil {
		return directoryAsk{}, err
	}
	connection, all, err := s.chosenConnection(r, in)
	if err == nil {
		err = in.err("read directory")
	}
	return directoryAsk{connection: connection, all: all, at: newListURL(path, in, "connection")}, err
}

func (s *Server) pspList(w http.ResponseWriter, r *http.Request) error {
	ask, err := s.askDirectory(r, "/psps")
	if err != nil {
		return err
	}
	v := visitOf(r)
	title := v.p.T("psp.psp.title")
	if ask.connection.ID == 0 {
		return s.withoutConnection(w, r, title)
	}
	psps, fresh, err := s.Directory.PSPs(r.Context(), ask.connection.ID)
	if err != nil {
		return err
	}
	return s.respond(w, r, page{title: title, content: directory.ListPage(v.p, pspListView(v.p, v.now, ask, psps, fresh))})
}

func (s *Server) accountList(w http.ResponseWriter, r *http.Request) error {
	ask, err := s.askDirectory(r, "/psp-accounts")
	if err != nil {
		return err
	}
	v := visitOf(r)
	title := v.p.T("psp.account.title")
	if ask.connection.ID == 0 {
		return s.withoutConnection(w, r, title)
	}
	accounts, fresh, err := s.Directory.Accounts(r.Context(), ask.connection.ID)
	if err != nil {
		return err
	}
	return s.respond(w, r, page{title: title, content: directory.ListPage(v.p, accountListView(v.p, v.now, ask, accounts, fresh))})
}

func (s *Server) pspPage(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "read PSP", "", err)
	}
	ask, err := s.askDirectory(r, "/psps")
	if err != nil {
		return err
	}
	listed, fresh, err := s.Directory.PSP(r.Context(), ask.connection.ID, id)
	if err != nil {
		return ofProvider(err)
	}
	v := visitOf(r)
	view := pspView(v.p, v.now, ask, listed, fresh, directoryRightsOf(v))
	if v.can(access.PSPAccountRead) {
		accounts, _, err := s.Directory.Accounts(r.Context(), ask.connection.ID)
		if err != nil {
			return err
		}
		accounts = slices.DeleteFunc(accounts, func(a psp.ListedAccount) bool { return a.PSP != listed.Name })
		table := accountTable(v.p, listURL{"/psp-accounts", ask.at.values}, accounts)
		view.Accounts = &table
	}
	return s.respond(w, r, page{
		title: view.Title, crumbs: []layout.Crumb{{Label: v.p.T("psp.psp.title"), Href: ask.at.String()}},
		content: directory.DetailPage(v.p, view),
	})
}

func (s *Server) pspAccountPage(w http.ResponseWriter, r *http.Request) error {
	ask, err := s.askDirectory(r, "/psp-accounts")
	if err != nil {
		return err
	}
	account, fresh, err := s.Directory.Account(r.Context(), ask.connection.ID, r.PathValue("uuid"))
	if err != nil {
		return ofProvider(err)
	}
	v := visitOf(r)
	view := pspAccountView(v.p, v.now, ask, account, fresh, directoryRightsOf(v))
	return s.respond(w, r, page{
		title: view.Title, crumbs: []layout.Crumb{{Label: v.p.T("psp.account.title"), Href: ask.at.String()}},
		content: directory.DetailPage(v.p, view),
	})
}

// refreshDirectory asks the provider for both lists and leads back to the one it was asked from. The list then says how old
// each copy is and why, so a provider's trouble is no error page.
func (s *Server) refreshDirectory(path string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ask, err := s.askDirectory(r, path)
		if err != nil {
			return err
		}
		if ask.connection.ID == 0 {
			s.redirect(w, r, path)
			return nil
		}
		err = s.Directory.Refresh(r.Context(), ask.connection.ID)
		if err := s.flashRefresh(r, err, "directory.refreshed", "directory.refresh_failed"); err != nil {
			return err
		}
		s.redirect(w, r, ask.at.String())
		return nil
	}
}

// flashRefresh tells on the next page whether a copy could be renewed. An error that is not the provider's passes through.
func (s *Server) flashRefresh(r *http.Request, err error, done, failed string) error {
	v := visitOf(r)
	if err == nil {
		s.flash(r, ui.Success, v.p.T(done))
		return nil
	}
	if errs.Is(err, errs.Internal) {
		return err
	}
	v.err = err
	s.flash(r, ui.Warning, v.p.T(failed))
	return nil
}
