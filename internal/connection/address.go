package connection

import (
	"net/netip"
	"net/url"
	"strings"

	"payportal/internal/textin"
)

// maxURL bounds a base URL; the documented ones have 60 characters at most.
const maxURL = 200

// CheckBaseURL gives the catalogue key of what is wrong with a base URL, or "". It must be https, or http to a loopback
// address, and be nothing but a host, perhaps a port, and a path: a token goes to this address and no other.
func CheckBaseURL(s string) string {
	if clean, err := textin.Line(s); s == "" || len(s) > maxURL || err != nil || clean != s || strings.ContainsAny(s, `\ `) {
		return "connection.error_url"
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || strings.HasSuffix(u.Host, ":") {
		return "connection.error_url"
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return "connection.error_url_extra"
	}
	switch {
	case u.Scheme == "https":
		return ""
	case u.Scheme == "http" && loopbackHost(u.Hostname()):
		return ""
	case u.Scheme == "http":
		return "connection.error_url_http"
	}
	return "connection.error_url"
}

// loopbackHost reports whether a host name or address can only be this machine.
func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
