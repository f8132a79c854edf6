package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"payportal/internal/access"
	"payportal/internal/connection"
	"payportal/web"
)

// TestBadInput is R20 with T30 and T41: every route of the table, in every method, is sent what no form of ours sends. No
// answer is a fault of ours, every page keeps its frame, and what is refused changes nothing.
//
// Paths, fields and parameters are found by walking the portal's own pages, so that a new route is covered by itself.
func TestBadInput(t *testing.T) {
	began, counts := time.Now(), map[int]int{}
	sent, total := 0, rounds(5_000, 60_000)
	for sent < total && !t.Failed() {
		b := openBench(t) // some of what is sent is taken, and leaves less and less to attack
		a := newAttack(t, b, uint64(sent))
		for range min(waveOfInput, total-sent) {
			if a.spoiled {
				break
			}
			counts[a.strike(t, &a.doors[sent%len(a.doors)], sent)/100]++
			sent++
		}
		b.said.checkLog(t)
		b.checkWhole(t)
	}
	t.Logf("%d requests, answers by class %v, in %s", sent, counts, time.Since(began).Round(time.Millisecond))
	if counts[2] == 0 || counts[3] == 0 || counts[4] < counts[2]/4 {
		t.Errorf("answers by class are %v: the attack does not reach what it is meant for", counts)
	}
}

// waveOfInput is how many requests one portal takes before the next is attacked: each way at each route.
const waveOfInput = 1_500

// TestReadingChangesNothing is T9's other half: no GET of any page changes the data. What a page may keep is the copy of
// what the provider said, and the trail of what left the portal.
func TestReadingChangesNothing(t *testing.T) {
	b := openBench(t)
	a := newAttack(t, b, 0)
	before := b.fingerprint(t, ownTraces...)
	for _, d := range a.doors {
		if d.method != http.MethodGet {
			continue
		}
		for _, path := range d.paths {
			for _, who := range []*visitor{a.admin, a.auditor, a.nobody} {
				for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
					if _, err := who.ask(t.Context(), method, path, nil); err != nil {
						t.Errorf("%s %s: %v", method, path, err)
					}
				}
			}
			if changed := before.differ(b.fingerprint(t, ownTraces...)); len(changed) > 0 {
				t.Fatalf("GET %s changed %v", path, changed)
			}
		}
	}
	b.said.checkLog(t)
}

// ownTraces are the tables that keep who came and what was tried: a refused request may write there.
var ownTraces = []string{"sessions", "sign_in_attempts", "audit_entries", "audit_head", "connection_health", "psp_copies"}

// door is a route as the attack knows it.
type door struct {
	web.Route
	method, pattern string
	// paths are addresses that the portal itself offers, or made-up ones.
	paths []string
	// parameters are the names of query parameters, with values seen.
	parameters url.Values
	// form is what a page of the portal posts here, and source the page.
	form   pageForm
	source string
}

// attack is what is known of the portal and who attacks it.
type attack struct {
	b                      *bench
	doors                  []door
	admin, auditor, nobody *visitor
	random                 *rand.Rand
	match                  *http.ServeMux
	// last is the state of the data after the last request that changed it; marked counts the writes until then.
	last   fingerprint
	marked int64
	// settings are those of the connection before; spoiled says that it is gone, or the administrator.
	settings connection.Settings
	spoiled  bool
}

func newAttack(t *testing.T, b *bench, seed uint64) *attack {
	a := &attack{b: b, nobody: b.visitor(), random: rand.New(rand.NewPCG(1, seed)), match: http.NewServeMux()}
	a.admin, a.auditor = b.signedIn(t, "admin"), b.signedIn(t, "auditor")
	for _, route := range b.staff.Routes() {
		a.match.Handle(route.Method+" "+route.Pattern, http.NotFoundHandler())
		a.doors = append(a.doors, door{Route: route, method: route.Method, pattern: route.Pattern, parameters: url.Values{}})
	}
	a.explore(t)
	for i := range a.doors {
		if d := &a.doors[i]; len(d.paths) == 0 {
			d.paths = []string{madeUpPath(d.pattern)}
		}
	}
	a.last, a.marked = b.fingerprint(t, ownTraces...), b.writes(t)
	c, err := b.connections.Named(t.Context(), demoConnection)
	if err != nil {
		t.Fatal(err)
	}
	a.settings = c.Settings
	return a
}

