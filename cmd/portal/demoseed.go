package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/provider/sandbox/toman"
)

const (
	// demoConnection is the connection to the sandbox.
	demoConnection = "toman-sandbox"
	// demoInquiries is the connection for inquiries of a demo whose connection is from before there were any.
	demoInquiries = "toman-sandbox-inquiry"
	// demoConcurrency is enough for the files of thousands of lines that a demo should show.
	demoConcurrency = 32
)

// seedConnection adds the connection to the sandbox and takes the first copies through it, as staff and jobs would:
// nothing is written that did not come over the wire.
func (a *app) seedConnection(ctx context.Context, by access.By, providers *toman.Toman) error {
	_, err := a.connections.Named(ctx, demoConnection)
	if err == nil || !errs.Is(err, errs.NotFound) {
		return err
	}
	definition := demoDefinition(demoConnection, map[string]string{
		connection.Auth: providers.AuthURL, connection.PSPReporting: providers.PSPReportingURL, connection.Inquiry: providers.InquiryURL,
	})
	definition.Settings.DownloadHosts = []string{strings.TrimPrefix(providers.ObjectStorageURL, "http://")}
	added, err := a.connections.Add(ctx, by.Actor, definition)
	if err != nil {
		return err
	}
	if err := a.directory.Refresh(ctx, added.ID); err != nil {
		return err
	}
	if _, _, err := a.reports.Poll(ctx, added.ID); err != nil {
		return err
	}
	var uuids []string
	for _, t := range providers.PSPReporting.Terminals() {
		uuids = append(uuids, t.UUID)
	}
	_, err = a.terminals.Import(ctx, by.Actor, added.ID, strings.Join(uuids, "\n"))
	return err
}

// seedInquiries adds what a demo from before inquiries lacks. The addresses of a connection never change, since credentials
// go there; so inquiries get a connection of their own.
func (a *app) seedInquiries(ctx context.Context, by access.By, providers *toman.Toman) error {
	all, err := a.connections.List(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(c connection.Connection) bool { return c.Has(connection.Inquiry) }) {
		return nil
	}
	a.log.WarnContext(ctx, "this demo is from before inquiries, which get a connection of their own", slog.String("connection", demoInquiries))
	_, err = a.connections.Add(ctx, by.Actor, demoDefinition(demoInquiries, map[string]string{
		connection.Auth: providers.AuthURL, connection.Inquiry: providers.InquiryURL,
	}))
	return err
}

// demoDefinition is a connection to the sandbox with these addresses.
func demoDefinition(name string, addresses map[string]string) connection.Definition {
	return connection.Definition{
		Name: name, Provider: connection.Toman, Environment: connection.Sandbox, BaseURLs: addresses,
		Settings: connection.Settings{ClientAuth: connection.Basic, Concurrency: demoConcurrency},
		Credentials: connection.Credentials{
			"username": seal.NewSecret(toman.Username), "password": seal.NewSecret(toman.Password),
			"client_id": seal.NewSecret(toman.ClientID), "client_secret": seal.NewSecret(toman.ClientSecret),
		},
	}
}

// entryOf is the audit entry of an act of the demo's own set-up.
func entryOf(by access.By, act string, u access.User) audit.Entry {
	return audit.Entry{Actor: by.Actor, Act: act, Object: fmt.Sprintf("user:%d", u.ID), Outcome: audit.OK}
}
