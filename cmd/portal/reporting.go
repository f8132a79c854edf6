package main

import (
	"context"
	"sync"
	"time"

	"payportal/internal/connection"
	"payportal/web"
)

// reportingTTL is how long the pages' list of connections is kept. A change is seen by everybody within it.
const reportingTTL = time.Second

// reportingCache keeps the list of connections that pages offer, which every request asks for.
type reportingCache struct {
	mu    sync.Mutex
	until time.Time
	list  []web.ReportingConnection
}

// reportingConnections are the enabled connections with PSP reporting, by name.
func (a *app) reportingConnections(ctx context.Context) ([]web.ReportingConnection, error) {
	a.reporting.mu.Lock()
	defer a.reporting.mu.Unlock()
	if time.Now().Before(a.reporting.until) {
		return a.reporting.list, nil
	}
	all, err := a.connections.List(ctx)
	if err != nil {
		return nil, err
	}
	var list []web.ReportingConnection
	for _, c := range all {
		if c.Has(connection.PSPReporting) && !c.Disabled {
			list = append(list, web.ReportingConnection{ID: c.ID, Name: c.Name, Environment: string(c.Environment)})
		}
	}
	a.reporting.list, a.reporting.until = list, time.Now().Add(reportingTTL)
	return list, nil
}

// environment is what the ribbon on every page says: sandbox or staging as soon as one connection is that.
func (a *app) environment(ctx context.Context) string {
	list, err := a.reportingConnections(ctx)
	if err != nil {
		return "" // the page itself will tell
	}
	found := ""
	for _, c := range list {
		switch connection.Environment(c.Environment) {
		case connection.Sandbox:
			return string(connection.Sandbox)
		case connection.Staging:
			found = string(connection.Staging)
		}
	}
	return found
}
