package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/templates/payments"
	"payportal/templates/ui"
)

// savedView is a saved view of the list with its parameters in the form that this user's links have.
type savedView struct {
	psp.PaymentView
	params paymentParams
}

// openView finds the saved view that the list began with. A list that is asked for by its bare address opens with the
// user's default view: opened is true when the answer leads there.
func (s *Server) openView(w http.ResponseWriter, r *http.Request, q *paymentRequest) (opened bool, err error) {
	user := visitOf(r).identity.UserID
	if r.URL.RawQuery == "" {
		views, err := s.Views.List(r.Context(), user)
		if err != nil {
			return false, err
		}
		for _, view := range views {
			if view.Default {
				s.redirect(w, r, viewHref(view))
				return true, nil
			}
		}
	}
	if q.viewID == 0 {
		return false, nil
	}
	view, err := s.Views.Get(r.Context(), user, q.viewID)
	if errs.Is(err, errs.NotFound) {
		q.wrong = append(q.wrong, errs.Field{Name: "view", Msg: "payments.error.view_gone"})
		return false, nil
	}
	if err != nil {
		return false, err
	}
	q.view = &savedView{PaymentView: view, params: savedParams(visitOf(r), view.Query, q.connections)}
	return false, nil
}

// savedParams reads the parameters of a saved view.
func savedParams(v *visit, query string, connections []OfferedConnection) paymentParams {
	values, err := url.ParseQuery(query)
	if err != nil {
		return paymentParams{} // the use-case saves nothing that cannot be read
	}
	return parsePayments(&input{values: values}, v, connections).params.saved()
}

// viewHref opens a list with a saved view.
func viewHref(view psp.PaymentView) string {
	id := "view=" + strconv.FormatInt(view.ID, 10)
	if view.Query == "" {
		return "/payments?" + id
	}
	return "/payments?" + view.Query + "&" + id
}

func (s *Server) paymentViews(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	q, err := s.readPayments(r, in)
	if err != nil {
		return err
	}
	if err := q.err(); err != nil {
		return err
	}
	return s.showViews(w, r, page{}, q, "", nil)
}

// showViews answers with the saved views and the form that saves this filter under a name.
func (s *Server) showViews(w http.ResponseWriter, r *http.Request, p page, q *paymentRequest, name string, failure error) error {
	v := visitOf(r)
	views, err := s.Views.List(r.Context(), v.identity.UserID)
	if err != nil {
		return err
	}
	p.title, p.crumbs = v.p.T("payments.views.title"), paymentCrumbs(v)
	p.content = payments.ViewsPage(v.p, paymentViewsView(v, q, views, name, failure))
	return s.respond(w, r, p)
}

// savedRequest reads the filter that a form wants to save.
func (s *Server) savedRequest(r *http.Request, in *input) (*paymentRequest, error) {
	const longest = 2000
	values, err := url.ParseQuery(in.text("query", longest))
	if err != nil {
		return nil, errs.New(errs.Invalid, "read view", "errs.malformed", err)
	}
	if err := in.err("read view"); err != nil {
		return nil, err
	}
	q, err := s.readPayments(r, &input{values: values})
	if err != nil {
		return nil, err
	}
	return q, q.err()
}

func (s *Server) createView(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	q, err := s.savedRequest(r, in)
	if err != nil {
		return err
	}
	user := visitOf(r).identity.UserID
	view := psp.PaymentView{OwnerID: user, Name: in.raw("name"), Query: q.params.saved().query()}
	view.ID, err = s.Views.Create(r.Context(), view)
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.showViews(w, r, p, q, in.raw("name"), err)
	}
	if in.flag("default") {
		if err := s.Views.SetDefault(r.Context(), user, view.ID); err != nil {
			return err
		}
	}
	return s.viewSaved(w, r, view.ID)
}

// viewSaved says so and leads to the list as the view has it.
func (s *Server) viewSaved(w http.ResponseWriter, r *http.Request, id int64) error {
	v := visitOf(r)
	view, err := s.Views.Get(r.Context(), v.identity.UserID, id)
	if err != nil {
		return err
	}
	s.flash(r, ui.Success, v.p.Tf("payments.views.saved", map[string]any{"Name": view.Name}))
	s.redirect(w, r, viewHref(view))
	return nil
}

// ownView is the user's own view that the address names; anything else is errs.NotFound.
func (s *Server) ownView(r *http.Request) (psp.PaymentView, error) {
	view, err := s.namedView(r)
	if err == nil && view.OwnerID != visitOf(r).identity.UserID {
		err = errs.New(errs.NotFound, "find view", "", nil)
	}
	return view, err
}

// namedView is the view that the address names and the user sees.
func (s *Server) namedView(r *http.Request) (psp.PaymentView, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return psp.PaymentView{}, errs.New(errs.NotFound, "find view", "", err)
	}
	return s.Views.Get(r.Context(), visitOf(r).identity.UserID, id)
}

// updateView saves another filter under the name of a view.
func (s *Server) updateView(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	q, err := s.savedRequest(r, in)
	if err != nil {
		return err
	}
	view, err := s.ownView(r)
	if err != nil {
		return err
	}
	view.Query = q.params.saved().query()
	if err := s.Views.Update(r.Context(), view); err != nil {
		return err
	}
	return s.viewSaved(w, r, view.ID)
}

// shareView shows a view to everyone who may list payments, or to its owner alone again.
func (s *Server) shareView(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	view, err := s.ownView(r)
	if err != nil {
		return err
	}
	view.Shared = in.flag("shared")
	if err := s.Views.Update(r.Context(), view); err != nil {
		return err
	}
	return s.viewDone(w, r, pick(view.Shared, "payments.views.now_shared", "payments.views.now_private"), view)
}

// defaultView makes a view the one that the user's list opens with, or no longer.
func (s *Server) defaultView(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	view, err := s.namedView(r)
	if err != nil {
		return err
	}
	chosen := view.ID
	if !in.flag("default") {
		chosen = 0
	}
	if err := s.Views.SetDefault(r.Context(), visitOf(r).identity.UserID, chosen); err != nil {
		return err
	}
	return s.viewDone(w, r, pick(chosen != 0, "payments.views.now_default", "payments.views.no_default"), view)
}

func (s *Server) deleteView(w http.ResponseWriter, r *http.Request) error {
	view, err := s.ownView(r)
	if err != nil {
		return err
	}
	if err := s.Views.Delete(r.Context(), view.OwnerID, view.ID); err != nil {
		return err
	}
	return s.viewDone(w, r, "payments.views.deleted", view)
}

// viewDone says what was done and leads back to the views.
func (s *Server) viewDone(w http.ResponseWriter, r *http.Request, message string, view psp.PaymentView) error {
	s.flash(r, ui.Success, visitOf(r).p.Tf(message, map[string]any{"Name": view.Name}))
	back := returnPath(r)
	if !strings.HasPrefix(back, "/payments/views") {
		back = "/payments/views"
	}
	s.redirect(w, r, back)
	return nil
}
