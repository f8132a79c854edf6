// Package toman starts the sandboxes of the Toman APIs together, as one provider: the token endpoint, PSP Reporting, the
// object storage of its reports and Inquiry, each on a listener of its own, with accounts and data of a demo.
// It holds no behaviour; only cmd/portal and tests import it.
package toman

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"payportal/provider/sandbox"
	"payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/tomanauth"
)

// Demo credentials. They open nothing but a sandbox.
const (
	ClientID     = "sandbox-client"
	ClientSecret = "sandbox-client-secret"
	// Username has all scopes, ReaderUsername all but the creation of terminals, NarrowUsername only PSPs.
	Username       = "sandbox"
	ReaderUsername = "sandbox-reader"
	NarrowUsername = "sandbox-narrow"
	Password       = "sandbox-password"
)

// Config is how to start. The zero value starts on free ports with the default data.
type Config struct {
	// Clock is the time of all services; nil for the wall clock.
	Clock *sandbox.Clock
	// Addresses to listen on, "host:port"; empty for a free port on 127.0.0.1. A demo that keeps its database needs
	// fixed ones, because the connection's base URLs are in it.
	AuthAddr, PSPReportingAddr, ObjectStorageAddr, InquiryAddr string
	// Auth directs token lives and lock-out. Its clock, clients and users may be left out for those of the demo.
	Auth tomanauth.Config
	// Seed directs the data; its clock is set here.
	Seed pspreporting.SeedConfig
	// PSPReporting directs the API; engine, authorization and data are set here.
	PSPReporting pspreporting.Config
	// Inquiry directs the API; engine and authorization are set here.
	Inquiry inquiry.Config
	// LivePerMinute is the rate of new payments, 0 for none.
	LivePerMinute int
}

// Toman is the running provider.
type Toman struct {
	// AuthURL, PSPReportingURL and InquiryURL are base URLs as a connection holds them. ObjectStorageURL is where download
	// links point; a connection must allow it. None has a slash at the end, and InquiryURL alone has a path.
	AuthURL, PSPReportingURL, ObjectStorageURL, InquiryURL string
	// Engine takes faults and shows requests and effects. Auth, PSPReporting and Inquiry take orders of their own.
	Engine       *sandbox.Engine
	Auth         *tomanauth.Server
	PSPReporting *pspreporting.Server
	Inquiry      *inquiry.Server
}

// Start starts all services. They end with Close, or when ctx does.
func Start(ctx context.Context, cfg Config) (*Toman, error) {
	t := &Toman{Engine: sandbox.New(cfg.Clock)}
	if err := t.serve(cfg); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	context.AfterFunc(ctx, func() { t.Close() }) //nolint:errcheck // nobody is left to tell
	return t, nil
}

// Close ends all services gracefully.
func (t *Toman) Close() error { return t.Engine.Close() }

func (t *Toman) serve(cfg Config) (err error) {
	t.Auth = tomanauth.New(cfg.auth(t.Engine.Clock()))
	cfg.Seed.Clock = t.Engine.Clock()
	cfg.PSPReporting.Engine = t.Engine
	cfg.PSPReporting.Authorize = t.Auth.Authorize
	cfg.PSPReporting.Data = pspreporting.Seed(cfg.Seed)
	if t.PSPReporting, err = pspreporting.New(cfg.PSPReporting); err != nil {
		return fmt.Errorf("start PSP reporting sandbox: %w", err)
	}
	t.PSPReporting.SetLive(cfg.LivePerMinute)
	if t.ObjectStorageURL, err = t.Engine.Serve(cfg.ObjectStorageAddr, t.PSPReporting.StorageService()); err != nil {
		return err
	}
	t.PSPReporting.SetStorageBase(t.ObjectStorageURL)
	if t.AuthURL, err = t.Engine.Serve(cfg.AuthAddr, t.Auth.Service()); err != nil {
		return err
	}
	if t.PSPReportingURL, err = t.Engine.Serve(cfg.PSPReportingAddr, t.PSPReporting.Service()); err != nil {
		return err
	}
	cfg.Inquiry.Engine = t.Engine
	cfg.Inquiry.Authorize = t.Auth.Authorize
	t.Inquiry = inquiry.New(cfg.Inquiry)
	root, err := t.Engine.Serve(cfg.InquiryAddr, t.Inquiry.Service())
	t.InquiryURL = root + inquiry.BasePath
	return err
}

// auth fills in the accounts of the demo.
func (cfg Config) auth(clock *sandbox.Clock) tomanauth.Config {
	auth := cfg.Auth
	auth.Clock = clock
	if auth.Clients == nil {
		auth.Clients = []tomanauth.Client{{ID: ClientID, Secret: ClientSecret}}
	}
	if auth.Users == nil {
		all := slices.Concat(pspreporting.Scopes(), inquiry.Scopes())
		auth.Users = []tomanauth.User{
			{Username: Username, Password: Password, Scopes: all},
			{Username: ReaderUsername, Password: Password, Scopes: all[1:]},
			{Username: NarrowUsername, Password: Password, Scopes: []string{pspreporting.ScopePSPRead}},
		}
	}
	return auth
}
