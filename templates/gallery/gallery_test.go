package gallery

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"payportal/internal/htmlcheck"
	"payportal/internal/i18n"
	"payportal/templates/layout"
)

var update = flag.Bool("update", false, "write the goldens instead of comparing them")

var hashed = regexp.MustCompile(`(/static/[a-z0-9.-]+)\.[0-9a-f]{10}(\.[a-z0-9]+)`)

// printers gives a printer of each language, as its readers usually have it.
func printers(t testing.TB) map[string]*i18n.Printer {
	t.Helper()
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*i18n.Printer{
		"en": bundle.Printer(i18n.Prefs{Lang: i18n.English}),
		"fa": bundle.Printer(i18n.Prefs{Lang: i18n.Persian, Digits: i18n.PersianDigits}),
	}
}

func render(t testing.TB, c templ.Component) string {
	t.Helper()
	var page bytes.Buffer
	if err := c.Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// withChildren puts a component into a layout that takes children.
func withChildren(t testing.TB, outer, inner templ.Component) string {
	t.Helper()
	var page bytes.Buffer
	if err := outer.Render(templ.WithChildren(t.Context(), inner), &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// everything lists the items of a language and the frames around them.
func everything(t testing.TB, p *i18n.Printer) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, item := range All(p) {
		pages[item.Name] = render(t, item.Draw)
	}
	signIn := All(p)[indexOf(t, p, "sign-in")]
	pages["page"] = withChildren(t, layout.Page(Frame(p)), templ.NopComponent)
	pages["page-of-error"] = render(t, layout.ErrorPage(Frame(p), layout.Problem{Status: 404, RequestID: "01JD3Y8Q6T"}))
	pages["bare"] = withChildren(t, layout.Bare(Frame(p), false), signIn.Draw)
	return pages
}

func indexOf(t testing.TB, p *i18n.Printer, name string) int {
	t.Helper()
	for i, item := range All(p) {
		if item.Name == name {
			return i
		}
	}
	t.Fatalf("no item %s", name)
	return 0
}

func TestGoldens(t *testing.T) {
	for lang, p := range printers(t) {
		for name, page := range everything(t, p) {
			path := filepath.Join("testdata", lang, name+".golden.html")
			got := htmlcheck.Normalize(hashed.ReplaceAllString(page, "$1$2"))
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Errorf("%v: make it with go test ./templates/gallery -update", err)
				continue
			}
			if got != string(want) {
				t.Errorf("%s differs from its golden; look at the change, then go test ./templates/gallery -update\n%s", path, firstDifference(got, string(want)))
			}
		}
	}
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(got, want string) string {
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			return "got  " + strings.TrimSpace(gotLines[i]) + "\nwant " + strings.TrimSpace(wantLines[i])
		}
	}
	return "one is longer"
}

func TestNoGoldenIsLeftOver(t *testing.T) {
	for lang, p := range printers(t) {
		pages := everything(t, p)
		found, err := filepath.Glob(filepath.Join("testdata", lang, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			if name := strings.TrimSuffix(filepath.Base(path), ".golden.html"); pages[name] == "" {
				t.Errorf("%s belongs to no item", path)
			}
		}
	}
}

// What holds for every component, whatever it shows.
func TestMarkupOfEveryItem(t *testing.T) {
	for lang, p := range printers(t) {
		for name, page := range everything(t, p) {
			root := htmlcheck.Parse(t, strings.NewReader(page))
			ids := map[string]int{}
			for n := range root.Descendants() {
				if id, ok := htmlcheck.Attr(n, "id"); ok && n.Type == html.ElementNode {
					ids[id]++
				}
			}
			for id, count := range ids {
				if count > 1 {
					t.Errorf("%s %s: id %q stands %d times, want once", lang, name, id, count)
				}
			}
			for n := range root.Descendants() {
				if n.Type == html.ElementNode {
					checkElement(t, lang+" "+name, n, ids)
				}
			}
			if strings.Contains(page, "⟦") {
				t.Errorf("%s %s: a message is missing: %s", lang, name, regexp.MustCompile(`⟦[^⟧]*⟧`).FindString(page))
			}
		}
	}
}

func checkElement(t *testing.T, where string, n *html.Node, ids map[string]int) {
	t.Helper()
	for _, a := range n.Attr {
		key := a.Key
		if strings.HasPrefix(key, "on") || key == "style" || strings.HasPrefix(key, "hx-on") || key == "hx-boost" {
			t.Errorf("%s: <%s %s>: the content policy blocks it", where, n.Data, key)
		}
		if strings.Contains(a.Val, "about:invalid") {
			t.Errorf("%s: <%s %s=%q>: templ refused the address", where, n.Data, key, a.Val)
		}
		for _, reference := range references(n, a) {
			if ids[reference] == 0 {
				t.Errorf("%s: <%s %s=%q> refers to nothing", where, n.Data, key, a.Val)
			}
		}
	}
	if n.Data == "button" || n.Data == "a" {
		if label, _ := htmlcheck.Attr(n, "aria-label"); label == "" && strings.TrimSpace(htmlcheck.Text(n)) == "" {
			t.Errorf("%s: <%s> has no name", where, n.Data)
		}
	}
	if n.Data == "svg" || n.Data == "img" {
		_, alt := htmlcheck.Attr(n, "alt")
		if _, label := htmlcheck.Attr(n, "aria-label"); !alt && !label {
			t.Errorf("%s: <%s> has no name", where, n.Data)
		}
	}
}

// references gives the ids that an attribute names.
func references(_ *html.Node, a html.Attribute) []string {
	switch {
	case a.Key == "for" || a.Key == "popovertarget" || a.Key == "data-reveal" || strings.HasPrefix(a.Key, "aria-") && strings.HasSuffix(a.Key, "by"):
		return strings.Fields(a.Val)
	case a.Key == "href" && strings.HasPrefix(a.Val, "#f-"):
		return []string{a.Val[1:]}
	case strings.HasPrefix(a.Key, "hx-target") && a.Val != "this":
		return []string{strings.TrimPrefix(a.Val, "#")}
	}
	return nil
}

func TestFrameIsLean(t *testing.T) {
	for lang, p := range printers(t) {
		frame := Frame(p)
		frame.Flashes = nil
		page := withChildren(t, layout.Page(frame), templ.NopComponent)
		var packed bytes.Buffer
		gz := gzip.NewWriter(&packed)
		if _, err := io.WriteString(gz, page); err != nil {
			t.Fatal(err)
		}
		if err := gz.Close(); err != nil {
			t.Fatal(err)
		}
		if len(page) > 12_000 || packed.Len() > 3_600 {
			t.Errorf("%s: the frame has %d bytes, %d compressed; want at most 12,000 and 3,600", lang, len(page), packed.Len())
		}
	}
}

func BenchmarkListOf50(b *testing.B) {
	p := printers(b)["en"]
	s := sample{p}
	page := layout.Page(Frame(p))
	content := list(s, s.rows(50))
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		if err := page.Render(templ.WithChildren(context.Background(), content), &buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(buf.Len()), "bytes")
}