// explorePages bounds the walk, and explorePerRoute how many addresses of one route are kept.
var (
	explorePages    = max(rounds(150, 150), 80)
	explorePerRoute = rounds(3, 3)
)

// explore walks the portal as the administrator and notes the addresses, parameters and forms of every route it meets.
func (a *attack) explore(t *testing.T) {
	queue, met := []string{"/"}, map[string]bool{"/": true}
	for _, d := range a.doors {
		if d.method == http.MethodGet && !strings.Contains(d.pattern, "{") {
			queue = append(queue, d.pattern)
			met[d.pattern] = true
		}
	}
	for pages := 0; len(queue) > 0 && pages < explorePages; pages++ {
		page := queue[0]
		queue = queue[1:]
		answer, err := a.admin.ask(t.Context(), http.MethodGet, page, nil)
		if err != nil {
			t.Fatalf("GET %s: %v", page, err)
		}
		if !answer.isPage() {
			continue
		}
		for _, f := range formsOf(answer.body, page) {
			if d := a.doorOf(f.method, f.action); d != nil {
				d.learnForm(f, page)
			}
		}
		for _, link := range linksOf(answer.body) {
			if d := a.doorOf(http.MethodGet, link); d != nil && d.learnPath(link) && !met[link] {
				met[link] = true
				queue = append(queue, link)
			}
		}
	}
}

// doorOf finds the route that an address of the portal leads to; nil for none.
func (a *attack) doorOf(method, address string) *door {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return nil
	}
	_, pattern := a.match.Handler(&http.Request{Method: method, URL: u, Host: "portal"})
	for i := range a.doors {
		if d := &a.doors[i]; d.method+" "+d.pattern == pattern {
			return d
		}
	}
	return nil
}

// learnPath notes an address, and reports whether it was worth it.
func (d *door) learnPath(address string) bool {
	path, query, _ := strings.Cut(address, "?")
	values, _ := url.ParseQuery(query)
	fresh := d.learnParameters(values)
	if !slices.Contains(d.paths, path) && len(d.paths) < explorePerRoute {
		d.paths = append(d.paths, path)
		fresh = true
	}
	return fresh
}

func (d *door) learnParameters(values url.Values) (fresh bool) {
	for name, v := range values {
		fresh = fresh || !d.parameters.Has(name)
		d.parameters[name] = v
	}
	return fresh
}

func (d *door) learnForm(f pageForm, page string) {
	path, query, _ := strings.Cut(f.action, "?")
	d.learnPath(path)
	if f.method == http.MethodGet {
		d.learnParameters(f.fields)
		return
	}
	values, _ := url.ParseQuery(query)
	d.learnParameters(values)
	if len(f.fields)+len(f.boxes) >= len(d.form.fields) {
		f.fields = f.with(f.boxes)
		d.form, d.source = f, page
	}
}

func linksOf(body string) (links []string) {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return nil
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" {
			links = append(links, strings.Split(attr(n, "href"), "#")[0])
		}
	}
	return links
}

// madeUpPath fills a pattern's wildcards with well-formed values that exist nowhere.
func madeUpPath(pattern string) string {
	for wildcard, value := range map[string]string{
		"{$}": "", "{uuid}": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "{id}": "4711", "{token}": "none", "{name}": "none",
	} {
		pattern = strings.ReplaceAll(pattern, wildcard, value)
	}
	return pattern
}

