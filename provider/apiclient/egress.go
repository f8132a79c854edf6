package apiclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"payportal/internal/errs"
)

// EgressConfig says where presigned links of a connection may lead (T12).
type EgressConfig struct {
	// Connection is the connection's name, for errors.
	Connection string
	// Hosts is the allow-list: exact host names for https on port 443, and "host:port" for loopback.
	Hosts []string
	// Loopback lets http links lead to the loopback "host:port" pairs of Hosts. Only a connection whose own base URLs are
	// loopback has it: a sandbox, whose whole world is this machine.
	Loopback bool
	// Types are the media types that a file may have.
	Types []string
	// MaxSize is the size of a file in bytes (default 256 MiB).
	MaxSize int64
	// Timeout is the time for a whole download (default 10 minutes).
	Timeout time.Duration
	// Resolver may be nil, for the system's.
	Resolver *net.Resolver
	// RootCAs replaces the system's roots.
	RootCAs *x509.CertPool
}

// Egress fetches presigned links: without credential, cookie, proxy or redirect, from listed hosts, and only where the
// name leads to a public address. Links are secrets: no error and no log of it holds more than the host.
type Egress struct {
	cfg    EgressConfig
	client *http.Client
}

// NewEgress makes the egress client of a connection.
func NewEgress(cfg EgressConfig) *Egress {
	orDefault(&cfg.MaxSize, 256<<20)
	orDefault(&cfg.Timeout, 10*time.Minute)
	e := &Egress{cfg: cfg}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: cfg.Resolver, Control: e.checkAddress}
	e.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // the file as it is stored; a bomb stays small
			DisableKeepAlives:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return e
}

// File is a download under way; the caller closes Body. Reading beyond the size bound or the announced length fails.
type File struct {
	Body io.ReadCloser
	// Size is the announced length in bytes, -1 for none.
	Size int64
	// Type is the media type, one of EgressConfig.Types.
	Type string
}

// Open starts the download of a link. Errors: Declined with "provider.link_host" (Args: Host) for a link that leads
// where it must not, and with "provider.link_gone" for one that the storage refuses, as when it has expired; Unavailable
// for all else.
func (e *Egress) Open(ctx context.Context, link string) (*File, error) {
	const op = "open presigned link"
	target, err := e.checkLink(link)
	if err != nil {
		return nil, e.fail(errs.Declined, op, "provider.link_host", hostOf(link), err)
	}
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Timeout)
	resp, err := e.get(ctx, target)
	if err != nil {
		cancel()
		if errors.Is(err, errForbiddenAddress) {
			return nil, e.fail(errs.Declined, op, "provider.link_host", target.Host, err)
		}
		return nil, e.fail(errs.Unavailable, op, "provider.link_failed", target.Host, err)
	}
	file, refusal := e.accept(op, target.Host, resp)
	if refusal != nil {
		cancel()
		_ = resp.Body.Close()
		return nil, refusal
	}
	file.Body = &boundedBody{body: resp.Body, left: e.cfg.MaxSize, cancel: cancel}
	return file, nil
}

// get sends the bare request. An *url.Error would hold the link, so only its cause goes on.
func (e *Egress) get(ctx context.Context, target *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return nil, errors.New("bad link")
	}
	req.Header.Set("User-Agent", "payportal")
	resp, err := e.client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return nil, wrapped.Err
	}
	return resp, err
}

func (e *Egress) accept(op, host string, resp *http.Response) (*File, error) {
	switch status := resp.StatusCode; {
	case status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusGone:
		return nil, e.fail(errs.Declined, op, "provider.link_gone", host, &StatusError{Status: status})
	case status != http.StatusOK:
		return nil, e.fail(errs.Unavailable, op, "provider.link_failed", host, &StatusError{Status: status})
	case resp.ContentLength > e.cfg.MaxSize:
		return nil, e.fail(errs.Unavailable, op, "provider.failure.too_large", host,
			fmt.Errorf("file of %d bytes", resp.ContentLength))
	}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(e.cfg.Types, media) {
		return nil, e.fail(errs.Unavailable, op, "provider.failure.wrong_type", host, fmt.Errorf("content type %.60q", media))
	}
	return &File{Size: resp.ContentLength, Type: media}, nil
}

