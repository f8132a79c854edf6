package apiclient

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"payportal/internal/connection"
)

// Checks are the first steps of a connection test for this base URL: it is found and listens, and its certificate is
// good. They send no request and no credential.
func (c *Client) Checks() []connection.Check {
	address := connection.Check{Name: connection.StepAddress, API: c.api, Run: c.checkAddress}
	return []connection.Check{
		address,
		{Name: connection.StepTLS, API: c.api, After: []string{address.ID()}, Run: c.checkTLS},
	}
}

func (c *Client) checkAddress(ctx context.Context) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return c.unreached("check address", err)
	}
	return conn.Close()
}

func (c *Client) checkTLS(ctx context.Context) error {
	if c.base.Scheme == "http" {
		return nil // loopback only: nothing is between us and it
	}
	raw, err := c.dial(ctx)
	if err != nil {
		return c.unreached("check TLS", err)
	}
	defer func() { _ = raw.Close() }()
	config := c.wire.transport.TLSClientConfig.Clone()
	config.ServerName = c.base.Hostname()
	ctx, cancel := context.WithTimeout(ctx, c.limits.Dial)
	defer cancel()
	if err := tls.Client(raw, config).HandshakeContext(ctx); err != nil {
		return c.unreached("check TLS", err)
	}
	return nil
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	port := c.base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[c.base.Scheme]
	}
	return c.wire.transport.DialContext(ctx, "tcp", net.JoinHostPort(c.base.Hostname(), port))
}

func (c *Client) unreached(op string, err error) error {
	return c.failed(Call{Op: op, Method: http.MethodGet}, &failure{word: wordOf(err), cause: err})
}
