package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// Limits on connections of every surface: a client that dribbles its request, reads slowly or opens thousands of
// connections is shown the door before it costs anybody else anything.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
	maxConnections    = 2048
)

// surface is one listener with its own handler.
type surface struct {
	name     string
	listener net.Listener
	server   *http.Server
}

// listen opens a surface. Its WriteTimeout is set by handlers for each route, since an export may take longer than a page.
func listen(ctx context.Context, name, address string, handler http.Handler, log *slog.Logger) (*surface, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the %s surface: %w", name, err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.With("surface", name).Handler(), slog.LevelDebug),
	}
	return &surface{name: name, listener: netutil.LimitListener(listener, maxConnections), server: server}, nil
}

// address is where the surface really listens, which differs from what was asked for when the port was 0.
func (s *surface) address() string { return s.listener.Addr().String() }

// serve answers until the server is shut down.
func (s *surface) serve() error {
	if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the %s surface: %w", s.name, err)
	}
	return nil
}
