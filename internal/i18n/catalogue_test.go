package i18n

import (
	"maps"
	"slices"
	"strings"
	"testing"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// TestEveryKeyStandsInEveryLanguage reads all catalogues: a key of one language stands in all, with the same placeholders.
func TestEveryKeyStandsInEveryLanguage(t *testing.T) {
	b := load(t)
	for _, lang := range Langs() {
		for _, key := range keysOf(b.catalogues[lang]) {
			for _, other := range Langs() {
				if other != lang && !has(b.catalogues[other], key) {
					t.Errorf("%s stands in %s and not in %s", key, lang, other)
				}
			}
		}
	}
	for _, key := range keysOf(b.catalogues[English]) {
		want := placeholdersOf(b.catalogues[English], key)
		for _, other := range Langs()[1:] {
			if got := placeholdersOf(b.catalogues[other], key); has(b.catalogues[other], key) && !slices.Equal(got, want) {
				t.Errorf("%s has the placeholders %v in %s, and %v in %s", key, got, other, want, English)
			}
		}
	}
}

// sameInBothLanguages are the messages whose Persian has no Persian letter, with the reason.
var sameInBothLanguages = map[string]string{
	"lang.en":  "a language is offered in its own words",
	"zone.UTC": "the name is international",
}

// TestPersianIsPersian finds messages that were copied and not translated.
func TestPersianIsPersian(t *testing.T) {
	b := load(t)
	for _, key := range keysOf(b.catalogues[Persian]) {
		text := textOf(b.catalogues[Persian], key)
		if _, listed := sameInBothLanguages[key]; listed || text != textOf(b.catalogues[English], key) || !strings.ContainsFunc(text, isLatinLetter) {
			continue
		}
		t.Errorf("%s is %q in both languages: translate it, or list it in sameInBothLanguages with the reason", key, text)
	}
}

// TestPersianIsWellSpelt finds Arabic letters and digits that look like the Persian ones and break every search.
func TestPersianIsWellSpelt(t *testing.T) {
	b := load(t)
	for _, key := range keysOf(b.catalogues[Persian]) {
		if text := textOf(b.catalogues[Persian], key); strings.ContainsAny(text, "يىك٠١٢٣٤٥٦٧٨٩") {
			t.Errorf("%s has Arabic letters or digits: %q", key, text)
		}
	}
}

func TestDefectsOfACatalogueAreNamed(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"template code", `"a.b" = "{{if .X}}y{{end}}"`, "only placeholders"},
		{"open braces", `"a.b" = "{{.X"`, "only placeholders"},
		{"number", `"a.b" = 5`, "want a text"},
		{"empty", `"a.b" = ""`, "empty"},
		{"one form alone", `"a.b" = { one = "x", other = "" }`, "empty"},
		{"broken TOML", `a = `, "toml"},
		{"twice", "\"a.b\" = \"x\"\n[a]\nb = \"y\"", "twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseCatalogue(tt.toml)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestTablesAndDottedKeysAreTheSame(t *testing.T) {
	c, err := parseCatalogue(`
a.b.id = "one"
"a.b.description" = "two"
[a.c]
other = "three"
id = "four"
count = { one = "{{.Count}} row", other = "{{.Count}} rows" }
`)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"a.b.id": "one", "a.b.description": "two", "a.c.other": "three", "a.c.id": "four", "a.c.count": "{{.Count}} rows",
	} {
		if got := textOf(c, key); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
}

// TestAPluralWithoutPlaceholdersKeepsItsForms holds that such a message is not taken for a constant text.
func TestAPluralWithoutPlaceholdersKeepsItsForms(t *testing.T) {
	c, err := parseCatalogue(`"a.b" = { one = "row", other = "rows" }`)
	if err != nil {
		t.Fatal(err)
	}
	p := &Printer{prefs: Prefs{Lang: English}, words: c}
	for count, want := range map[int]string{1: "row", 2: "rows"} {
		if got := p.Tf("a.b", map[string]any{"Count": count}); got != want {
			t.Errorf("Count %d: got %q, want %q", count, got, want)
		}
	}
}

// parseCatalogue reads one catalogue as Load does.
func parseCatalogue(text string) (*catalogue, error) {
	file, err := goi18n.ParseMessageFileBytes([]byte(text), "x.en.toml", map[string]goi18n.UnmarshalFunc{"toml": unmarshalFlat})
	if err != nil {
		return nil, err
	}
	c := &catalogue{tag: language.English, plain: make(map[string]string), templates: make(map[string]*message)}
	for _, m := range file.Messages {
		if err := c.add(m); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// keysOf lists every key of a catalogue in order.
func keysOf(c *catalogue) []string {
	keys := slices.Collect(maps.Keys(c.plain))
	keys = slices.AppendSeq(keys, maps.Keys(c.templates))
	slices.Sort(keys)
	return keys
}

func has(c *catalogue, key string) bool {
	_, plain := c.plain[key]
	return plain || c.templates[key] != nil
}

func placeholdersOf(c *catalogue, key string) []string {
	if m := c.templates[key]; m != nil {
		return m.placeholders()
	}
	return nil
}

// textOf gives a message as it stands in the catalogue, its form "other".
func textOf(c *catalogue, key string) string {
	m := c.templates[key]
	if m == nil {
		return c.plain[key]
	}
	var b strings.Builder
	for _, s := range m.forms[0] {
		if s.arg != "" {
			b.WriteString("{{." + s.arg + "}}")
		}
		b.WriteString(s.text)
	}
	return b.String()
}

func isLatinLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
