package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func get(t *testing.T, address, acceptEncoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if acceptEncoding != "" {
		r.Header.Set("Accept-Encoding", acceptEncoding)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryAssetIsServedAsItIs(t *testing.T) {
	types := map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
	}
	for name, a := range byName {
		res := get(t, Path(name), "")
		plain := body(t, res)
		if res.StatusCode != http.StatusOK || len(plain) == 0 {
			t.Errorf("%s: got status %d and %d bytes, want 200 and its content", name, res.StatusCode, len(plain))
		}
		for header, want := range map[string]string{
			"Content-Type": types[path.Ext(name)], "Cache-Control": "public, max-age=31536000, immutable",
			"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Content-Encoding": "",
		} {
			if got := res.Header.Get(header); got != want {
				t.Errorf("%s: %s: got %q, want %q", name, header, got, want)
			}
		}
		if a.gzipped == nil {
			continue
		}
		res = get(t, Path(name), "br, gzip;q=0.8")
		if got := res.Header.Get("Content-Encoding"); got != "gzip" {
			t.Errorf("%s: Content-Encoding: got %q, want gzip", name, got)
		}
		gz, err := gzip.NewReader(res.Body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := io.ReadAll(gz); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: the compressed answer differs from the plain one (%v)", name, err)
		}
	}
}

func TestOnlyHashedNamesAreServed(t *testing.T) {
	for _, address := range []string{
		"/static/app.css", "/static/", "/static/vendor/htmx.min.js", "/static/../static.go", "/static/app.0000000000.css", "/static/icons/home.svg",
	} {
		if got := get(t, address, "").StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", address, got)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Path("app.css"), nil)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("POST: got %d, want 404", w.Code)
	}
}

func TestPathPanicsForAMisspelling(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Path(\"ap.css\"): got no panic, want one")
		}
	}()
	Path("ap.css")
}

func TestAcceptsGzip(t *testing.T) {
	tests := []struct {
		header string
		want   bool
	}{
		{"", false},
		{"gzip", true},
		{"br, gzip", true},
		{"GZIP;q=1.0", true},
		{"gzip; q=0", false},
		{"gzip;q=0.0", false},
		{"gzip;q=0.000", false},
		{"gzip;q=0.5", true},
		{"identity", false},
		{"x-gzipped", false},
	}
	for _, tt := range tests {
		if got := acceptsGzip(tt.header); got != tt.want {
			t.Errorf("acceptsGzip(%q): got %t, want %t", tt.header, got, tt.want)
		}
	}
}

func stylesheet(t *testing.T) string {
	t.Helper()
	return string(body(t, get(t, Path("app.css"), "")))
}

func TestStylesheetNamesOnlyAssets(t *testing.T) {
	css := stylesheet(t)
	for _, m := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(css, -1) {
		if byPath[m[1]] == nil {
			t.Errorf("app.css refers to %s, which is not served", m[1])
		}
	}
	for _, banned := range []string{"data:", "@import", "text-transform: uppercase", "letter-spacing: ."} {
		if strings.Contains(css, banned) {
			t.Errorf("app.css has %q", banned)
		}
	}
}

// The content security policy blocks pictures in data: addresses; a style sheet that has one would be reported for it.
func TestNoStylesheetHasDataAddresses(t *testing.T) {
	for name := range byName {
		if path.Ext(name) != ".css" {
			continue
		}
		css := string(body(t, get(t, Path(name), "")))
		if strings.Contains(css, "data:") {
			t.Errorf("%s has data: addresses", name)
		}
		if strings.Count(css, "{") != strings.Count(css, "}") {
			t.Errorf("%s is cut: %d braces open and %d close", name, strings.Count(css, "{"), strings.Count(css, "}"))
		}
	}
}