// hostile are values that no field expects.
var hostile = []string{
	"", " ", "\u200c", "emperor", "null", "[]", `{"a":1}`, "0", "-1", "1.5", "+5", "0x10", "NaN", "1e309", "٠١٢٣", "۱۲۳۴۵۶۷۸۹۰", "１２３",
	"9223372036854775807", "9223372036854775808", "99999999999999999999999999999999", "-9223372036854775808",
	"a\x00b", "a\x1b[31mb\r\nc", "\x7f", "\u0085", "a\u202eb\u2066c\u2069", "\u200f", "\u061c", "\ufeff", "\xff\xfe\xc3\x28", "\xed\xa0\x80",
	"'; DROP TABLE payments;--", "%", "_", `\`, "*", `"`, "a\" OR \"1\"=\"1", "{{.}}", "${7*7}", "=1+1", "＝cmd", "@SUM(1)",
	payload, "javascript:alert(1)", "//evil.example", "https://evil.example/", `/\evil.example`, "/%2f/evil.example", "../../../../etc/passwd",
	"00000000-0000-0000-0000-000000000000", "not-a-uuid", "3FA85F64-5717-4562-B3FC-2C963F66AFA6", "01JFA14K25Z6JM78KNT0000ZFD",
	"1404/13/45", "1404/12/30", "2026-02-30", "0000-00-00", "9999-99-99", "0001-01-01", "2026-01-01T00:00:00+99:99", "99:99",
	"AAAA", "eyJhIjoxfQ", "eyJhIjoxfQ==", "!!!!", base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 40)),
	strings.Repeat("x", 300), strings.Repeat("9", 400), strings.Repeat("😀", 500), strings.Repeat("e\u0301", 700), strings.Repeat("۱", 2000),
	strings.Repeat("\n", 3000), strings.Repeat("a,", 3000), strings.Repeat("x", 70_000),
}

