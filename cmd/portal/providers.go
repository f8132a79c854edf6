package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/inquiry"
	"payportal/internal/psp"
	"payportal/provider/apiclient"
	tomaninquiry "payportal/provider/inquiry"
	"payportal/provider/pspreporting"
	"payportal/provider/tomanauth"
)

// tomanClients are the live clients of one Toman connection: one token for all its APIs.
type tomanClients struct {
	monitor *apiclient.Monitor
	auth    *apiclient.Client
	tokens  *tomanauth.Source
	// reporting and reportingAPI are nil for a connection without PSP reporting.
	reporting    *pspreporting.Client
	reportingAPI *apiclient.Client
	// inquiry and inquiryAPI are nil for a connection without inquiries.
	inquiry    *tomaninquiry.Client
	inquiryAPI *apiclient.Client
}

var _ connection.Live = (*tomanClients)(nil)

// clientBuilder builds live clients of connections. It is the only place that chooses an adapter.
type clientBuilder struct {
	log      *slog.Logger
	observer apiclient.Observer
	traced   bool
}

// build makes the clients of a connection without calling anybody.
func (b clientBuilder) build(c connection.Connection, secrets connection.Credentials) (*tomanClients, error) {
	if c.Provider != connection.Toman {
		return nil, errs.New(errs.Unavailable, "build clients", connection.NoAdapter, nil)
	}
	t := &tomanClients{monitor: apiclient.NewMonitor()}
	var err error
	if t.auth, err = b.client(c, connection.Auth, t.monitor, nil); err != nil {
		return nil, err
	}
	t.tokens = tomanauth.New(tomanauth.Config{
		Client: t.auth, Connection: c.Name, InBody: c.Settings.ClientAuth == connection.Body, Scopes: c.Settings.Scopes,
		Username: secrets["username"], Password: secrets["password"],
		ClientID: secrets["client_id"], ClientSecret: secrets["client_secret"],
	})
	if c.Has(connection.PSPReporting) {
		if t.reportingAPI, err = b.client(c, connection.PSPReporting, t.monitor, t.tokens); err != nil {
			return nil, err
		}
		t.reporting = pspreporting.New(t.reportingAPI, apiclient.NewEgress(apiclient.EgressConfig{
			Connection: c.Name, Hosts: c.Settings.DownloadHosts, Loopback: c.Loopback(), Types: pspreporting.FileTypes,
		}))
	}
	if c.Has(connection.Inquiry) {
		if t.inquiryAPI, err = b.client(c, connection.Inquiry, t.monitor, t.tokens); err != nil {
			return nil, err
		}
		t.inquiry = tomaninquiry.New(t.inquiryAPI)
	}
	return t, nil
}

func (b clientBuilder) client(c connection.Connection, api string, m *apiclient.Monitor, auth apiclient.Authorizer) (*apiclient.Client, error) {
	cfg := apiclient.Config{
		Connection: c.Name, API: api, BaseURL: c.BaseURLs[api], Authorizer: auth, Monitor: m,
		Limits: apiclient.Limits{Concurrency: c.Settings.Concurrency}, Observer: b.observer, Log: b.log,
	}
	if b.traced {
		cfg.Wrap = func(next http.RoundTripper) http.RoundTripper { return otelhttp.NewTransport(next) }
	}
	return apiclient.New(cfg)
}

// Checks are the steps of a connection test: the way to each address, the client, the user, each scope, a harmless read
// where there is one.
func (t *tomanClients) Checks() []connection.Check {
	checks := t.tokens.Checks()
	if t.reporting != nil {
		checks = slices.Concat(checks, t.reporting.Checks())
	}
	if t.inquiry != nil {
		checks = slices.Concat(checks, t.inquiry.Checks())
	}
	return checks
}

// Health is of all clients together.
func (t *tomanClients) Health() connection.Health { return t.monitor.Health() }

// Calls are the last calls of all clients.
func (t *tomanClients) Calls() []connection.Call { return t.monitor.Calls() }

// Close lets go of idle connections.
func (t *tomanClients) Close() {
	for _, api := range []*apiclient.Client{t.auth, t.reportingAPI, t.inquiryAPI} {
		if api != nil {
			api.Close()
		}
	}
}

// pool is what the use-cases of all features reach their providers through.
type pool struct {
	*connection.Pool[*tomanClients]
}

var (
	_ psp.Providers     = pool{}
	_ inquiry.Providers = pool{}
)

// The causes when a connection has not the API that is looked for.
var (
	errNoReporting = errors.New("the connection has no base URL for PSP reporting")
	errNoInquiry   = errors.New("the connection has no base URL for inquiries")
)

// PSPReporting finds the live PSP reporting API of a connection.
func (p pool) PSPReporting(ctx context.Context, connectionID int64) (psp.Provider, error) {
	clients, err := p.Get(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	if clients.reporting == nil {
		return nil, errs.New(errs.NotFound, "find PSP reporting", "", errNoReporting)
	}
	return clients.reporting, nil
}

// Inquiry finds the live inquiry API of a connection.
func (p pool) Inquiry(ctx context.Context, connectionID int64) (inquiry.Provider, error) {
	clients, err := p.Get(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	if clients.inquiry == nil {
		return nil, errs.New(errs.NotFound, "find inquiries", "", errNoInquiry)
	}
	return clients.inquiry, nil
}