// Physical directions would be wrong in one of the two directions of writing.
func TestStylesheetIsLogical(t *testing.T) {
	physical := regexp.MustCompile(`(^|[\s;{])(margin|padding|border)-(left|right|top|bottom)\b|[\s;{](left|right|top|bottom|float|width|height|min-width|max-width|min-height|max-height)\s*:|text-align:\s*(left|right)`)
	for at, line := range strings.Split(text("app.css"), "\n") {
		if strings.HasPrefix(line, "@media") {
			_, line, _ = strings.Cut(line, "{")
		}
		if m := physical.FindString(line); m != "" {
			t.Errorf("app.css:%d: %q is a physical direction", at+1, strings.TrimSpace(m))
		}
	}
}

func TestEveryIconHasItsPlace(t *testing.T) {
	css := stylesheet(t)
	sprite := string(body(t, get(t, Path("icons.svg"), "")))
	names := Icons()
	if got := strings.Count(sprite, "<g transform"); got != len(names) {
		t.Errorf("icons.svg has %d icons, want %d", got, len(names))
	}
	for i, name := range names {
		if want := "[data-i=" + name + "]{--i:" + strconv.Itoa(i) + "}"; !strings.Contains(css, want) {
			t.Errorf("app.css lacks %s", want)
		}
	}
}

// colour is a token's value in one theme, 0 to 1 for each channel.
type colour [3]float64

// tokens reads the pairs light-dark(#light, #dark) of app.css: index 0 is light, 1 is dark.
func tokens(t *testing.T) map[string][2]colour {
	t.Helper()
	list := map[string][2]colour{}
	pair := regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)
	for _, m := range pair.FindAllStringSubmatch(text("app.css"), -1) {
		list[m[1]] = [2]colour{rgb(t, m[2]), rgb(t, m[3])}
	}
	return list
}

func rgb(t *testing.T, s string) (c colour) {
	t.Helper()
	for i := range c {
		n, err := strconv.ParseUint(s[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c[i] = float64(n) / 255
	}
	return c
}

// luminance and contrast are those of WCAG 2.2.
func luminance(c colour) float64 {
	for i, v := range c {
		if v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
}

func contrast(a, b colour) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastIsComputedAsWCAGDoes(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}} {
		if got := contrast(rgb(t, tt.a), rgb(t, tt.b)); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("contrast of %s on %s: got %.2f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestContrastOfEveryPairThatMeets(t *testing.T) {
	const words, shapes = 4.5, 3.0 // WCAG 2.2 AA: 1.4.3 for text, 1.4.11 for what one must see to operate or to understand
	grounds := []string{"bg", "surface", "raised", "sunken", "hover"}
	pairs := map[string]struct {
		least float64
		on    []string
	}{
		"text":        {words, append([]string{"info-bg", "neutral-bg"}, grounds...)},
		"muted":       {words, grounds},
		"link":        {words, grounds},
		"on-primary":  {words, []string{"primary", "primary-hover"}},
		"on-danger":   {words, []string{"danger-solid", "danger-solid-hover"}},
		"neutral-fg":  {words, append([]string{"neutral-bg"}, grounds...)},
		"info-fg":     {words, append([]string{"info-bg"}, grounds...)},
		"success-fg":  {words, append([]string{"success-bg"}, grounds...)},
		"warning-fg":  {words, append([]string{"warning-bg"}, grounds...)},
		"danger-fg":   {words, append([]string{"danger-bg"}, grounds...)},
		"line-strong": {shapes, []string{"surface", "raised"}},
		"focus":       {shapes, grounds},
		"primary":     {shapes, []string{"surface"}},
		"chart-1":     {shapes, []string{"surface"}},
		"chart-2":     {shapes, []string{"surface"}},
		"chart-3":     {shapes, []string{"surface"}},
		"chart-4":     {shapes, []string{"surface"}},
		"chart-5":     {shapes, []string{"surface"}},
	}
	list := tokens(t)
	for name, pair := range pairs {
		for _, ground := range pair.on {
			for i, theme := range []string{"light", "dark"} {
				fg, ok := list[name]
				bg, okGround := list[ground]
				if !ok || !okGround {
					t.Fatalf("app.css has no token %s or %s", name, ground)
				}
				if got := contrast(fg[i], bg[i]); got < pair.least {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", theme, name, ground, got, pair.least)
				}
			}
		}
	}
}
