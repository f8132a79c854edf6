// Package apiclient is the HTTP core that every provider adapter calls through: one Client for each base URL of a
// connection, and Egress for the presigned links that lead elsewhere. It bounds time, size and concurrency, follows no
// redirect, retries what is safe to retry, says of every failed write whether it can have happened, and keeps health and a
// trace without secrets. It knows no provider, no wire format and no credential: an Authorizer adds those.
//
// Only provider adapters and cmd/portal import it.
package apiclient

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/strictjson"
)

// Authorizer adds a credential to requests that are about to be sent to its connection's own base URL.
type Authorizer interface {
	// Authorize sets the headers of a request, asking for a token first where there is none. Its error reaches the
	// caller unchanged and means that the request was not sent.
	Authorize(ctx context.Context, r *http.Request) error
	// Rejected is told that the provider answered 401 to the request. It forgets the credential that was in it, and
	// reports whether another attempt may fare better.
	Rejected(r *http.Request) bool
}

// Observer is told of every call, for metrics.
type Observer interface {
	Called(connection string, call connection.Call)
}

// Limits bound what a client asks of a provider and what it takes from it. A zero field takes its default.
type Limits struct {
	// Call is the time for one Do, retries included (30 s).
	Call time.Duration
	// Dial is the time to connect, and again for the TLS handshake (5 s).
	Dial time.Duration
	// Header is the time to wait for the answer's header (20 s).
	Header time.Duration
	// Body is the size of an answer in bytes, after decompression (4 MiB).
	Body int64
	// Concurrency is how many calls run at a time; others wait within Call (8).
	Concurrency int
	// Attempts is how often a safe call is tried (3).
	Attempts int
	// Backoff is the pause before the second attempt; it doubles and has jitter (200 ms).
	Backoff time.Duration
	// RetryAfter is the longest pause that a provider may ask for before another attempt; when it asks for more, the
	// call fails with RateLimited at once (5 s).
	RetryAfter time.Duration
	// Rest is how long the breaker lets no call through after six failures among ten calls (5 s).
	Rest time.Duration
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.Call, 30*time.Second)
	orDefault(&l.Dial, 5*time.Second)
	orDefault(&l.Header, 20*time.Second)
	orDefault(&l.Body, 4<<20)
	orDefault(&l.Concurrency, 8)
	orDefault(&l.Attempts, 3)
	orDefault(&l.Backoff, 200*time.Millisecond)
	orDefault(&l.RetryAfter, 5*time.Second)
	orDefault(&l.Rest, 5*time.Second)
	return l
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Config describes one base URL of a connection.
type Config struct {
	// Connection is the connection's name and API the key of the base URL, for errors, logs, trace and metrics.
	Connection, API string
	// BaseURL is where paths are appended; its own path is kept. Plain http is refused except for loopback.
	BaseURL string
	// Authorizer may be nil, for calls without a credential.
	Authorizer Authorizer
	// Monitor is shared by all clients of a connection; nil for one of its own.
	Monitor *Monitor
	Limits  Limits
	// RootCAs replaces the system's roots, for tests and private authorities.
	RootCAs *x509.CertPool
	// Wrap may lay a transport around the network, for traces (otelhttp.NewTransport).
	Wrap func(http.RoundTripper) http.RoundTripper
	// Observer may be nil.
	Observer Observer
	// Log may be nil, for slog.Default.
	Log *slog.Logger
}

// Client calls one base URL of a connection. It is safe for concurrent use.
type Client struct {
	name       string
	api        string
	base       *url.URL
	prefix     string
	authorizer Authorizer
	limits     Limits
	wire       *wire
	retry      failsafe.Executor[*Answer]
}

