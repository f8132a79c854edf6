package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/templates/layout"
)

// statusOf is the one place that maps kinds of errors to HTTP.
var statusOf = map[errs.Kind]int{
	errs.Internal:        http.StatusInternalServerError,
	errs.Invalid:         http.StatusUnprocessableEntity,
	errs.Unauthenticated: http.StatusUnauthorized,
	errs.Forbidden:       http.StatusForbidden,
	errs.NotFound:        http.StatusNotFound,
	errs.Conflict:        http.StatusConflict,
	errs.Declined:        http.StatusUnprocessableEntity,
	errs.RateLimited:     http.StatusServiceUnavailable,
	errs.Unavailable:     http.StatusServiceUnavailable,
	errs.Indeterminate:   http.StatusBadGateway,
}

// fail answers a request that went wrong: a page inside the layout, or the content alone for a fragment. It is the last
// thing that happens to a request; the cause goes to the log with the request's line.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := visitOf(r)
	v.err = err
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has left; nobody reads an answer
	}
	switch {
	case needsStepUp(err):
		s.redirect(w, r, "/step-up?return="+url.QueryEscape(returnPath(r)))
		return
	case errs.Is(err, errs.Unauthenticated):
		s.toSignIn(w, r)
		return
	}
	if v.p == nil {
		s.speakTo(v, r)
	}
	s.renderProblem(w, r, s.problem(r, err))
}

// needsStepUp reports whether the act only wants the user to prove again who they are.
func needsStepUp(err error) bool {
	e, ok := asError(err)
	return ok && e.Kind == errs.Forbidden && e.Msg == errStepUp.Msg
}

// problem says what happened in the user's words.
func (s *Server) problem(r *http.Request, err error) layout.Problem {
	v := visitOf(r)
	status := statusOf[errs.KindOf(err)]
	problem := layout.Problem{Status: status, RequestID: v.requestID}
	if e, ok := errors.AsType[*errs.Error](err); ok {
		problem.Message = message(v.p, e)
		if problem.Message == "" && len(e.Fields) > 0 {
			problem.Message = firstMessage(v.p, err)
		}
		problem.Permission = e.Permission
		problem.Code = e.Code
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok && tooLarge != nil {
			problem.Status = http.StatusRequestEntityTooLarge
		} else if e.Kind == errs.Invalid {
			problem.Status = http.StatusUnprocessableEntity
		}
	}
	if status >= 500 && r.Method == http.MethodGet {
		problem.RetryHref = r.URL.RequestURI()
	}
	if !v.signedIn {
		problem.BackHref, problem.BackLabel = "/sign-in", v.p.T("nav.sign_in")
	}
	return problem
}

// renderProblem draws the problem as a page or as a fragment.
func (s *Server) renderProblem(w http.ResponseWriter, r *http.Request, x layout.Problem) {
	v := visitOf(r)
	if wantsFragment(r) {
		s.write(w, r, x.Status, layout.ErrorContent(v.p, x))
		return
	}
	f := s.frame(r, layout.ErrorTitle(v.p, x.Status))
	if !v.complete() {
		s.write(w, r, x.Status, withChildren(layout.Bare(f, false), layout.ErrorContent(v.p, x)))
		return
	}
	s.write(w, r, x.Status, layout.ErrorPage(f, x))
}

// notRouted answers what the mux does not know: an unknown path, or a known one with another method.
func (s *Server) notRouted(w http.ResponseWriter, r *http.Request, fromMux http.Handler) {
	v := visitOf(r)
	if err := s.identify(v, r, Route{Quiet: true}); err != nil {
		s.fail(w, r, err)
		return
	}
	refusal := &recorder{ResponseWriter: discard{http.Header{}}}
	fromMux.ServeHTTP(refusal, r)
	if refusal.code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", refusal.Header().Get("Allow"))
		s.renderProblem(w, r, layout.Problem{Status: http.StatusMethodNotAllowed, RequestID: v.requestID})
		return
	}
	s.fail(w, r, errs.New(errs.NotFound, "route", "", nil))
}

// discard is a response nobody reads: the mux's own answer is only asked for its status and Allow header.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// toSignIn leads to the sign-in page, or to the step of signing in that is still owed, and back to where the user
// wanted to go. Under htmx it is 401 with HX-Redirect: a sign-in form never lands in a table.
func (s *Server) toSignIn(w http.ResponseWriter, r *http.Request) {
	v := visitOf(r)
	target := "/sign-in"
	if v.signedIn {
		target = stagePath(v.identity.Session.State)
	}
	parameters := url.Values{}
	if back := returnPath(r); back != "/" {
		parameters.Set("return", back)
	}
	if !v.signedIn && s.hadSession(r) {
		parameters.Set("reason", "expired")
	}
	if len(parameters) > 0 {
		target += "?" + parameters.Encode()
	}
	if wantsFragment(r) || r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.redirect(w, r, target)
}

// stagePath is the page of the step that a session owes.
func stagePath(state access.State) string {
	switch state {
	case access.TOTPNeeded:
		return "/sign-in/code"
	case access.EnrolmentNeeded:
		return "/account/totp"
	case access.PasswordChangeNeeded:
		return "/account/password"
	}
	return "/"
}

// hadSession reports whether the browser still sends the cookie of a session that is gone.
func (s *Server) hadSession(r *http.Request) bool {
	c, err := r.Cookie(s.Cookie.Cookie.Name)
	return err == nil && c.Value != ""
}

// returnPath is where the user wanted to go: this page for a GET, the page it was sent from otherwise.
func returnPath(r *http.Request) string {
	if r.Method == http.MethodGet && !wantsFragment(r) {
		return r.URL.RequestURI()
	}
	if from := r.Header.Get("HX-Current-URL"); from != "" {
		return localPath(from)
	}
	return localPath(r.Referer())
}

// localPath keeps the path and query of an address, so that no one can be led to another site; "/" when there is none.
func localPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(u.Path) == 0 || u.Path[0] != '/' || (len(u.Path) > 1 && (u.Path[1] == '/' || u.Path[1] == '\\')) {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).RequestURI()
}
