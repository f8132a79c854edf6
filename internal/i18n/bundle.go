// Package i18n speaks to the user: messages from the catalogues in locales/, and numbers, amounts, dates and ages in the
// user's language, calendar, digits, time zone and unit. It does not choose preferences and it knows no page. Handlers,
// view builders and templates may import it; the domain, the store and the adapters may not: they return message keys.
//
// A feature brings its own pair of catalogues, locales/<feature>.en.toml and locales/<feature>.fa.toml, with keys that
// start with the feature's name. A key stands once in all files of a language. Dotted keys and tables are the same:
// payments.title = "Payments" or, under [payments], title = "Payments". A plural is a table of forms:
// payments.count = { one = "{{.Count}} payment", other = "{{.Count}} payments" }.
package i18n

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed locales/*.toml
var localeFiles embed.FS

// Lang is a language of the catalogues.
type Lang string

// The languages of the portal.
const (
	English Lang = "en"
	Persian Lang = "fa"
)

// Langs lists the languages in the order in which they are offered.
func Langs() []Lang { return []Lang{English, Persian} }

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

// Load reads the catalogues in the binary. An error is a defect of a catalogue and names the file.
func Load() (*Bundle, error) {
	b := &Bundle{catalogues: make(map[Lang]*catalogue)}
	for _, lang := range Langs() {
		b.catalogues[lang] = &catalogue{
			tag:       language.Make(string(lang)),
			plain:     make(map[string]string),
			templates: make(map[string]*message),
		}
	}
	entries, err := localeFiles.ReadDir("locales")
	if err != nil {
		return nil, fmt.Errorf("list catalogues: %w", err)
	}
	for _, entry := range entries {
		if err := b.read("locales/" + entry.Name()); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", entry.Name(), err)
		}
	}
	return b, nil
}

// read adds one file's messages.
func (b *Bundle) read(path string) error {
	text, err := localeFiles.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := goi18n.ParseMessageFileBytes(text, path, map[string]goi18n.UnmarshalFunc{"toml": unmarshalFlat})
	if err != nil {
		return err
	}
	c := b.catalogues[Lang(file.Tag.String())]
	if c == nil {
		return fmt.Errorf("no such language: %s", file.Tag)
	}
	for _, m := range file.Messages {
		if err := c.add(m); err != nil {
			return fmt.Errorf("%s: %w", m.ID, err)
		}
	}
	return nil
}

func (c *catalogue) add(m *goi18n.Message) error {
	if _, twice := c.plain[m.ID]; twice || c.templates[m.ID] != nil {
		return errors.New("the key stands twice")
	}
	compiled, err := compile(m)
	if err != nil {
		return err
	}
	if text, ok := compiled.constant(); ok {
		c.plain[m.ID] = text
		return nil
	}
	c.templates[m.ID] = compiled
	return nil
}

// unmarshalFlat reads TOML for go-i18n with nested tables joined to dotted keys. go-i18n alone takes a table that has a
// key such as "id" or "description" for a message, and those are names of table columns here.
func unmarshalFlat(text []byte, v any) error {
	var nested map[string]any
	if err := toml.Unmarshal(text, &nested); err != nil {
		return err
	}
	flat := make(map[string]any)
	if err := flatten("", nested, flat); err != nil {
		return err
	}
	*v.(*any) = flat
	return nil
}

// flatten copies nested into flat with dotted keys; a table of plural forms stays a value.
func flatten(prefix string, nested, flat map[string]any) error {
	for key, value := range nested {
		full := prefix + key
		if _, twice := flat[full]; twice {
			return fmt.Errorf("%s stands twice", full)
		}
		switch value := value.(type) {
		case string:
			flat[full] = value
		case map[string]any:
			if isPlural(value) {
				flat[full] = value
			} else if err := flatten(full+".", value, flat); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s is a %T, want a text", full, value)
		}
	}
	return nil
}

// isPlural tells a table of plural forms, which has "other" and nothing but names of forms, from a table of keys.
func isPlural(table map[string]any) bool {
	if _, ok := table["other"].(string); !ok {
		return false
	}
	for key := range table {
		if !slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, key) {
			return false
		}
	}
	return len(table) > 1
}
