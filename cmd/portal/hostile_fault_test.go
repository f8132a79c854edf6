package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/provider/sandbox"
)

// hostileTexts are what a provider, or whoever wrote into a provider's fields, may put there.
var hostileTexts = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `</title></textarea></select><script>alert(1)</script>`,
	`<a href="javascript:alert(1)">x</a>`, `javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`, `{{constructor.constructor('alert(1)')()}}`,
	`<!--<script>alert(1)//-->`, `" hx-get="/admin/users" hx-trigger="load" x="`, `" autofocus onfocus="alert(1)`, `]]><script>alert(1)</script>`,
	"name\u202egnp.exe", "a\u2066b\u2069c\u200fd\u061ce", "a\x00b\x01c\x1b[31md\x7fe\u0085f", "line one\r\nline two\nlevel=ERROR msg=forged", `{"level":"ERROR","msg":"forged"}`,
	"\u2028\u2029", "\ufeff\ufffe\uffff", strings.Repeat("long ", 400), "=HYPERLINK(\"http://evil.example\")", "+1+1", "@SUM(A1)", "\tcmd", "=cmd|' /C calc'!A0",
	"می‌خواهم و كيفية", "Ａdmin", "аdmin", "", " ", "null", "-1",
}

// textFields are the keys of the provider's answers that hold text to show. Identifiers and enumerations are left alone, so
// that the answer is believed.
var textFields = map[string]bool{
	"name": true, "psp": true, "description": true, "terminal_number": true, "storage_filename": true, "masked_paid_card_number": true,
	"detail": true,
}

// marker begins and ends every hostile text, so that pages which show it are known.
const marker = "qzx"

// TestHostileProviderTexts is T27, T28 and T39 in short: texts of attack in every text field of every answer go through the
// real adapter into the database and onto every page. None stands there as markup, no direction or control character
// reaches the page as it is, and the log stays one JSON object a line.
func TestHostileProviderTexts(t *testing.T) {
	b := openBenchOn(t, benchKind)
	text := new(atomic.Pointer[string])
	b.provider.PSPReportingURL = rewriting(t, b.provider.PSPReportingURL, text)
	if err := b.seedDemo(t.Context(), b.provider); err != nil {
		t.Fatal(err)
	}
	b.fillMirror(t)
	a := newAttack(t, b, 0)
	shown, pages := 0, 0
	for _, hostile := range moreHostile() {
		marked := marker + hostile + marker
		text.Store(&marked)
		a.fetchAll(t)
		for _, d := range a.doors {
			if d.method != http.MethodGet || d.StepUp || d.Stage || d.Public {
				continue
			}
			for _, path := range d.paths {
				page, err := a.admin.ask(t.Context(), http.MethodGet, path, nil)
				if err != nil {
					t.Fatalf("GET %s: %v", path, err)
				}
				pages++
				if strings.Contains(page.body, marker) {
					shown++
				}
				for _, problem := range unsafeIn(page) {
					t.Errorf("GET %s with %.60q: %s", path, hostile, problem)
				}
			}
		}
		a.refused(t, marked)
	}
	b.said.checkLog(t)
	b.checkWhole(t)
	t.Logf("%d pages, %d of them with a text of attack", pages, shown)
	if shown < len(moreHostile())*3 {
		t.Errorf("only %d pages showed a text of attack: they do not get there", shown)
	}
}

// moreHostile adds, to prove, each text inside of others.
func moreHostile() []string {
	all := slices.Clone(hostileTexts)
	for i := range rounds(0, 10) {
		for n, text := range hostileTexts {
			all = append(all, hostileTexts[(n+i+1)%len(hostileTexts)]+text)
		}
	}
	if underRace {
		return slices.DeleteFunc(all, func(text string) bool { return slices.Index(hostileTexts, text)%3 != 0 })
	}
	return all
}