// payload is what must never stand in a page as it is.
const payload = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`

// shot is one request of the attack.
type shot struct {
	what    string
	method  string
	path    string
	query   string
	body    io.Reader
	kind    string
	header  http.Header
	garbled bool // no server could read it: it must be refused wherever there is something to read
}

// ways are the kinds of bad input.
var ways = []func(a *attack, d *door, s *shot){
	(*attack).wrongValue, (*attack).wrongValue, (*attack).wrongValue, (*attack).wrongValues, (*attack).twice, (*attack).garble,
	(*attack).flood, (*attack).wrongPath, (*attack).othersThing, (*attack).wrongType, (*attack).hugeBody, (*attack).wrongHeaders,
	(*attack).wrongMethod, (*attack).moreThanAsked,
}

// strike sends one bad request to a route, judges the answer, and gives its status.
func (a *attack) strike(t *testing.T, d *door, n int) int {
	way := ways[(n/len(a.doors))%len(ways)]
	s := shot{method: d.method, path: a.pick(d.paths), header: http.Header{}}
	a.fill(d, &s, d.parameters, d.form.fields)
	way(a, d, &s)
	who, name := a.admin, "administrator"
	switch a.random.IntN(10) {
	case 0:
		who, name = a.nobody, "nobody"
	case 1:
		who, name = a.auditor, "auditor"
	}
	partial := a.random.IntN(4) == 0
	if partial {
		s.header.Set("HX-Request", "true")
		s.header.Set("HX-Request-Type", "partial")
	}
	answer, err := a.send(t.Context(), who, s)
	label := fmt.Sprintf("#%d %s: %s as %s (htmx %v): %s %s", n, d.pattern, s.what, name, partial, s.method, short(s.path+"?"+s.query))
	if err != nil {
		t.Errorf("%s: %v", label, err)
		return 0
	}
	for _, problem := range judge(answer, partial, s.method) {
		t.Errorf("%s = %d: %s\n%s", label, answer.status, problem, excerpt(answer.body))
	}
	a.watch(t, d, s, answer, label)
	if d.method != http.MethodGet {
		a.comeBack(t)
	}
	return answer.status
}

func short(s string) string {
	return fmt.Sprintf("%.300q", s)
}

// judge says what is wrong with an answer to bad input.
func judge(a reply, partial bool, method string) (problems []string) {
	fault := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if a.status >= 500 {
		fault("a fault of ours")
	}
	if strings.Contains(a.body, "<script>alert(1)") || strings.Contains(a.body, "<img src=x") {
		fault("the input stands in the page as markup")
	}
	for _, name := range []string{"Location", "HX-Redirect"} {
		if to := a.header.Get(name); to != "" && (to[0] != '/' || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
			fault("it leads away, to %q", to)
		}
	}
	if a.header.Get("Content-Security-Policy") == "" || a.header.Get("X-Content-Type-Options") != "nosniff" {
		fault("it lacks the headers of every answer")
	}
	switch {
	case method == http.MethodHead || a.status == http.StatusUnauthorized:
	case a.status < 400 && !a.isPage() || a.status >= 300 && a.status < 400: // a file, a poll without news, a way on
	case !a.isPage():
		fault("it is %q and no page", a.header.Get("Content-Type"))
	case partial:
	case !strings.Contains(a.body, "</html>") || !strings.Contains(a.body, "<main"):
		fault("the page has lost its frame")
	}
	return problems
}

// watch compares the data before and after. What was refused must have changed nothing, and what could not be read must be
// refused.
func (a *attack) watch(t *testing.T, d *door, s shot, answer reply, label string) {
	written := a.b.writes(t)
	if written == a.marked {
		return
	}
	now := a.b.fingerprint(t, ownTraces...)
	changed := a.last.differ(now)
	a.marked, a.last = a.b.writes(t), now
	if len(changed) == 0 {
		return
	}
	switch {
	case answer.status >= 400 && !(slices.Equal(changed, []string{"commands"}) && answer.status == http.StatusUnprocessableEntity):
		t.Errorf("%s = %d, and yet it changed %v", label, answer.status, changed)
	case s.garbled && len(d.form.fields) > 0:
		t.Errorf("%s = %d, and it changed %v though it could not be read", label, answer.status, changed)
	}
	if slices.Contains(changed, "connections") || slices.Contains(changed, "connection_credentials") {
		a.mend(t)
	}
	a.renew(t, d)
}

// mend gives the connection back what the administrator's forms have changed in it, as they may.
func (a *attack) mend(t *testing.T) {
	c, err := a.b.connections.Named(t.Context(), demoConnection)
	if err != nil {
		a.spoiled = true
		return
	}
	by := access.CommandLine("test").Actor
	if c.Disabled {
		if c, err = a.b.connections.Enable(t.Context(), by, c.ID, c.Version); err != nil {
			t.Fatal(err)
		}
	}
	if c, err = a.b.connections.Change(t.Context(), by, c.ID, c.Version, a.settings); err != nil {
		t.Fatal(err)
	}
	if _, _, err = a.b.connections.Rotate(t.Context(), by, c.ID, c.Version, sandboxCredentials(), false); err != nil {
		t.Fatal(err)
	}
	a.last, a.marked = a.b.fingerprint(t, ownTraces...), a.b.writes(t)
}

// renew reads a form anew after an act: its version and key have changed.
func (a *attack) renew(t *testing.T, d *door) {
	if d.source == "" {
		return
	}
	answer, err := a.admin.ask(t.Context(), http.MethodGet, d.source, nil)
	if err != nil {
		t.Fatalf("GET %s: %v", d.source, err)
	}
	for _, f := range formsOf(answer.body, d.source) {
		f.fields = f.with(f.boxes)
		if f.method == http.MethodPost && f.action == d.form.action && len(f.fields) == len(d.form.fields) {
			d.form = f
		}
	}
}

// comeBack signs in again whoever was signed out by what was sent. Both may be shut out for good by what the administrator
// sent.
func (a *attack) comeBack(t *testing.T) {
	for name, v := range map[string]*visitor{"admin": a.admin, "auditor": a.auditor} {
		answer, err := v.ask(t.Context(), http.MethodPost, "/account/session", url.Values{})
		if err != nil {
			t.Fatal(err)
		}
		if answer.status != http.StatusSeeOther || !strings.HasPrefix(answer.header.Get("Location"), "/sign-in") {
			continue
		}
		if err := v.signIn(t.Context(), name); err != nil && v == a.admin {
			a.spoiled = true
		}
		a.last, a.marked = a.b.fingerprint(t, ownTraces...), a.b.writes(t)
	}
}

func (a *attack) send(ctx context.Context, who *visitor, s shot) (reply, error) {
	r, err := who.request(ctx, s.method, "/", s.body)
	if err != nil {
		return reply{}, err
	}
	unescaped, err := url.PathUnescape(s.path)
	if err != nil {
		return reply{}, err
	}
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = unescaped, s.path, s.query
	if s.kind != "" {
		r.Header.Set("Content-Type", s.kind)
	}
	maps.Copy(r.Header, s.header)
	answer, err := who.client.Transport.RoundTrip(withCookies(who, r))
	if err != nil {
		if errors.Is(err, errAborted) {
			err = fmt.Errorf("a handler gave up: %w", err)
		}
		return reply{}, err
	}
	who.client.Jar.SetCookies(r.URL, answer.Cookies())
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(text)}, err
}

// withCookies puts the browser's cookies on a request that its client would refuse to send.
func withCookies(who *visitor, r *http.Request) *http.Request {
	for _, c := range who.client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return r
}

// fill writes parameters and fields as a form would send them.
func (a *attack) fill(d *door, s *shot, parameters, fields url.Values) {
	s.query = parameters.Encode()
	if d.method != http.MethodGet {
		s.body, s.kind = strings.NewReader(fields.Encode()), "application/x-www-form-urlencoded"
	}
}

// common are parameters that lists take.
var common = []string{"q", "sort", "after", "before", "size", "connection", "type", "status", "from", "to", "tab", "return", "list", "lang"}

// spoil changes fields where the route takes fields, and parameters where it does not, or now and then in any case.
func (a *attack) spoil(d *door, s *shot, change func(values url.Values, names []string)) {
	parameters, fields := maps.Clone(d.parameters), maps.Clone(d.form.fields)
	if fields == nil {
		fields = url.Values{}
	}
	if len(fields) > 0 && a.random.IntN(8) > 0 {
		change(fields, slices.Sorted(maps.Keys(fields)))
	} else {
		change(parameters, append(slices.Sorted(maps.Keys(parameters)), a.pick(common)))
	}
	a.fill(d, s, parameters, fields)
}

func (a *attack) pick(from []string) string { return from[a.random.IntN(len(from))] }

func (a *attack) wrongValue(d *door, s *shot) {
	a.spoil(d, s, func(values url.Values, names []string) {
		name, value := a.pick(names), a.pick(hostile)
		values[name] = []string{value}
		s.what = fmt.Sprintf("%s=%.40q", name, value)
	})
}

func (a *attack) wrongValues(d *door, s *shot) {
	s.what = "every value is wrong"
	a.spoil(d, s, func(values url.Values, names []string) {
		for _, name := range names {
			values[name] = []string{a.pick(hostile)}
		}
	})
}

func (a *attack) twice(d *door, s *shot) {
	a.spoil(d, s, func(values url.Values, names []string) {
		name := a.pick(names)
		values[name] = append(slices.Clone(values[name]), a.pick(hostile), a.pick(hostile))
		s.what = name + " several times"
	})
}

// garbled are texts that are no form.
var garbled = []string{"%zz=1", "a=%", "a=%f", "%", "a=1;b=2", "q=%00%zz", "=%c3%28&%"}

func (a *attack) garble(d *door, s *shot) {
	text := a.pick(garbled)
	s.what, s.garbled = fmt.Sprintf("garbled %q", text), true
	if d.method == http.MethodGet {
		s.query = text
		return
	}
	s.body = strings.NewReader(d.form.fields.Encode() + "&" + text)
}

func (a *attack) flood(d *door, s *shot) {
	name := a.pick(append(slices.Sorted(maps.Keys(d.parameters)), common...))
	switch a.random.IntN(4) {
	case 0:
		s.what, s.query = "a query of 200 kB", name+"="+strings.Repeat("a", 200<<10)
	case 1:
		s.what, s.query = "5,000 parameters", strings.Repeat(name+"=1&", 5_000)
	case 2:
		s.what, s.query = "a deep parameter", name+strings.Repeat("[a]", 1_000)+"=1"
	default:
		s.what, s.query = "20,000 names", strings.Repeat("&a", 20_000)
	}
}

func (a *attack) wrongPath(d *door, s *shot) {
	s.what = "a wrong path"
	at := strings.Index(d.pattern, "{")
	if at < 0 {
		s.path += a.pick([]string{"/", "//", "/x", "%2f", "%00", "/..%2f..", ";a=1", "%20"})
		return
	}
	end := strings.Index(d.pattern[at:], "}") + at + 1
	value := a.pick(hostile)
	s.path = d.pattern[:at] + url.PathEscape(value[:min(len(value), 4000)]) + madeUpPath(d.pattern[end:])
}

// othersThing asks a route for something that another route is about.
func (a *attack) othersThing(d *door, s *shot) {
	other := a.doors[a.random.IntN(len(a.doors))]
	s.what = "something of " + other.pattern
	ids := strings.Split(strings.Trim(a.pick(other.paths), "/"), "/")
	id := ids[len(ids)-1]
	if at := strings.Index(d.pattern, "{"); at >= 0 && id != "" {
		end := strings.Index(d.pattern[at:], "}") + at + 1
		s.path = d.pattern[:at] + id + madeUpPath(d.pattern[end:])
		return
	}
	a.spoil(d, s, func(values url.Values, names []string) { values[a.pick(names)] = []string{id} })
}

func (a *attack) wrongType(d *door, s *shot) {
	fields := d.form.fields
	s.garbled = true
	switch a.random.IntN(6) {
	case 0:
		s.what, s.kind, s.body = "a JSON body", "application/json", strings.NewReader(`{"`+strings.Repeat(`a":{"`, 5_000))
	case 1:
		s.what, s.kind, s.body = "a multipart body without an end", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1")
	case 2:
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, values := range fields {
			_ = w.WriteField(name, values[0]) // a buffer takes everything
		}
		s.what, s.kind, s.body = "a multipart body", w.FormDataContentType(), &body
		_ = w.Close()
	case 3:
		s.what, s.kind, s.body = "a body without a type", "", strings.NewReader(fields.Encode())
	case 4:
		s.what, s.kind, s.body = "a type that is none", "application/x-www-form-urlencoded; charset=\"", strings.NewReader(fields.Encode())
	default:
		s.what, s.kind, s.body = "an XML body", "text/xml", strings.NewReader(`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`)
	}
}

