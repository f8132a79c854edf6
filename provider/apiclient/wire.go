package apiclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"payportal/internal/connection"
)

// wire is the guarded way to one base URL: concurrency cap, breaker, network, bounded body, record. It is an
// http.RoundTripper whose answers are fully read and whose errors are *failure.
type wire struct {
	name, api string
	next      http.RoundTripper
	transport *http.Transport
	maxBody   int64
	guards    failsafe.Executor[*http.Response]
	monitor   *Monitor
	observer  Observer
	log       *slog.Logger
}

//nolint:bodyclose // the responses here are type parameters
func newWire(cfg Config, base *url.URL) *wire {
	l := cfg.Limits
	dialer := &net.Dialer{Timeout: l.Dial, KeepAlive: 30 * time.Second}
	if base.Scheme == "http" {
		dialer.Control = onlyLoopback // "localhost" is whatever the resolver says
	}
	transport := &http.Transport{
		Proxy:                  nil, // a proxy from the environment would see plain-http calls and every host name
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:    l.Dial,
		ResponseHeaderTimeout:  l.Header,
		MaxResponseHeaderBytes: 64 << 10,
		MaxConnsPerHost:        l.Concurrency,
		MaxIdleConnsPerHost:    l.Concurrency,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
	}
	w := &wire{
		name: cfg.Connection, api: cfg.API, next: transport, transport: transport, maxBody: l.Body,
		monitor: cfg.Monitor, observer: cfg.Observer, log: cfg.Log,
	}
	if cfg.Wrap != nil {
		w.next = cfg.Wrap(transport)
	}
	queue := bulkhead.NewBuilder[*http.Response](uint(l.Concurrency)).WithMaxWaitTime(l.Call).Build()
	breaker := circuitbreaker.NewBuilder[*http.Response]().
		HandleIf(atFault).
		WithFailureThresholdRatio(6, 10).
		WithSuccessThreshold(1).
		WithDelay(l.Rest).
		WithJitterFactor(0.2).
		Build()
	w.guards = failsafe.With[*http.Response](queue, breaker)
	return w
}

// atFault reports whether the provider failed, as the breaker counts: a refusal is an answer, and a caller who went away
// proves nothing.
func atFault(resp *http.Response, err error) bool {
	if err != nil {
		return !errors.Is(err, context.Canceled)
	}
	return resp.StatusCode >= 500
}

// RoundTrip sends one request once.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.guards.WithContext(req.Context()).Get(func() (*http.Response, error) { return w.once(req) })
	if err == nil {
		return resp, nil
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return nil, f
	}
	return nil, &failure{word: wordOf(err), cause: err} // a guard: the request was not sent
}

func (w *wire) once(req *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	start := time.Now()
	resp, err := w.next.RoundTrip(req.WithContext(traced))
	if err != nil {
		f := &failure{word: wordOf(err), sent: connected.Load(), cause: err}
		f.retry = f.word != "cancelled" && f.word != "tls"
		w.record(req, start, connection.Call{Failure: f.word}, http.Header{})
		return nil, f
	}
	body, f := w.read(req, resp)
	call := connection.Call{Status: resp.StatusCode, Size: int64(len(body))}
	if f != nil {
		call.Failure = f.word
	}
	w.record(req, start, call, resp.Header)
	if f != nil {
		return nil, f
	}
	resp.Body = &readBody{Reader: bytes.NewReader(body), all: body}
	return resp, nil
}

// read takes the whole body within its bound and checks that a success is of the wanted type: a captive portal or a proxy
// answers 200 with HTML.
func (w *wire) read(req *http.Request, resp *http.Response) ([]byte, *failure) {
	defer func() { _ = resp.Body.Close() }() // nothing is written: closing cannot lose anything
	if resp.ContentLength > w.maxBody {
		return nil, &failure{word: "too_large", sent: true, cause: fmt.Errorf("answer of %d bytes", resp.ContentLength)}
	}
	var buffer bytes.Buffer
	if resp.ContentLength > 0 {
		buffer.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	if _, err := buffer.ReadFrom(io.LimitReader(resp.Body, w.maxBody+1)); err != nil {
		f := &failure{word: wordOf(err), sent: true, cause: err}
		f.retry = f.word != "cancelled"
		return nil, f
	}
	if int64(buffer.Len()) > w.maxBody {
		return nil, &failure{word: "too_large", sent: true, cause: fmt.Errorf("answer of more than %d bytes", w.maxBody)}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 || resp.StatusCode == http.StatusNoContent {
		return buffer.Bytes(), nil
	}
	want := wantedBy(req.Context()).accept
	if got := resp.Header.Get("Content-Type"); !sameType(got, want) {
		return nil, &failure{word: "wrong_type", sent: true, cause: fmt.Errorf("content type %.60q, want %s", got, want)}
	}
	return buffer.Bytes(), nil
}

func sameType(got, want string) bool {
	media, _, err := mime.ParseMediaType(got)
	return err == nil && (media == want || (want == "application/json" && strings.HasSuffix(media, "+json")))
}

// record tells monitor, observer and log of a call, with the pattern in place of the path.
func (w *wire) record(req *http.Request, start time.Time, call connection.Call, header http.Header) {
	end := time.Now()
	call.At, call.API, call.Method, call.Pattern = end.UTC(), w.api, req.Method, wantedBy(req.Context()).pattern
	call.Duration = end.Sub(start)
	w.monitor.record(call, clockDifference(header, start, end))
	if w.observer != nil {
		w.observer.Called(w.name, call)
	}
	w.log.LogAttrs(req.Context(), slog.LevelDebug, "provider call",
		slog.String("connection", w.name), slog.String("api", call.API), slog.String("method", call.Method),
		slog.String("pattern", call.Pattern), slog.Int("status", call.Status), slog.String("failure", call.Failure),
		slog.Duration("took", call.Duration), slog.Int64("size", call.Size))
}

// clockDifference is the provider's clock minus ours. The header has whole seconds, cut off: on average half a second is
// missing.
func clockDifference(header http.Header, start, end time.Time) *time.Duration {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return nil
	}
	difference := date.Add(time.Second / 2).Sub(start.Add(end.Sub(start) / 2))
	return &difference
}

// readBody is an answer's body that has been read: Do takes it whole, oauth2 reads it again.
type readBody struct {
	*bytes.Reader
	all []byte
}

func (*readBody) Close() error { return nil }

func bodyOf(resp *http.Response) []byte {
	if b, ok := resp.Body.(*readBody); ok {
		return b.all
	}
	return nil
}

// wanted is what the wire must know of a request besides the request.
type wanted struct{ pattern, accept string }

type wantedKey struct{}

func withWanted(ctx context.Context, w wanted) context.Context {
	return context.WithValue(ctx, wantedKey{}, w)
}

// wantedBy defaults to what requests of HTTPClient want: JSON. Their paths are constants without ids.
func wantedBy(ctx context.Context) wanted {
	if w, ok := ctx.Value(wantedKey{}).(wanted); ok {
		return w
	}
	return wanted{pattern: "token", accept: "application/json"}
}

// onlyLoopback refuses, after name resolution, to connect anywhere else.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("plain http to %s, which is not a loopback address", address)
	}
	return nil
}