// New makes a client. It fails with errs.Invalid for a base URL that connection.CheckBaseURL refuses.
func New(cfg Config) (*Client, error) {
	if problem := connection.CheckBaseURL(cfg.BaseURL); problem != "" {
		return nil, errs.InvalidField("make client", "base_urls."+cfg.API, problem)
	}
	base, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	cfg.Limits = cfg.Limits.withDefaults()
	if cfg.Monitor == nil {
		cfg.Monitor = NewMonitor()
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Client{
		name: cfg.Connection, api: cfg.API, base: base,
		prefix:     base.Scheme + "://" + base.Host + strings.TrimSuffix(base.EscapedPath(), "/"),
		authorizer: cfg.Authorizer,
		limits:     cfg.Limits,
		wire:       newWire(cfg, base),
		retry:      failsafe.With(retries(cfg.Limits)),
	}, nil
}

// retries is the policy for safe calls: a growing pause with jitter, or the one that the provider asks for.
func retries(l Limits) retrypolicy.RetryPolicy[*Answer] {
	return retrypolicy.NewBuilder[*Answer]().
		HandleIf(func(_ *Answer, err error) bool {
			f, ok := errors.AsType[*failure](err)
			return ok && f.retry && f.after <= l.RetryAfter
		}).
		WithMaxAttempts(l.Attempts).
		WithBackoff(l.Backoff, 8*l.Backoff).
		WithJitterFactor(0.5).
		WithDelayFunc(func(exec failsafe.ExecutionAttempt[*Answer]) time.Duration {
			if f, ok := errors.AsType[*failure](exec.LastError()); ok && f.after > 0 {
				return f.after * 3 / 2 // the jitter takes half away at most: never sooner than asked
			}
			return -1 // the back-off
		}).
		ReturnLastFailure().
		Build()
}

// Close lets go of idle connections. Calls that are under way finish.
func (c *Client) Close() { c.wire.transport.CloseIdleConnections() }

// Call is one request.
type Call struct {
	// Op names what is attempted, for errors: "list reports".
	Op     string
	Method string
	// Pattern is the path below the base URL with a placeholder for each of Args: "/terminals/{uuid}". The trace and
	// the logs hold it in place of the path. A slash at its end is sent exactly so.
	Pattern string
	Args    []string
	Query   url.Values
	// Body is sent as JSON; nil for none.
	Body any
	// Accept is the media type that the answer must have; empty for application/json.
	Accept string
	// Scope is the OAuth scope that the call needs, for the text of a refusal.
	Scope string
	// RepeatRefused says of a call that is not safe that a 401 surely did nothing, so that it is repeated once with a new
	// credential, as a safe one is. Nothing else about it is repeated.
	RepeatRefused bool
}

// safe reports whether the call may be sent twice.
func (c Call) safe() bool { return c.Method == http.MethodGet || c.Method == http.MethodHead }

// Answer is a provider's successful answer, fully read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decode reads the answer as JSON by the rules of strictjson.
func (a *Answer) Decode(v any) error { return strictjson.Unmarshal(a.Body, v) }

// Do sends a call and reads its answer. A GET is retried when that may help. Its errors are errs.Error:
//
//   - Unavailable: a read failed, or a write surely was not sent (no connection, no token, breaker open, queue full);
//   - Indeterminate: a write may have happened; never retried here;
//   - Declined with the status as Code, NotFound, Forbidden (token or scope), RateLimited: the provider refused and did
//     nothing. The cause is a *StatusError with the answer's body, for the adapter to read.
func (c *Client) Do(ctx context.Context, call Call) (*Answer, error) {
	target, body, err := c.prepare(call)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.limits.Call)
	defer cancel()
	if !call.safe() {
		return c.attempt(ctx, call, target, body)
	}
	answer, err := c.retry.WithContext(ctx).Get(func() (*Answer, error) {
		return c.attempt(ctx, call, target, body)
	})
	if _, known := errors.AsType[*errs.Error](err); err != nil && !known { // the time ran out in a pause between attempts
		return nil, c.failed(call, &failure{word: wordOf(err), cause: err})
	}
	return answer, err
}

// attempt sends a call, and once more after a 401 when there is a new credential and the call may be repeated then.
func (c *Client) attempt(ctx context.Context, call Call, target string, body []byte) (*Answer, error) {
	for repeated := false; ; repeated = true {
		req, err := c.request(ctx, call, target, body)
		if err != nil {
			return nil, err
		}
		answer, err := c.send(req, call)
		refused, ok := errors.AsType[*StatusError](err)
		if !ok || refused.Status != http.StatusUnauthorized || c.authorizer == nil || !c.authorizer.Rejected(req) {
			return answer, err
		}
		if !call.safe() && !call.RepeatRefused {
			return nil, &errs.Error{
				Kind: errs.Unavailable, Op: call.Op, Msg: "provider.token_expired", Args: c.args(call), Err: refused,
			}
		}
		if repeated {
			return nil, err
		}
	}
}

