package i18n

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"payportal/internal/i18n/source"
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

// TestFlatFilesAreUpToDate compares what the program holds with the catalogues as people write them.
func TestFlatFilesAreUpToDate(t *testing.T) {
	languages, err := source.Read(os.DirFS("locales"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(languages), len(Langs()); got != want {
		t.Errorf("locales/ has catalogues of %d languages, want %d", got, want)
	}
	for _, lang := range Langs() {
		if flatFiles[lang] != languages[string(lang)].Flat() {
			t.Errorf("flat/%s.txt is not what locales/*.%[1]s.toml say: run make generate", lang)
		}
	}
}

// TestFlatFilesAreReadAsTheyAreWritten takes every kind of text through the flat form.
func TestFlatFilesAreReadAsTheyAreWritten(t *testing.T) {
	words := source.Catalogue{
		"a.plain": {"other": `C:\new = "old"`}, "a.lines": {"other": "first\nsecond "}, "a.name": {"other": "{{.Name}}: {{.Name}}!"},
		"a.rows": {"one": "{{.Count}} row of {{.Name}}", "other": "{{.Count}} rows of {{.Name}}"},
	}
	c, err := readFlat(English, words.Flat())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(keysOf(c)), len(words); got != want {
		t.Errorf("got %d messages, want %d", got, want)
	}
	for key, message := range words {
		if got, want := textOf(c, key), message["other"]; got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	p := &Printer{prefs: Prefs{Lang: English}, words: c}
	for count, want := range map[int]string{1: "1 row of X", 2: "2 rows of X"} {
		if got := p.Tf("a.rows", map[string]any{"Count": count, "Name": "X"}); got != want {
			t.Errorf("Count %d: got %q, want %q", count, got, want)
		}
	}
}

func TestDefectsOfAFlatFileAreNamed(t *testing.T) {
	for _, flat := range []string{"a.b\n", "a.b = \n", "a.b[some] = x\n", "\n"} {
		if _, err := readFlat(English, flat); err == nil || !strings.Contains(err.Error(), strconv.Quote(flat)) {
			t.Errorf("%q: error = %v, want one that names the line", flat, err)
		}
	}
}

// TestAPluralWithoutPlaceholdersKeepsItsForms holds that such a message is not taken for a constant text.
func TestAPluralWithoutPlaceholdersKeepsItsForms(t *testing.T) {
	c, err := readFlat(English, "a.b[one] = row\na.b[other] = rows\n")
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