// checkLink refuses, before any name is resolved, every link that is not plainly one to a listed host.
func (e *Egress) checkLink(link string) (*url.URL, error) {
	for _, c := range []byte(link) {
		if c <= 0x20 || c == '\\' || c >= 0x7f {
			return nil, errors.New("link has characters that no URL has")
		}
	}
	u, err := url.Parse(link)
	if err != nil || u.Opaque != "" || u.User != nil || strings.Contains(link, "#") {
		return nil, errors.New("link is not a plain URL")
	}
	switch {
	case u.Scheme == "https" && (u.Port() == "443" || !strings.Contains(u.Host, ":")):
		if slices.Contains(e.cfg.Hosts, u.Hostname()) {
			return u, nil
		}
	case u.Scheme == "http" && e.cfg.Loopback:
		if slices.Contains(e.cfg.Hosts, u.Host) && u.Port() != "" {
			return u, nil
		}
	}
	return nil, errors.New("link leads to a host, port or scheme that is not allowed")
}

var errForbiddenAddress = errors.New("address is not a public one")

// checkAddress runs after name resolution and before each connection, so that no answer of a resolver, first or later,
// leads inside.
func (e *Egress) checkAddress(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return errForbiddenAddress
	}
	if e.cfg.Loopback && to.Addr().Unmap().IsLoopback() && e.listsPort(to.Port()) {
		return nil
	}
	if to.Port() != 443 || !publicAddress(to.Addr()) {
		return errForbiddenAddress
	}
	return nil
}

// listsPort reports whether a loopback entry of the allow-list has the port.
func (e *Egress) listsPort(port uint16) bool {
	return slices.ContainsFunc(e.cfg.Hosts, func(host string) bool {
		_, p, err := net.SplitHostPort(host)
		return err == nil && p == fmt.Sprint(port)
	})
}

// reserved are the blocks that lead to no public host, besides those that netip has a word for. NAT64 and 6to4 carry an
// IPv4 address inside and are refused whole.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),   // CGNAT
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved and broadcast
	netip.MustParsePrefix("::/96"),           // IPv4-compatible
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"),  // NAT64, local
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("3fff::/20"),       // documentation
	netip.MustParsePrefix("5f00::/16"),       // segment routing
	netip.MustParsePrefix("fec0::/10"),       // site-local
}

func publicAddress(addr netip.Addr) bool {
	if addr.Zone() != "" || addr.Is4In6() {
		return false
	}
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// boundedBody stops a download that is longer than allowed and ends its time when it is closed.
type boundedBody struct {
	body   io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("file is larger than allowed")
	}
	return n, err
}

func (b *boundedBody) Close() error {
	defer b.cancel()
	return b.body.Close()
}

func (e *Egress) fail(kind errs.Kind, op, msg, host string, cause error) error {
	return &errs.Error{
		Kind: kind, Op: op, Msg: msg, Args: map[string]any{"Connection": e.cfg.Connection, "Host": host}, Err: cause,
	}
}

// hostOf gives the part of a refused link that may be shown, so that an administrator can list the host.
func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil || len(u.Host) > 100 {
		return "?"
	}
	return u.Host
}

// Link is a presigned link on its way from an answer to Egress.Open: whoever has it has the file, so it prints as a
// placeholder everywhere.
type Link string

// String gives a placeholder.
func (Link) String() string { return "[link]" }

// GoString gives a placeholder.
func (Link) GoString() string { return "[link]" }

// Format prints a placeholder for every verb.
func (Link) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[link]") }

// LogValue gives a placeholder.
func (Link) LogValue() slog.Value { return slog.StringValue("[link]") }

// MarshalText gives a placeholder.
func (Link) MarshalText() ([]byte, error) { return []byte("[link]"), nil }
