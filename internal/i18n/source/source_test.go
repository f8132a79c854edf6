package source

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// read reads one English catalogue.
func read(text string) (Catalogue, error) {
	languages, err := Read(fstest.MapFS{"x.en.toml": {Data: []byte(text)}})
	return languages["en"], err
}

func TestDefectsOfACatalogueAreNamed(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"template code", `"a.b" = "{{if .X}}y{{end}}"`, "only placeholders"},
		{"open braces", `"a.b" = "{{.X"`, "only placeholders"},
		{"number", `"a.b" = 5`, "want a text"},
		{"empty", `"a.b" = ""`, "empty"},
		{"one form alone", `"a.b" = { one = "x", other = "" }`, "empty"},
		{"empty form", `"a.b" = { one = "", other = "x" }`, "empty"},
		{"broken TOML", `a = `, "toml"},
		{"twice", "\"a.b\" = \"x\"\n[a]\nb = \"y\"", "a.b stands twice"},
		{"key with a space", `"a b" = "x"`, "no key"},
		{"key with a bracket", `"a.b[one]" = "x"`, "no key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.toml)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error = %v, want one with %q", err, tt.want)
			}
			if !strings.Contains(err.Error(), "x.en.toml") {
				t.Errorf("error = %v, want one that names the file", err)
			}
		})
	}
}

func TestDefectsOfAFolderAreNamed(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	tests := []struct {
		name   string
		folder fstest.MapFS
		want   string
	}{
		{"twice in two files", fstest.MapFS{"x.en.toml": file(`"a.b" = "x"`), "y.en.toml": file(`"a.b" = "x"`)}, "catalogue y.en.toml: a.b stands twice"},
		{"no language", fstest.MapFS{"x.toml": file(`"a.b" = "x"`)}, "want a name such as"},
	}
	for _, tt := range tests {
		if _, err := Read(tt.folder); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error = %v, want one with %q", tt.name, err, tt.want)
		}
	}
}

func TestLanguagesAreKeptApart(t *testing.T) {
	languages, err := Read(fstest.MapFS{
		"x.en.toml": {Data: []byte(`"x.a" = "one"`)}, "x.fa.toml": {Data: []byte(`"x.a" = "یک"`)}, "y.fa.toml": {Data: []byte(`"y.a" = "دو"`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Sorted(maps.Keys(languages)), []string{"en", "fa"}; !slices.Equal(got, want) {
		t.Fatalf("languages = %v, want %v", got, want)
	}
	if got, want := languages["fa"]["x.a"]["other"]+languages["fa"]["y.a"]["other"], "یکدو"; got != want {
		t.Errorf("the Persian texts are %q, want %q", got, want)
	}
}

func TestTablesAndDottedKeysAreTheSame(t *testing.T) {
	c, err := read(`
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
		if got := c[key]["other"]; got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
}

func TestFlatHasALineForEachTextInOrder(t *testing.T) {
	c, err := read(`
b.title = "Of {{ .Name }} = all"
b.path = 'C:\new'
b.two = "first\nsecond"
a.rows = { other = "{{.Count}} rows", one = "{{.Count}} row" }
`)
	if err != nil {
		t.Fatal(err)
	}
	want := head + `a.rows[one] = {{.Count}} row
a.rows[other] = {{.Count}} rows
b.path = C:\\new
b.title = Of {{.Name}} = all
b.two = first\nsecond
`
	if got := c.Flat(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
