// Command flatten writes the catalogues of texts in the flat form that the program holds: a file a language in
// internal/i18n/flat, from all of internal/i18n/locales. `make generate` runs it from the root of the module.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"payportal/internal/i18n/source"
)

const folder = "internal/i18n"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "flatten:", err)
		os.Exit(1)
	}
}

func run() error {
	languages, err := source.Read(os.DirFS(filepath.Join(folder, "locales")))
	if err != nil {
		return err
	}
	for language, catalogue := range languages {
		path := filepath.Join(folder, "flat", language+".txt")
		if err := os.WriteFile(path, []byte(catalogue.Flat()), 0o644); err != nil { //nolint:gosec // a source file like any other
			return err
		}
	}
	return nil
}
