// Package i18n speaks to the user: messages from the catalogues in locales/, and numbers, amounts, dates and ages in the
// user's language, calendar, digits, time zone and unit. It does not choose preferences and it knows no page. Handlers,
// view builders and templates may import it; the domain, the store and the adapters may not: they return message keys.
//
// A feature brings its own pair of catalogues, locales/<feature>.en.toml and locales/<feature>.fa.toml, with keys that
// start with the feature's name. A key stands once in all files of a language. Dotted keys and tables are the same:
// payments.title = "Payments" or, under [payments], title = "Payments". A plural is a table of forms:
// payments.count = { one = "{{.Count}} payment", other = "{{.Count}} payments" }.
//
// The program holds and loads flat/<language>.txt, which `make generate` writes from the catalogues (package source): a
// start spends a millisecond on it, and forty on the catalogues themselves.
package i18n

import (
	_ "embed" // for the flat files
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// Lang is a language of the catalogues.
type Lang string

// The languages of the portal.
const (
	English Lang = "en"
	Persian Lang = "fa"
)

// Langs lists the languages in the order in which they are offered.
func Langs() []Lang { return []Lang{English, Persian} }

// The flat files. Being strings, they are read where they lie in the binary: no message is copied.
var (
	//go:embed flat/en.txt
	flatEnglish string
	//go:embed flat/fa.txt
	flatPersian string

	flatFiles = map[Lang]string{English: flatEnglish, Persian: flatPersian}
)

// catalogue is one language's messages, compiled. It does not change after Load.
type catalogue struct {
	tag language.Tag
	// plain holds the messages that are always the same text; T reads it alone.
	plain map[string]string
	// templates holds those with placeholders or plural forms, for Tf.
	templates map[string]*message
}

// Bundle holds every catalogue and the printers made of them. It is safe for concurrent use.
type Bundle struct {
	catalogues map[Lang]*catalogue
	printers   sync.Map // Prefs to *Printer, for the zones of package calendar only, so that it stays small
}

// Load reads the messages in the binary. An error is a defect of a flat file and names the line.
func Load() (*Bundle, error) {
	b := &Bundle{catalogues: make(map[Lang]*catalogue)}
	for lang, flat := range flatFiles {
		c, err := readFlat(lang, flat)
		if err != nil {
			return nil, fmt.Errorf("messages of %s: %w", lang, err)
		}
		b.catalogues[lang] = c
	}
	return b, nil
}

// readFlat reads what package source writes as a flat file: comments, "key = text" and "key[form] = text".
func readFlat(lang Lang, flat string) (*catalogue, error) {
	c := &catalogue{
		tag:       language.Make(string(lang)),
		plain:     make(map[string]string, strings.Count(flat, "\n")),
		templates: make(map[string]*message),
	}
	for line := range strings.Lines(flat) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if err := c.add(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("%w: %q", err, line)
		}
	}
	return c, nil
}

var unescaped = strings.NewReplacer(`\\`, `\`, `\n`, "\n")

// add reads one line of a flat file.
func (c *catalogue) add(line string) error {
	name, text, found := strings.Cut(line, " = ")
	if !found || text == "" {
		return errNoMessage
	}
	if strings.Contains(text, `\`) {
		text = unescaped.Replace(text)
	}
	key, form, plural := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	if !plural && !strings.Contains(text, "{{") {
		c.plain[key] = text
		return nil
	}
	m := c.templates[key]
	if m == nil {
		m = new(message)
		c.templates[key] = m
	}
	if !plural {
		form = "other"
	}
	return m.add(form, text)
}
