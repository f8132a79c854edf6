package main

import (
	"context"
	"fmt"
	"strings"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/provider/sandbox/toman"
)

// demoConnection is the connection to the sandbox.
const demoConnection = "toman-sandbox"

// seedConnection adds the connection to the sandbox and takes the first copies through it, as staff and jobs would:
// nothing is written that did not come over the wire.
func (a *app) seedConnection(ctx context.Context, by access.By, providers *toman.Toman) error {
	_, err := a.connections.Named(ctx, demoConnection)
	if err == nil || !errs.Is(err, errs.NotFound) {
		return err
	}
	added, err := a.connections.Add(ctx, by.Actor, connection.Definition{
		Name: demoConnection, Provider: connection.Toman, Environment: connection.Sandbox,
		BaseURLs: map[string]string{connection.Auth: providers.AuthURL, connection.PSPReporting: providers.PSPReportingURL},
		Settings: connection.Settings{
			ClientAuth:    connection.Basic,
			DownloadHosts: []string{strings.TrimPrefix(providers.ObjectStorageURL, "http://")},
		},
		Credentials: connection.Credentials{
			"username": seal.NewSecret(toman.Username), "password": seal.NewSecret(toman.Password),
			"client_id": seal.NewSecret(toman.ClientID), "client_secret": seal.NewSecret(toman.ClientSecret),
		},
	})
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

// entryOf is the audit entry of an act of the demo's own set-up.
func entryOf(by access.By, act string, u access.User) audit.Entry {
	return audit.Entry{Actor: by.Actor, Act: act, Object: fmt.Sprintf("user:%d", u.ID), Outcome: audit.OK}
}
