package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/errs"
)

// arrive opens the visit: request id, nonce, client address, headers; and closes it with one log line. The line has the
// route's pattern, never the path or query: those can hold what was searched for.
func (s *Server) arrive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		v := &visit{
			requestID: strings.ToLower(rand.Text()[:16]),
			nonce:     newNonce(),
			address:   ClientAddress(r, s.TrustedProxies),
			now:       s.Now(),
		}
		s.securityHeaders(w.Header(), v.nonce)
		w.Header().Set("X-Request-Id", v.requestID)
		next.ServeHTTP(w, withVisit(r, v))
		s.logVisit(r, v, v.answered.status(), time.Since(started))
	})
}

func (s *Server) logVisit(r *http.Request, v *visit, status int, took time.Duration) {
	pattern := "unknown"
	if v.route != nil {
		pattern = v.route.Pattern
	} else if strings.HasPrefix(r.URL.Path, "/static/") {
		pattern = "/static/"
	}
	s.Observe(r.Method+" "+pattern, status, took)
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelError
	case pattern == "/static/" || (v.route != nil && v.route.Public && v.err == nil):
		level = slog.LevelDebug
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("request_id", v.requestID), slog.String("method", r.Method), slog.String("route", pattern),
		slog.Int("status", status), slog.Duration("took", took), slog.String("client", v.address.String()),
	}
	if v.signedIn {
		attrs = append(attrs, slog.Int64("user", v.identity.UserID))
	}
	if v.err != nil {
		attrs = append(attrs, slog.String("error", v.err.Error()))
	}
	s.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// recorder remembers the status that was answered.
type recorder struct {
	http.ResponseWriter
	code int
}

// WriteHeader notes the status on its way.
func (r *recorder) WriteHeader(code int) {
	if r.code == 0 && code >= 200 {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Write notes that the answer has begun.
func (r *recorder) Write(b []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

func (r *recorder) status() int {
	if r.code == 0 {
		return http.StatusOK
	}
	return r.code
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// record notes what is answered, for the log line and for recover.
func record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answered := &visitOf(r).answered
		answered.ResponseWriter = w
		next.ServeHTTP(answered, r)
	})
}

// recover makes an error page of a panic, or ends the connection when the answer has begun.
func (s *Server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			v := visitOf(r)
			s.Log.Error("panic", "request_id", v.requestID, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			if v.answered.code != 0 {
				panic(http.ErrAbortHandler)
			}
			s.fail(w, r, fmt.Errorf("panic: %v", cause))
		}()
		next.ServeHTTP(w, r)
	})
}

// sameSite refuses unsafe requests from other sites. The library lets a request pass that has neither header, as old
// browsers and scripts send it; cookies make that a hole, so such a request is refused as well.
func (s *Server) sameSite(next http.Handler) http.Handler {
	var protection http.CrossOriginProtection
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			err := protection.Check(r)
			if err == nil && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" && r.URL.Path != cspReportPath {
				err = errNoOrigin
			}
			if err != nil {
				s.fail(w, r, errs.New(errs.Forbidden, "check origin", "errs.cross_site", err))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// guard stands before each route: session, stage, permission, step-up; then the handler; then the page of its error.
func (s *Server) guard(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r)
		v.route = &route
		if !route.Stream {
			// A page that cannot be written in time is not read by anybody. A stream sets its own limits.
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerWithin))
		}
		if err := s.identify(v, r, route); err != nil {
			s.fail(w, r, err)
			return
		}
		if err := s.admit(v, route); err != nil {
			s.fail(w, r, err)
			return
		}
		if err := route.handle(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// automaticHeader marks what a page asks for by itself: it is no sign of life of the user. app.js sets it.
const automaticHeader = "X-Automatic"

// identify reads the session and the rights of this moment. On a public route the lack of one is no error.
func (s *Server) identify(v *visit, r *http.Request, route Route) error {
	identity, err := s.Access.Sessions.Current(r.Context(), !route.Quiet && r.Header.Get(automaticHeader) == "")
	switch {
	case err == nil:
		v.identity, v.signedIn = identity, true
	case errs.Is(err, errs.Unauthenticated):
		err = nil
	}
	s.speakTo(v, r)
	return err
}

// admit decides whether the visitor may use the route.
func (s *Server) admit(v *visit, route Route) error {
	if route.Public {
		return nil
	}
	if !v.signedIn {
		return errs.New(errs.Unauthenticated, "admit", "", nil)
	}
	if route.Stage {
		return nil
	}
	if v.identity.Session.State != access.Full {
		return errs.New(errs.Unauthenticated, "admit", "", errIncompleteSession)
	}
	if err := v.identity.Require(route.Method+" "+route.Pattern, route.Permission); err != nil {
		return err
	}
	if route.StepUp && !v.identity.SteppedUp(v.now) {
		return errStepUp
	}
	return nil
}

// errIncompleteSession marks a session that still owes a step of signing in.
var errIncompleteSession = errors.New("session is not complete")

// errStepUp sends the user through the step-up page and back.
var errStepUp = errs.New(errs.Forbidden, "admit", "access.step_up.needed", nil)
