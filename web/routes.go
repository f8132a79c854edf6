package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"payportal/internal/access"
	"payportal/templates/icon"
)

// handler answers one request. What goes wrong is returned, not written: errors.go alone makes pages of errors.
type handler func(w http.ResponseWriter, r *http.Request) error

// Route is one line of the portal: what may be asked for, by whom, and who answers. The mux, the navigation, the
// palette and the tests of rights and headers are all made from the list of routes.
type Route struct {
	Method  string
	Pattern string
	// Permission is what the asker must hold: access.SignedIn for every signed-in user.
	Permission access.Permission
	// Public marks the few routes that need no session; their Permission is empty.
	Public bool
	// Stage admits sessions that are not complete yet, such as one that still owes its second factor.
	Stage bool
	// StepUp asks for a fresh second factor or password before the act.
	StepUp bool
	// Quiet marks polls of a page's own: they do not keep a session alive.
	Quiet bool
	// Stream lifts the time limit on writing the answer, for exports and downloads.
	Stream bool
	// Nav puts the route into the navigation and the palette.
	Nav Nav
	// Action puts the route into the palette alone: the catalogue key of what it does.
	Action string

	handle handler
}

// Nav is how a route stands in the navigation. The zero value stays out of it.
type Nav struct {
	// Group is the catalogue key of the heading; empty for the first entries.
	Group string
	// Label is the catalogue key of the entry.
	Label string
	Icon  icon.Name
	// Letter jumps here after g.
	Letter string
}

// answerWithin bounds the writing of an answer, except for routes that stream.
const answerWithin = 30 * time.Second

// newMux registers the routes. A route without a permission that is not one of the public ones is a programming error
// and panics, so that no binary with an open door ever starts.
func (s *Server) newMux(routes []Route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, route := range routes {
		if (route.Permission == 0) != route.Public {
			panic(fmt.Sprintf("web: route %s %s must name a permission or be public, and not both", route.Method, route.Pattern))
		}
		mux.Handle(route.Method+" "+route.Pattern, s.guard(route))
	}
	return mux
}

// Routes is the list, for the tests that hold every route to the same promises.
func (s *Server) Routes() []Route { return s.routes }

// list is every route of the staff portal. Adding one here puts it behind its permission, into the navigation and the
// palette, and into the tests of rights, headers and bad input.
func (s *Server) list() []Route {
	return slices.Concat(
		s.entranceRoutes(),
		s.accountRoutes(),
		s.accountPageRoutes(),
		s.overviewRoutes(),
		s.paymentRoutes(),
		s.terminalRoutes(),
		s.directoryRoutes(),
		s.reportRoutes(),
		s.inquiryRoutes(),
		s.bulkInquiryRoutes(),
		s.inquiryHistoryRoutes(),
		s.userRoutes(),
		s.roleRoutes(),
		s.connectionRoutes(),
		s.auditRoutes(),
		s.jobRoutes(),
		s.inquirySettingRoutes(),
	)
}

// entranceRoutes are the few doors that stand open, and the steps of signing in behind them.
func (s *Server) entranceRoutes() []Route {
	return []Route{
		{Method: "GET", Pattern: "/healthz", Public: true, handle: s.healthz},
		{Method: "GET", Pattern: "/readyz", Public: true, handle: s.readyz},
		{Method: "POST", Pattern: cspReportPath, Public: true, Quiet: true, handle: s.cspReport},
		{Method: "GET", Pattern: "/sign-in", Public: true, handle: s.signInPage},
		{Method: "POST", Pattern: "/sign-in", Public: true, handle: s.signIn},
		{Method: "GET", Pattern: "/setup/{token}", Public: true, handle: s.setupPage},
		{Method: "POST", Pattern: "/setup/{token}", Public: true, handle: s.setup},
		{Method: "POST", Pattern: "/account/preferences", Public: true, handle: s.savePreferences},
		{Method: "GET", Pattern: "/sign-in/code", Permission: access.SignedIn, Stage: true, handle: s.codePage},
		{Method: "POST", Pattern: "/sign-in/code", Permission: access.SignedIn, Stage: true, handle: s.code},
		{Method: "POST", Pattern: "/sign-out", Permission: access.SignedIn, Stage: true, handle: s.signOut},
	}
}

// accountRoutes are what every user may do with their own account.
func (s *Server) accountRoutes() []Route {
	return []Route{
		{Method: "GET", Pattern: "/palette", Permission: access.SignedIn, Quiet: true, handle: s.palette},
		{Method: "POST", Pattern: "/account/session", Permission: access.SignedIn, handle: s.keepSession},
		{Method: "GET", Pattern: "/account/password", Permission: access.SignedIn, Stage: true, handle: s.passwordPage},
		{Method: "POST", Pattern: "/account/password", Permission: access.SignedIn, Stage: true, handle: s.changePassword},
		{Method: "GET", Pattern: "/account/totp", Permission: access.SignedIn, Stage: true, handle: s.secondFactorPage},
		{Method: "POST", Pattern: "/account/totp", Permission: access.SignedIn, Stage: true, handle: s.confirmSecondFactor},
		{Method: "POST", Pattern: "/account/totp/begin", Permission: access.SignedIn, Stage: true, handle: s.beginSecondFactor},
		{Method: "POST", Pattern: "/account/totp/remove", Permission: access.SignedIn, StepUp: true, handle: s.removeSecondFactor},
		{Method: "POST", Pattern: "/account/recovery-codes", Permission: access.SignedIn, StepUp: true, handle: s.renewRecoveryCodes},
		{Method: "GET", Pattern: "/step-up", Permission: access.SignedIn, handle: s.stepUpPage},
		{Method: "POST", Pattern: "/step-up", Permission: access.SignedIn, handle: s.stepUp},
	}
}