// request builds one attempt's request and has it authorized.
func (c *Client) request(ctx context.Context, call Call, target string, body []byte) (*http.Request, error) {
	accept := call.Accept
	orDefault(&accept, "application/json")
	req, err := http.NewRequestWithContext(withWanted(ctx, wanted{pattern: call.Pattern, accept: accept}),
		call.Method, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call.Op, err)
	}
	if body == nil {
		req.Body, req.GetBody = http.NoBody, nil
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("User-Agent", "payportal")
	if c.authorizer != nil {
		if err := c.authorizer.Authorize(ctx, req); err != nil {
			return nil, fmt.Errorf("%s: %w", call.Op, err)
		}
	}
	return req, nil
}

func (c *Client) send(req *http.Request, call Call) (*Answer, error) {
	resp, err := c.wire.RoundTrip(req) //nolint:bodyclose // the wire has read the body into memory
	if err != nil {
		f, ok := errors.AsType[*failure](err)
		if !ok {
			f = &failure{word: wordOf(err), cause: err, sent: true}
		}
		return nil, c.failed(call, f)
	}
	answer := &Answer{Status: resp.StatusCode, Header: resp.Header, Body: bodyOf(resp)}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return answer, nil
	}
	return nil, c.refused(call, answer)
}

// prepare makes the address and the body, the same for all attempts.
func (c *Client) prepare(call Call) (target string, body []byte, err error) {
	path, err := fill(call.Pattern, call.Args)
	if err != nil {
		return "", nil, errs.New(errs.NotFound, call.Op, "provider.bad_id", err)
	}
	target = c.prefix + path
	if len(call.Query) > 0 {
		target += "?" + call.Query.Encode()
	}
	if call.Body == nil {
		return target, nil, nil
	}
	if body, err = json.Marshal(call.Body); err != nil {
		return "", nil, fmt.Errorf("%s: %w", call.Op, err)
	}
	return target, body, nil
}

// fill replaces the placeholders of a pattern. An argument stays one segment: a slash in it is escaped, and an empty one
// or dots, which servers and proxies resolve, are refused.
func fill(pattern string, args []string) (string, error) {
	var path strings.Builder
	for _, arg := range args {
		before, rest, _ := strings.Cut(pattern, "{")
		_, after, ok := strings.Cut(rest, "}")
		if !ok {
			return "", errors.New("more arguments than placeholders")
		}
		if strings.Trim(arg, ".") == "" {
			return "", errors.New("path argument is empty or dots")
		}
		path.WriteString(before + url.PathEscape(arg))
		pattern = after
	}
	if strings.Contains(pattern, "{") {
		return "", errors.New("fewer arguments than placeholders")
	}
	return path.String() + pattern, nil
}

// HTTPClient gives a plain client on the same wire (limits, breaker, trace, no redirects, no retries), for libraries that
// bring their own protocol, such as oauth2. Only addresses below the base URL may be asked.
func (c *Client) HTTPClient() *http.Client {
	return &http.Client{
		Transport:     onlyBelow{prefix: c.prefix, next: c.wire},
		Timeout:       c.limits.Call,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// API gives the key of the base URL.
func (c *Client) API() string { return c.api }

// URL gives the address of a path below the base URL.
func (c *Client) URL(path string) string { return c.prefix + path }

type onlyBelow struct {
	prefix string
	next   http.RoundTripper
}

func (o onlyBelow) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(req.URL.String(), o.prefix+"/") {
		return nil, &failure{word: "foreign", cause: errors.New("address outside the base URL")}
	}
	resp, err := o.next.RoundTrip(req)
	if err != nil || resp.StatusCode < 200 || resp.StatusCode > 299 {
		return resp, err
	}
	if err := strictjson.Check(bodyOf(resp)); err != nil { // a token read two ways is two tokens
		return nil, &failure{word: "unreadable", sent: true, cause: err}
	}
	return resp, nil
}
