package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"payportal/internal/connection"
	"payportal/web"
)

// offeredTTL is how long the pages' list of connections is kept. A change is seen by everybody within it.
const offeredTTL = time.Second

// offeredCache keeps the enabled connections, which every request asks for.
type offeredCache struct {
	mu    sync.Mutex
	until time.Time
	list  []connection.Connection
}

// offered are the enabled connections by name.
func (a *app) offered(ctx context.Context) ([]connection.Connection, error) {
	a.cache.mu.Lock()
	defer a.cache.mu.Unlock()
	if time.Now().Before(a.cache.until) {
		return a.cache.list, nil
	}
	all, err := a.connections.List(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c connection.Connection) bool { return c.Disabled })
	a.cache.list, a.cache.until = all, time.Now().Add(offeredTTL)
	return all, nil
}

// having gives the enabled connections with an API.
func (a *app) having(api string) func(context.Context) ([]web.OfferedConnection, error) {
	return func(ctx context.Context) ([]web.OfferedConnection, error) {
		all, err := a.offered(ctx)
		var list []web.OfferedConnection
		for _, c := range all {
			if c.Has(api) {
				list = append(list, web.OfferedConnection{ID: c.ID, Name: c.Name, Environment: string(c.Environment), Concurrency: c.Settings.Concurrency})
			}
		}
		return list, err
	}
}

// reportingConnections are those with PSP reporting.
func (a *app) reportingConnections(ctx context.Context) ([]web.OfferedConnection, error) {
	return a.having(connection.PSPReporting)(ctx)
}

// environment is what the ribbon on every page says: sandbox or staging as soon as one connection is that.
func (a *app) environment(ctx context.Context) string {
	list, err := a.offered(ctx)
	if err != nil {
		return "" // the page itself will tell
	}
	found := ""
	for _, c := range list {
		switch c.Environment {
		case connection.Sandbox:
			return string(connection.Sandbox)
		case connection.Staging:
			found = string(connection.Staging)
		}
	}
	return found
}
