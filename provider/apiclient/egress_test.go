package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"payportal/internal/errs"
	"payportal/provider/apiclient"
)

// canary counts the connections that reach this machine.
func canary(t *testing.T) (address string, connections *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = new(atomic.Int32)
	count(listener, connections)
	return listener.Addr().String(), connections
}

func count(listener net.Listener, connections *atomic.Int32) {
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = conn.Close()
		}
	}()
}

// names is a DNS server on loopback: answers[name] are given in turn, the last one for ever.
func names(t *testing.T, answers map[string][]string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	asked := map[string]int{}
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(resolve(buffer[:n], answers, asked), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func resolve(query []byte, answers map[string][]string, asked map[string]int) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	q := m.Questions[0]
	name := strings.TrimSuffix(q.Name.String(), ".")
	list := answers[name]
	if len(list) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	} else {
		addr := netip.MustParseAddr(list[min(asked[name], len(list)-1)])
		header := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
		switch {
		case q.Type == dnsmessage.TypeA && addr.Is4():
			asked[name]++
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AResource{A: addr.As4()}}}
		case q.Type == dnsmessage.TypeAAAA && addr.Is6():
			asked[name]++
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}}}
		}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// insideAddresses are where no presigned link may lead.
var insideAddresses = []string{
	"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254",
	"169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.254", "198.51.100.7",
	"203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1", "::", "::1", "::ffff:127.0.0.1",
	"::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1",
	"3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "ff05::2",
}

// badLinks is the corpus: every link in it must be refused without one connection. port is the canary's.
func badLinks(port string) []string {
	const listed = "files.example"
	links := []string{
		"", " ", "/", "//" + listed, "//" + listed + "/x", listed, listed + "/x", "https:", "https:/", "https://", "https:///x", "https:" + listed,
		"https:/" + listed, "HTTPS//" + listed, "https//" + listed, "javascript:alert(1)", "data:text/plain,x", "file:///etc/passwd", "file://" + listed + "/x",
		"ftp://" + listed + "/x", "gopher://" + listed + "/x", "dict://" + listed + "/x", "ldap://" + listed, "unix:///run/x", "ws://" + listed, "wss://" + listed,
		"http://" + listed + "/x", "http://" + listed + ":443/x", "http://" + listed + ":80/x",
		"https://" + listed + ":80/x", "https://" + listed + ":8443/x", "https://" + listed + ":/x", "https://" + listed + ":0/x", "https://" + listed + ":0443/x",
		"https://" + listed + ":443443/x", "https://" + listed + ":-443/x", "https://" + listed + ":4 43/x", "https://" + listed + ":" + port + "/x",
		"https://user@" + listed + "/x", "https://user:pass@" + listed + "/x", "https://@" + listed + "/x", "https://:@" + listed + "/x",
		"https://" + listed + "@evil.example/x", "https://" + listed + ":443@evil.example/x", "https://evil.example@" + listed + "/x", "https://evil.example#@" + listed + "/x",
		"https://evil.example?@" + listed + "/x", "https://evil.example/@" + listed, "https://evil.example\\@" + listed + "/x", "https://evil.example%2f@" + listed,
		"https://" + listed + ".evil.example/x", "https://evil" + listed + "/x", "https://evil-" + listed + "/x", "https://a." + listed + "/x", "https://" + listed + "./x",
		"https://" + listed + "../x", "https://." + listed + "/x", "https://FILES.EXAMPLE.evil.example", "https://files_example/x", "https://files.examp1e/x", "https://files.example.com/x",
		"https://files/x", "https://example/x", "https://*.example/x", "https://files%2eexample/x", "https://files%00.example/x", "https://files.example%00.evil.example/x",
		"https://files.example%20/x", "https://files。example/x", "https://ｆiles.example/x", "https://fíles.example/x", "https://xn--fles-vpa.example/x", "https://files.example\u200c/x",
		"https://files.exаmple/x", "https://[files.example]/x", "https://files.example]/x", "https://[files.example/x", "https://" + listed + "\\x", "https:\\\\" + listed + "\\x",
		"https://" + listed + "/x#y", "https://" + listed + "#", "https://" + listed + "/\r\nHost: evil", "https://" + listed + "/\nx", "https://" + listed + "/\tx", "https://" + listed + "/ x",
		" https://" + listed + "/x", "https://" + listed + "/x ", "\thttps://" + listed, "https://\n" + listed, "https://" + listed + "\x00/x", "https://" + listed + "/\x7f", "https://" + listed + "/é",
		"https ://" + listed, "https://" + listed + " /x", "h\u200cttps://" + listed, "://" + listed, ":" + listed, "?" + listed, "#" + listed,
		"https://localhost/x", "https://localhost:" + port, "http://localhost:" + port, "https://localhost.localdomain", "https://ip6-localhost", "http://localtest.me:" + port,
		"https://metadata.google.internal/computeMetadata/v1/", "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/latest/meta-data/", "https://kubernetes.default.svc/",
		"https://2130706433/x", "http://2130706433:" + port, "https://0x7f000001/x", "http://0x7f000001:" + port, "https://017700000001/x", "https://0177.0.0.1/x", "https://127.1/x",
		"http://127.1:" + port, "https://127.0.1/x", "https://0/x", "http://0:" + port, "https://0x7f.1/x", "https://127.0.0.1.nip.io/x", "https://①②⑦.⓪.⓪.①/x", "https://127。0。0。1/x",
		"https://[::]/x", "http://[::]:" + port, "https://[::1%25lo]/x", "https://[fe80::1%25eth0]/x", "https://[0:0:0:0:0:ffff:127.0.0.1]/x", "https://[::ffff:7f00:1]/x", "https://[::1]:443:443/x",
		"blob:https://" + listed + "/x", "view-source:https://" + listed, "feed:https://" + listed, "jar:https://" + listed + "!/", "about:blank", "mailto:a@" + listed, "https+unix://" + listed,
	}
	for _, address := range insideAddresses {
		host := address
		if strings.Contains(address, ":") {
			host = "[" + address + "]"
		}
		links = append(links, "https://"+host+"/x", "http://"+host+":"+port+"/x")
	}
	return links
}

