package web_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"payportal/web"
)

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := []struct {
		name   string
		remote string
		xff    []string
		want   string
	}{
		{"direct", "203.0.113.9:4711", nil, "203.0.113.9"},
		{"direct client may not claim another address", "203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9"},
		{"one proxy", "10.0.0.1:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"client's own claim stands left", "10.0.0.1:80", []string{"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:80", []string{"1.2.3.4, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"several headers are one list", "10.0.0.1:80", []string{"1.2.3.4", "198.51.100.1", "10.9.9.9"}, "198.51.100.1"},
		{"all trusted", "10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"no header behind a proxy", "10.0.0.1:80", nil, "10.0.0.1"},
		{"empty header", "10.0.0.1:80", []string{""}, "10.0.0.1"},
		{"junk ends the chain", "10.0.0.1:80", []string{"198.51.100.1, evil, 10.0.0.2"}, "10.0.0.2"},
		{"junk alone", "10.0.0.1:80", []string{"unknown"}, "10.0.0.1"},
		{"hop with a port", "10.0.0.1:80", []string{"198.51.100.1:5555"}, "198.51.100.1"},
		{"IPv6", "[fd00::1]:80", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 in brackets with a port", "[fd00::1]:80", []string{"[2001:db8::7]:99"}, "2001:db8::7"},
		{"IPv6 in brackets", "[fd00::1]:80", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"zone is dropped", "[fe80::1%eth0]:80", nil, "fe80::1"},
		{"mapped is unmapped", "[::ffff:203.0.113.9]:80", nil, "203.0.113.9"},
		{"mapped trusted proxy", "[::ffff:10.0.0.1]:80", []string{"198.51.100.1"}, "198.51.100.1"},
		{"mapped hop", "10.0.0.1:80", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"unreadable connection", "@", []string{"198.51.100.1"}, "invalid IP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{"X-Forwarded-For": tt.xff}}
			if got := web.ClientAddress(r, trusted).String(); got != tt.want {
				t.Errorf("ClientAddress(%s, %q) = %s, want %s", tt.remote, tt.xff, got, tt.want)
			}
		})
	}
}

// FuzzClientAddress holds the promise of T23: whatever the client writes into the header, the answer is the rightmost
// hop, which the trusted proxy appended.
func FuzzClientAddress(f *testing.F) {
	f.Add("1.2.3.4")
	f.Add("10.0.0.1, ::1, 1.2.3.4:80,,")
	f.Add(strings.Repeat("10.0.0.5,", 2000))
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, claimed string) {
		r := &http.Request{RemoteAddr: "10.0.0.1:80", Header: http.Header{"X-Forwarded-For": {claimed + ", 198.51.100.1"}}}
		if got := web.ClientAddress(r, trusted).String(); got != "198.51.100.1" {
			t.Errorf("ClientAddress with claim %q = %s, want the hop that the proxy saw", claimed, got)
		}
	})
}
