// Package web is the staff portal's HTTP surface: the list of routes, the middleware around them, and a handler for each
// page. A handler parses its request into a typed value, asks one use-case, builds a view and renders it. The package
// knows no SQL, no provider and no permission logic beyond the route's line; errors.go alone turns errors into pages.
//
// Only cmd/portal and tests import it.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/klauspost/compress/gzhttp"
	"golang.org/x/time/rate"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/connection"
	"payportal/internal/i18n"
	"payportal/internal/inquiry"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/static"
)

// Config is what the surface is built from.
type Config struct {
	Log    *slog.Logger
	Bundle *i18n.Bundle
	// PublicURL is the address that staff use; its scheme decides about Secure cookies and HSTS.
	PublicURL *url.URL
	// TrustedProxies are believed when they say whom they speak for.
	TrustedProxies []netip.Prefix
	// Language and Zone are those of visitors who have not chosen.
	Language i18n.Lang
	Zone     *time.Location
	// Idle is how long a session lives without a request; pages warn before it ends.
	Idle time.Duration
	// Environment is the mildest kind of provider behind the portal: sandbox, staging or production.
	Environment func(ctx context.Context) string
	// Ready reports why the portal cannot serve, or nil.
	Ready func(ctx context.Context) error
	// Observe notes an answered request, by route pattern.
	Observe func(route string, status int, took time.Duration)
	// Now is the clock.
	Now func() time.Time

	Cookie *scs.SessionManager
	Access *access.UseCases
	UseCases
}

// Server answers the staff portal's requests.
type Server struct {
	Config
	secure            bool
	reportingEndpoint string
	routes            []Route
	nav               []navGroup
	mux               *http.ServeMux
	handler           http.Handler
	// reports limits how many reports of the browser's are logged.
	reports *rate.Limiter
}

// New builds the surface. It panics when a route has no permission.
func New(c Config) *Server {
	s := &Server{Config: c, secure: c.PublicURL.Scheme == "https", reports: rate.NewLimiter(1, 20)}
	s.reportingEndpoint = `csp="` + c.PublicURL.JoinPath("/csp-report").String() + `"`
	s.routes = s.list()
	s.nav = navigation(s.routes)
	s.mux = s.newMux(s.routes)
	s.handler = s.chain(s.mux)
	s.Cookie.ErrorFunc = s.fail // a session that cannot be read or kept: the database
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// chain puts the middleware around the mux, the outermost first in the text.
func (s *Server) chain(mux *http.ServeMux) http.Handler {
	app := http.NewServeMux()
	app.Handle(static.Prefix, static.Handler())
	app.Handle("/", s.sameSite(s.Cookie.LoadAndSave(s.recover(s.pages(mux)))))
	return s.arrive(compressed(record(app)))
}

// pages answers what the mux knows, and makes error pages inside the layout of what it does not.
func (s *Server) pages(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if pattern == "" {
			s.notRouted(w, r, handler)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// compressionLevel takes the time of lower levels for pages, and a tenth less room.
const compressionLevel = 7

// compressed answers gzip to those who take it. Nothing secret that an attacker does not know stands beside what he
// chooses: pages carry a fresh nonce and no token.
func compressed(next http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.CompressionLevel(compressionLevel))
	if err != nil {
		panic("web: " + err.Error()) // constants that the library refuses
	}
	return wrap(next)
}

// UseCases are what the pages ask.
type UseCases struct {
	Payments    *psp.Payments
	Terminals   *psp.Terminals
	Directory   *psp.Directory
	Reports     *psp.Reports
	Views       *psp.Views
	Commands    *command.Service
	Connections *connection.Service
	Audit       audit.Trail
	Jobs        *jobs.Runner
	// Mirror pauses and resumes the copying of payments.
	Mirror *mirror.Mirror
	// ReportingConnections lists the enabled connections that have PSP reporting, in the order in which they are offered.
	ReportingConnections func(ctx context.Context) ([]OfferedConnection, error)
	// InquiryConnections lists the enabled connections that have the inquiry API, in the order in which they are offered.
	InquiryConnections func(ctx context.Context) ([]OfferedConnection, error)
	Inquiries          *inquiry.Desk
	InquiryHistory     *inquiry.History
	BulkInquiries      *inquiry.Bulks
	InquiryRules       *inquiry.Rules
	// MirrorProgress tells how far the copies of the payments are, list by list.
	MirrorProgress func(ctx context.Context) ([]mirror.Progress, error)
	// RefreshPayments asks for new payments of a connection now; asking while one is waiting changes nothing.
	RefreshPayments func(ctx context.Context, connectionID int64) error
	// ConnectionHealth tells how a connection has been doing.
	ConnectionHealth func(ctx context.Context, id int64) (connection.Health, error)
	// RunningJobs lists the background jobs that are under way.
	RunningJobs func(ctx context.Context) ([]jobs.Job, error)
	// RecordAudit writes an act that changes nothing here, such as an export, to the audit trail.
	RecordAudit func(ctx context.Context, e audit.Entry) error
}

// errNoOrigin is the cause of a refused request that does not say where it comes from.
var errNoOrigin = errors.New("neither Sec-Fetch-Site nor Origin on an unsafe request")