func TestEgressRefusesTheCorpus(t *testing.T) {
	address, connections := canary(t)
	_, port, _ := net.SplitHostPort(address)
	egress := apiclient.NewEgress(apiclient.EgressConfig{
		Connection: "toman-test", Hosts: []string{"files.example"}, Types: []string{"application/octet-stream"},
		Resolver: names(t, map[string][]string{"files.example": {"127.0.0.1"}, "localhost": {"127.0.0.1"}}), Timeout: 5 * time.Second,
	})
	links := badLinks(port)
	if len(links) < 200 {
		t.Fatalf("the corpus has %d links, want at least 200", len(links))
	}
	for _, link := range links {
		_, err := egress.Open(t.Context(), link)
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Declined || e.Msg != "provider.link_host" {
			t.Errorf("Open(%q) = %v, want declined (provider.link_host)", link, err)
		}
	}
	if got := connections.Load(); got != 0 {
		t.Errorf("canary saw %d connections, want 0", got)
	}
}

func TestEgressChecksTheAddressItConnectsTo(t *testing.T) {
	for _, address := range insideAddresses {
		t.Run(address, func(t *testing.T) {
			egress := apiclient.NewEgress(apiclient.EgressConfig{
				Hosts: []string{"files.example"}, Resolver: names(t, map[string][]string{"files.example": {address}}), Timeout: 5 * time.Second,
			})
			_, err := egress.Open(t.Context(), "https://files.example/x")
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Declined {
				t.Errorf("a listed name that is %s: %v, want declined", address, err)
			}
		})
	}
}

func TestEgressSurvivesRebinding(t *testing.T) {
	var connections atomic.Int32
	if listener, err := net.Listen("tcp", "127.0.0.1:443"); err == nil { // else refused all the same, without a witness
		defer func() { _ = listener.Close() }()
		count(listener, &connections)
	}
	resolver := names(t, map[string][]string{"files.example": {"93.184.215.14", "127.0.0.1"}})
	first, err := resolver.LookupNetIP(t.Context(), "ip4", "files.example")
	if err != nil || first[0].String() != "93.184.215.14" {
		t.Fatalf("first lookup = %v, %v; want the public address that a check in advance would have seen", first, err)
	}
	egress := apiclient.NewEgress(apiclient.EgressConfig{Hosts: []string{"files.example"}, Resolver: resolver, Timeout: 5 * time.Second})
	for range 3 {
		if _, err := egress.Open(t.Context(), "https://files.example/x"); !errs.Is(err, errs.Declined) {
			t.Errorf("after rebinding: %v, want declined", err)
		}
	}
	if got := connections.Load(); got != 0 {
		t.Errorf("canary saw %d connections, want 0", got)
	}
}

