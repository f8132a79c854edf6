// Command pack makes the vendored style sheets ready to be served: without the pictures that they hold themselves, and
// compressed. It writes static/vendor/<name>.css.gz beside each static/vendor/<name>.css; the program holds the former
// alone. `make generate` runs it from the root of the module.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const folder = "static/vendor"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run() error {
	sheets, err := filepath.Glob(filepath.Join(folder, "*.css"))
	if err != nil {
		return err
	}
	for _, sheet := range sheets {
		if err := pack(sheet); err != nil {
			return fmt.Errorf("%s: %w", sheet, err)
		}
	}
	return nil
}

// pack writes a style sheet's packed file. One that is up to date stays as it is: another release of Go may compress
// otherwise, and that is no reason to change a file that is committed.
func pack(sheet string) error {
	css, err := os.ReadFile(sheet)
	if err != nil {
		return err
	}
	want := withoutPictures(string(css))
	if got, err := unpacked(sheet + ".gz"); err == nil && got == want {
		return nil
	}
	var packed bytes.Buffer
	gz, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(gz, want); err != nil {
		return err
	}
	if err := gz.Close(); err != nil {
		return err
	}
	return os.WriteFile(sheet+".gz", packed.Bytes(), 0o644) //nolint:gosec // a source file like any other
}

// unpacked reads a packed file back.
func unpacked(path string) (string, error) {
	packed, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	gz, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	css, err := io.ReadAll(gz)
	return string(css), err
}

// withoutPictures takes the pictures out of a style sheet that it holds itself, as data: addresses. The content security
// policy blocks them, app.css has its own, and a browser that lays a page out before app.css has arrived would ask for
// them and report a violation.
func withoutPictures(css string) string {
	const start, end = `url("data:`, `")`
	var kept strings.Builder
	for {
		before, rest, found := strings.Cut(css, start)
		kept.WriteString(before)
		if !found {
			return kept.String()
		}
		kept.WriteString("none")
		_, css, _ = strings.Cut(rest, end)
	}
}