// rewriting stands before a provider and puts a text into every text field of its answers.
func rewriting(t *testing.T, provider string, text *atomic.Pointer[string]) string {
	t.Helper()
	target, err := url.Parse(provider)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			var document any
			numbers := json.NewDecoder(bytes.NewReader(body))
			numbers.UseNumber()
			if hostile := text.Load(); hostile != nil && numbers.Decode(&document) == nil {
				if body, err = json.Marshal(infect(document, *hostile)); err != nil {
					return err
				}
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			r.ContentLength = int64(len(body))
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

// infect replaces the text fields of a document.
func infect(document any, text string) any {
	switch v := document.(type) {
	case map[string]any:
		for key, value := range v {
			if _, isText := value.(string); isText && textFields[key] {
				v[key] = text
			} else {
				v[key] = infect(value, text)
			}
		}
	case []any:
		for i := range v {
			v[i] = infect(v[i], text)
		}
	}
	return document
}

// fetchAll copies everything anew. An answer may be refused as no answer; then the page tells so.
func (a *attack) fetchAll(t *testing.T) {
	t.Helper()
	id := a.b.connectionID(t)
	_ = a.b.directory.Refresh(t.Context(), id)
	_, _, _ = a.b.reports.Poll(t.Context(), id)
	for _, kind := range psp.TerminalTypes {
		_ = a.b.mirror.Run(t.Context(), mirror.Key{ConnectionID: id, Type: kind})
	}
	if _, err := a.b.db.Writer().Exec("UPDATE mirror_states SET next_attempt = 0"); err != nil {
		t.Fatal(err)
	}
}

// refused lets the provider refuse a creation with a text of attack, in each place where it tells why.
func (a *attack) refused(t *testing.T, text string) {
	t.Helper()
	for _, reason := range []any{
		map[string]any{"terminal_number": []string{text}},
		map[string]any{"non_field_errors": []string{text}},
		map[string]any{text: []string{text}},
		map[string]any{"detail": text},
		[]string{text},
	} {
		body, err := json.Marshal(reason)
		if err != nil {
			t.Fatal(err)
		}
		f := sandbox.Fault{Kind: sandbox.Status, Status: http.StatusBadRequest, Body: string(body), Method: http.MethodPost, Path: "/terminals/", Times: 1}
		if _, err := a.b.provider.Engine.Inject(f); err != nil {
			t.Fatal(err)
		}
		form := a.b.formAt(t, a.admin, "/terminals/new", "/terminals/new")
		maps.Copy(form, a.b.newTerminal(t, fmt.Sprint(5_000_000+a.random.IntN(1_000_000))))
		page, err := a.admin.ask(t.Context(), http.MethodPost, "/terminals/new", form)
		if err != nil {
			t.Fatal(err)
		}
		if page.status == http.StatusSeeOther {
			page = a.admin.get(t, page.header.Get("Location"), http.StatusOK)
		}
		for _, problem := range unsafeIn(page) {
			t.Errorf("a refusal with %.60q: %s", text, problem)
		}
		a.b.provider.Engine.Clear(0)
	}
}

// unsafeIn says what of a text of attack stands in an answer as it must not.
func unsafeIn(page reply) (problems []string) {
	if page.status >= 500 && page.status != http.StatusServiceUnavailable {
		problems = append(problems, fmt.Sprintf("the answer is %d", page.status))
	}
	if !page.isPage() {
		return problems
	}
	for _, raw := range []string{
		"<script>alert", "<img src=x", "<svg/onload", `<a href="javascript:`, `href="javascript:`, `href="data:`, "</title></textarea>", `" hx-get="/admin/users"`, `" onfocus=`, `" autofocus onfocus`,
	} {
		if strings.Contains(page.body, raw) {
			problems = append(problems, fmt.Sprintf("%s stands in the page", raw))
		}
	}
	for _, r := range page.body {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200f, r == 0x061c:
			return append(problems, fmt.Sprintf("the character %U stands in the page", r))
		}
	}
	return problems
}
