package web

import (
	"crypto/rand"
	"net/http"
)

// staffPolicy is the content security policy of the staff portal around the nonce. Scripts run by nonce only, so that a
// file of our own origin cannot become one; there is no eval and no inline style.
const (
	staffPolicyHead = "default-src 'none'; script-src 'nonce-"
	staffPolicyTail = "'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
		"form-action 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; " +
		"report-to csp; report-uri /csp-report"
)

// downloadPolicy is the policy of files that pass through the portal: nothing in them may act, wherever they are opened.
const downloadPolicy = "sandbox; default-src 'none'; frame-ancestors 'none'"

// permissionsPolicy switches off what the staff portal never needs.
const permissionsPolicy = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), " +
	"bluetooth=(), display-capture=(), clipboard-read=(), publickey-credentials-get=(self), publickey-credentials-create=(self)"

// newNonce makes the script nonce of one response: 130 bits of randomness in base32.
func newNonce() string { return rand.Text() }

// securityHeaders sets what every response of the staff portal carries, errors and files included. A handler that
// streams a file replaces the policy by downloadPolicy; static files replace Cache-Control.
func (s *Server) securityHeaders(h http.Header, nonce string) {
	h.Set("Content-Security-Policy", staffPolicyHead+nonce+staffPolicyTail)
	h.Set("Reporting-Endpoints", s.reportingEndpoint)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissionsPolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "HX-Request, HX-Request-Type, Sec-Fetch-Site, Origin")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}