// tenMegabytes is the size of a huge body.
const tenMegabytes = 10 << 20

func (a *attack) hugeBody(d *door, s *shot) {
	s.what, s.garbled, s.kind = "a body of 10 MB", true, "application/x-www-form-urlencoded"
	s.body = io.MultiReader(strings.NewReader(d.form.fields.Encode()+"&more="), io.LimitReader(endless{}, tenMegabytes))
}

// endless is a letter without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func (a *attack) wrongHeaders(_ *door, s *shot) {
	name := a.pick([]string{
		"Referer", "Hx-Current-Url", "Hx-Request-Type", "Hx-Target", "Accept-Language", "X-Forwarded-For", "Cookie", "Range", "If-None-Match",
		"Content-Encoding", "User-Agent", "X-Automatic", "Accept-Encoding", "Accept", "Expect", "X-Http-Method-Override", "Traceparent",
	})
	value := a.pick(hostile)
	if a.random.IntN(3) == 0 {
		value = strings.Repeat("a, ", 3_400)
	}
	s.what = fmt.Sprintf("%s: %.40q", name, value)
	s.header.Set(name, value[:min(len(value), 10<<10)])
}

func (a *attack) wrongMethod(_ *door, s *shot) {
	s.method = a.pick([]string{"DELETE", "PUT", "PATCH", "OPTIONS", "HEAD", "TRACE", "CONNECT", "PROPFIND", "get"})
	s.what, s.body = "a wrong method", nil
}

// moreThanAsked adds fields that no form has: names of columns and rights.
func (a *attack) moreThanAsked(d *door, s *shot) {
	s.what = "fields that nobody asked for"
	a.spoil(d, s, func(values url.Values, _ []string) {
		for _, name := range []string{"id", "user_id", "role", "roles", "permissions", "is_admin", "state", "status", "created_at", "connection_id", "__proto__[a]"} {
			if !values.Has(name) {
				values[name] = []string{string(access.Administrator)}
			}
		}
	})
}