// loopbackEgress is the egress of a sandbox connection: plain http to its own storage.
func loopbackEgress(t *testing.T, h http.HandlerFunc, change func(*apiclient.EgressConfig)) (*apiclient.Egress, string) {
	t.Helper()
	storage := httptest.NewServer(h)
	t.Cleanup(storage.Close)
	cfg := apiclient.EgressConfig{
		Connection: "toman-test", Hosts: []string{storage.Listener.Addr().String()}, Loopback: true,
		Types: []string{"application/vnd.ms-excel"}, MaxSize: 1000, Timeout: 5 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	return apiclient.NewEgress(cfg), storage.URL + "/bucket/a%20b%3A1.xlsx?X-Amz-Signature=LINKSECRET"
}

func TestEgressStreamsAFileWithoutCredentials(t *testing.T) {
	var got string
	egress, link := loopbackEgress(t, func(w http.ResponseWriter, r *http.Request) {
		got = fmt.Sprintf("%s %s %q %q %q", r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("Referer"))
		w.Header().Set("Content-Type", "application/vnd.ms-excel")
		w.Header().Set("Set-Cookie", "a=b")
		_, _ = io.WriteString(w, "the file")
	}, nil)
	for range 2 {
		file, err := egress.Open(t.Context(), link)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(file.Body)
		if err != nil || string(body) != "the file" || file.Size != 8 || file.Type != "application/vnd.ms-excel" {
			t.Errorf("file = %q, %d bytes, %s, %v; want the file as stored", body, file.Size, file.Type, err)
		}
		if err := file.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	if want := `GET /bucket/a%20b%3A1.xlsx?X-Amz-Signature=LINKSECRET "" "" ""`; got != want {
		t.Errorf("storage received %s, want %s", got, want)
	}
}

func TestEgressFaults(t *testing.T) {
	outside, connections := canary(t)
	excel := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/vnd.ms-excel") }
	tests := []struct {
		name    string
		handler http.HandlerFunc
		kind    errs.Kind
		msg     string
	}{
		{"redirect to the canary", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+outside+"/", http.StatusFound)
		}, errs.Unavailable, "provider.link_failed"},
		{"expired", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, errs.Declined, "provider.link_gone"},
		{"gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, errs.Declined, "provider.link_gone"},
		{"storage down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, errs.Unavailable, "provider.link_failed"},
		{"HTML", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, errs.Unavailable, "provider.failure.wrong_type"},
		{"announced too large", func(w http.ResponseWriter, _ *http.Request) {
			excel(w)
			_, _ = w.Write(make([]byte, 1001))
		}, errs.Unavailable, "provider.failure.too_large"},
		{"reset", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "") }, errs.Unavailable, "provider.link_failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			egress, link := loopbackEgress(t, tt.handler, nil)
			_, err := egress.Open(t.Context(), link)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Kind != tt.kind || e.Msg != tt.msg {
				t.Errorf("error = %v, want %v (%s)", err, tt.kind, tt.msg)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), "LINKSECRET") {
				t.Errorf("error shows the link: %v", err)
			}
		})
	}
	if got := connections.Load(); got != 0 {
		t.Errorf("canary saw %d connections, want 0", got)
	}
}

func TestEgressBoundsAStream(t *testing.T) {
	egress, link := loopbackEgress(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.ms-excel")
		for range 100 {
			_, _ = w.Write(make([]byte, 100))
			_ = http.NewResponseController(w).Flush()
		}
	}, nil)
	file, err := egress.Open(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Body.Close() }()
	if n, err := io.Copy(io.Discard, file.Body); err == nil || n > 1000 {
		t.Errorf("read %d bytes, %v; want an error within 1000", n, err)
	}
}

func TestEgressCutFileIsAnError(t *testing.T) {
	egress, link := loopbackEgress(t, func(w http.ResponseWriter, _ *http.Request) {
		hijack(w, "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-excel\r\nContent-Length: 100\r\n\r\nhalf")
	}, nil)
	file, err := egress.Open(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Body.Close() }()
	if _, err := io.ReadAll(file.Body); err == nil {
		t.Error("a cut file was read without an error")
	}
}

func TestEgressTakesTimeForTheWholeFile(t *testing.T) {
	egress, link := loopbackEgress(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.ms-excel")
		_, _ = io.WriteString(w, "start")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, func(c *apiclient.EgressConfig) { c.Timeout = 100 * time.Millisecond })
	file, err := egress.Open(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Body.Close() }()
	if _, err := io.ReadAll(file.Body); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want deadline exceeded", err)
	}
}

func TestEgressLoopbackOnlyAsListed(t *testing.T) {
	address, connections := canary(t)
	egress, link := loopbackEgress(t, func(http.ResponseWriter, *http.Request) {}, func(c *apiclient.EgressConfig) { c.Loopback = false })
	for _, l := range []string{link, "http://" + address + "/x", "https://" + address + "/x"} {
		if _, err := egress.Open(t.Context(), l); !errs.Is(err, errs.Declined) {
			t.Errorf("connection that is not loopback opened %s: %v", l, err)
		}
	}
	egress, _ = loopbackEgress(t, func(http.ResponseWriter, *http.Request) {}, nil)
	if _, err := egress.Open(t.Context(), "http://"+address+"/x"); !errs.Is(err, errs.Declined) {
		t.Errorf("loopback port that is not listed: %v, want declined", err)
	}
	if got := connections.Load(); got != 0 {
		t.Errorf("canary saw %d connections, want 0", got)
	}
}

func TestLinkPrintsAsPlaceholder(t *testing.T) {
	link := apiclient.Link("https://files.example/LINKSECRET")
	text, _ := link.MarshalText()
	seen := fmt.Sprintf("%v %s %q %#v %+v %s %s", link, link, link, link, struct{ L apiclient.Link }{link}, text, link.LogValue())
	if strings.Contains(seen, "LINKSECRET") {
		t.Errorf("printed %s", seen)
	}
}
