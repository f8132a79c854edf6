package apiclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"payportal/internal/errs"
)

// failure is why a call has no usable answer.
type failure struct {
	// word is the reason for trace, logs and catalogue ("provider.failure.<word>").
	word string
	// sent says that the request may have reached the provider.
	sent bool
	// retry says that another attempt may help; after is the pause that the provider asks for.
	retry bool
	after time.Duration
	cause error
}

func (f *failure) Error() string { return fmt.Sprintf("%s: %v", f.word, f.cause) }
func (f *failure) Unwrap() error { return f.cause }

// StatusError is the cause of every refusal by a provider. Its text holds the status and never the body.
type StatusError struct {
	Status int
	Body   []byte
}

func (e *StatusError) Error() string { return "status " + strconv.Itoa(e.Status) }

// Format keeps the body out of every verb: it can hold personal data.
func (e *StatusError) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.Error())) }

// failed gives the error of a call without a usable answer: for a write that may have arrived, Indeterminate.
func (c *Client) failed(call Call, f *failure) error {
	if f.sent && !call.safe() {
		return &errs.Error{Kind: errs.Indeterminate, Op: call.Op, Msg: "provider.unknown_outcome", Args: c.args(call), Err: f}
	}
	return &errs.Error{Kind: errs.Unavailable, Op: call.Op, Msg: "provider.failure." + f.word, Args: c.args(call), Err: f}
}

// Unreadable gives the error for a 2xx answer that has not the documented form: Unavailable on a read, Indeterminate on a
// write, which did happen or did not.
func (c *Client) Unreadable(call Call, cause error) error {
	return c.failed(call, &failure{word: "unreadable", sent: true, cause: cause})
}

// Declined gives the error for a 2xx answer that says in the provider's own words that it refused. The words must be fit to
// be shown.
func (c *Client) Declined(call Call, words string) error {
	args := c.args(call)
	args["Words"] = words
	return &errs.Error{Kind: errs.Declined, Op: call.Op, Msg: "provider.declined_words", Args: args}
}

// refused gives the error of an answer outside 2xx.
func (c *Client) refused(call Call, answer *Answer) error {
	status := answer.Status
	cause := &StatusError{Status: status, Body: answer.Body}
	refusal := &errs.Error{Op: call.Op, Args: c.args(call), Err: cause}
	switch {
	case status >= 500 || status == http.StatusRequestTimeout:
		return c.failed(call, &failure{word: "status", sent: true, retry: true, after: retryAfter(answer.Header), cause: cause})
	case status < 400: // 1xx cannot come here; a redirect is not followed
		return c.failed(call, &failure{word: "redirect", sent: true, cause: cause})
	case status == http.StatusUnauthorized:
		refusal.Kind, refusal.Msg = errs.Forbidden, "provider.unauthorized"
	case status == http.StatusForbidden:
		refusal.Kind, refusal.Msg = errs.Forbidden, "provider.forbidden"
		if call.Scope != "" {
			refusal.Msg = "provider.forbidden_scope"
		}
	case status == http.StatusNotFound:
		refusal.Kind, refusal.Msg = errs.NotFound, "provider.not_found"
	case status == http.StatusTooManyRequests:
		refusal.Kind, refusal.Msg = errs.RateLimited, "provider.rate_limited"
		refusal.Err = &failure{word: "rate", retry: true, after: retryAfter(answer.Header), cause: cause}
	default:
		refusal.Kind, refusal.Msg, refusal.Code = errs.Declined, "provider.declined", strconv.Itoa(status)
	}
	return refusal
}

// args are the placeholders of every message of this package.
func (c *Client) args(call Call) map[string]any {
	return map[string]any{"Connection": c.name, "API": c.api, "Scope": call.Scope}
}

// retryAfter reads the header in both of its forms; 0 without a sensible one.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// FailureWord gives the reason in an error of HTTPClient's calls, as in the catalogue keys "provider.failure.<word>". An
// answer that came and could not be understood is "unreadable".
func FailureWord(err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.word
	}
	return "unreadable"
}

// wordOf names an error of the network, of TLS or of our own guards.
func wordOf(err error) string {
	_, dns := errors.AsType[*net.DNSError](err)
	_, unknownRoot := errors.AsType[x509.UnknownAuthorityError](err)
	_, wrongHost := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, circuitbreaker.ErrOpen):
		return "resting"
	case errors.Is(err, bulkhead.ErrFull):
		return "busy"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case unknownRoot || wrongHost || invalid || notTLS || verification || alert:
		return "tls"
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		return "timeout"
	case dns:
		return "dns"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	}
	return "broken"
}
