package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPackedFilesAreUpToDate(t *testing.T) {
	sheets, packed := glob(t, "../vendor/*.css"), glob(t, "../vendor/*.css.gz")
	if len(sheets) == 0 || len(packed) != len(sheets) {
		t.Errorf("there are %d style sheets and %d packed ones, want one for each", len(sheets), len(packed))
	}
	for _, sheet := range sheets {
		css, err := os.ReadFile(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := unpacked(sheet + ".gz"); err != nil || got != withoutPictures(string(css)) {
			t.Errorf("%s.gz is not what %[1]s says (%v): run make generate", filepath.Base(sheet), err)
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestPackRewritesOnlyWhatIsStale(t *testing.T) {
	const css = "a{color:green}"
	current := gzipped(t, css) // not as pack compresses it
	tests := []struct {
		name   string
		packed []byte
		stays  bool
	}{
		{"missing", nil, false},
		{"of other content", gzipped(t, "a{color:red}"), false},
		{"broken", current[:len(current)-1], false},
		{"up to date", current, true},
	}
	for _, tt := range tests {
		sheet := filepath.Join(t.TempDir(), "x.css")
		write(t, sheet, []byte(css))
		if tt.packed != nil {
			write(t, sheet+".gz", tt.packed)
		}
		if err := pack(sheet); err != nil {
			t.Fatal(err)
		}
		if got, err := unpacked(sheet + ".gz"); err != nil || got != css {
			t.Errorf("%s: the packed file says %q (%v), want %q", tt.name, got, err, css)
		}
		after, err := os.ReadFile(sheet + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Equal(after, tt.packed); got != tt.stays {
			t.Errorf("%s: the packed file stayed: got %t, want %t", tt.name, got, tt.stays)
		}
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// gzipped stores the text without compressing it.
func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	gz, err := gzip.NewWriterLevel(&packed, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gz.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestWithoutPictures(t *testing.T) {
	tests := []struct{ name, css, want string }{
		{"none", `a{background:url(x.svg)}`, `a{background:url(x.svg)}`},
		{"two", `a{background:url("data:image/svg+xml,%3csvg/%3e")}b{--x:url("data:x") no-repeat;color:red}`, `a{background:none}b{--x:none no-repeat;color:red}`},
		{"with brackets", `a{background:url("data:image/svg+xml,%3cpath transform='rotate(45)'/%3e") center}`, `a{background:none center}`},
	}
	for _, tt := range tests {
		if got := withoutPictures(tt.css); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	for _, sheet := range glob(t, "../vendor/*.css") {
		css, err := os.ReadFile(sheet)
		if err != nil {
			t.Fatal(err)
		}
		kept := withoutPictures(string(css))
		if opened, closed := strings.Count(kept, "{"), strings.Count(kept, "}"); opened != closed {
			t.Errorf("%s is cut: %d braces open and %d close", sheet, opened, closed)
		}
	}
}
