package apiclient

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
)

// TestTransportsTakeNothingFromTheEnvironment looks at the transports themselves: net/http never uses a proxy for
// loopback, so that no request of a test could show one.
func TestTransportsTakeNothingFromTheEnvironment(t *testing.T) {
	client, err := New(Config{API: "auth", BaseURL: "https://provider.example"})
	if err != nil {
		t.Fatal(err)
	}
	egress := NewEgress(EgressConfig{}).client
	for name, transport := range map[string]http.RoundTripper{"wire": client.wire.transport, "egress": egress.Transport} {
		tr := transport.(*http.Transport)
		if tr.Proxy != nil {
			t.Errorf("%s has a proxy, want none", name)
		}
		if tr.TLSClientConfig.MinVersion < tls.VersionTLS12 || tr.TLSClientConfig.RootCAs != nil {
			t.Errorf("%s: TLS = %+v, want 1.2 or newer with the system's roots", name, tr.TLSClientConfig)
		}
	}
	if egress.Jar != nil || client.HTTPClient().Jar != nil {
		t.Error("a client has a cookie jar, want none")
	}
}

// TestPlainHTTPStaysOnThisMachine dials past the name: "localhost" is whatever the resolver says.
func TestPlainHTTPStaysOnThisMachine(t *testing.T) {
	client, err := New(Config{API: "auth", BaseURL: "http://localhost:9"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.wire.transport.DialContext(t.Context(), "tcp", "192.0.2.1:9")
	if err == nil || !strings.Contains(err.Error(), "not a loopback address") {
		t.Errorf("dial elsewhere: %v, want it refused before a packet leaves", err)
	}
}
