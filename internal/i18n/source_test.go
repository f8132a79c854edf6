package i18n

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	templparser "github.com/a-h/templ/parser/v2"
)

// uses is what the source of the portal says about keys of the catalogues.
type uses struct {
	// messages are the keys that must exist, with the place that uses them: literal arguments of T and Tf and messages of errs.
	messages map[string]string
	// plain are those of them that are asked for by T, without arguments.
	plain map[string]string
	// literals are all string literals, for telling whether a key can be in use.
	literals map[string]bool
	// prefixes are literals that a name is appended to: "month.jalali." + n.
	prefixes map[string]bool
}

// madeElsewhere lists prefixes of keys that no literal in the source shows, with the reason.
var madeElsewhere = map[string]string{
	"errs.":      "web turns each errs.Kind into its key",
	"validate.":  "offered to every form; forms come with later features",
	"action.":    "words of buttons, offered to every page",
	"word.":      "plain words, offered to every page",
	"layout.":    "words of the frame",
	"nav.":       "the navigation is made from the route table",
	"pager.":     "words of lists, offered to every list",
	"sort.":      "words of lists, offered to every list",
	"table.":     "words of lists, offered to every list",
	"filter.":    "words of lists, offered to every list",
	"empty.":     "words of lists, offered to every list",
	"copy.":      "words of copy buttons",
	"freshness.": "words about the age of a copy",
	"weekday.":   "numbered by time.Weekday",
	"prefs.":     "words of the display settings",
	"lang.":      "made from the name of a language",
	"calendar.":  "made from the name of a calendar",
	"digits.":    "made from the name of a digit set",
	"theme.":     "made from the name of a theme",
}

func TestEveryKeyInTheSourceExists(t *testing.T) {
	b, used := load(t), readSource(t)
	for key, place := range used.messages {
		if !has(b.catalogues[English], key) {
			t.Errorf("%s: no catalogue has the key %q", place, key)
		}
	}
	for key, place := range used.plain {
		if b.catalogues[English].templates[key] != nil {
			t.Errorf("%s: the message %q has placeholders: use Tf", place, key)
		}
	}
}

func TestEveryKeyIsUsed(t *testing.T) {
	b, used := load(t), readSource(t)
	for _, key := range keysOf(b.catalogues[English]) {
		if !used.mayUse(key) {
			t.Errorf("nothing uses the key %q: remove it, or list its prefix in madeElsewhere with the reason", key)
		}
	}
}

func (u *uses) mayUse(key string) bool {
	if u.literals[key] {
		return true
	}
	for prefix := range u.prefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	for prefix := range madeElsewhere {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// readSource scans every Go and templ file of the portal but tests and generated code.
func readSource(t *testing.T) *uses {
	t.Helper()
	u := &uses{
		messages: make(map[string]string), plain: make(map[string]string), literals: make(map[string]bool), prefixes: make(map[string]bool),
	}
	for _, path := range sourceFiles(t, ".go") {
		if !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, "_templ.go") {
			u.readGo(t, path)
		}
	}
	for _, path := range sourceFiles(t, ".templ") {
		u.readTempl(t, path)
	}
	if len(u.literals) == 0 {
		t.Fatal("the scan found no source")
	}
	return u
}

const root = "../.."

// sourceFiles lists the files of the module with the ending, without vendored and foreign ones.
func sourceFiles(t *testing.T, ending string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"node_modules", "testdata", "vendor", "tools"}, entry.Name())) {
			return fs.SkipDir
		}
		if !entry.IsDir() && strings.HasSuffix(path, ending) {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func (u *uses) readGo(t *testing.T, path string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if n != nil {
			u.readNode(n, func() string { return files.Position(n.Pos()).String() })
		}
		return true
	})
}

func (u *uses) readNode(n ast.Node, place func() string) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if text, ok := literal(n); ok {
			u.literals[text] = true
		}
	case *ast.BinaryExpr:
		if text, ok := literal(n.X); ok && n.Op == token.ADD && keyPrefix.MatchString(text) {
			u.prefixes[text] = true
		}
	case *ast.KeyValueExpr:
		if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Msg" {
			u.demand(n.Value, place)
		}
	case *ast.CallExpr:
		u.readCall(n, place)
	}
}

// readCall knows the calls that take a key: p.T and p.Tf, errs.New and errs.InvalidField, and wrong of web's forms.
func (u *uses) readCall(call *ast.CallExpr, place func() string) {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return
	}
	owner, _ := method.X.(*ast.Ident)
	switch ofErrs := owner != nil && owner.Name == "errs"; {
	case method.Sel.Name == "T" && len(call.Args) == 1:
		u.demand(call.Args[0], place)
		if key, ok := literal(call.Args[0]); ok {
			u.plain[key] = place()
		}
	case method.Sel.Name == "Tf" && len(call.Args) == 2:
		u.demand(call.Args[0], place)
	case ofErrs && (method.Sel.Name == "New" || method.Sel.Name == "InvalidField") && len(call.Args) >= 3:
		u.demand(call.Args[2], place)
	case method.Sel.Name == "wrong" && len(call.Args) >= 2: // web's input: name, key
		u.demand(call.Args[1], place)
	}
}

// demand notes that a literal must be a key.
func (u *uses) demand(e ast.Expr, place func() string) {
	if key, ok := literal(e); ok && key != "" {
		u.messages[key] = place()
	}
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

var (
	keyPrefix    = regexp.MustCompile(`^[a-z_]+(\.[a-z0-9_]+)*\.$`)
	templMessage = regexp.MustCompile(`\.(Tf?)\(\s*"([^"]+)"\s*[,)]`)
	templPrefix  = regexp.MustCompile(`"([a-z_]+(?:\.[a-z0-9_]+)*\.)"\s*\+`)
	templLiteral = regexp.MustCompile(`"([^"\n]*)"`)
)

func (u *uses) readTempl(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range templMessage.FindAllStringSubmatch(string(text), -1) {
		u.messages[m[2]] = path
		if m[1] == "T" {
			u.plain[m[2]] = path
		}
	}
	for _, m := range templPrefix.FindAllStringSubmatch(string(text), -1) {
		u.prefixes[m[1]] = true
	}
	for _, m := range templLiteral.FindAllStringSubmatch(string(text), -1) {
		u.literals[m[1]] = true
	}
}

// sameEverywhere are the words that templates may hold, with the reason.
var sameEverywhere = map[string]string{
	"UUID":   "an international term",
	"JSON":   "an international term",
	"CSV":    "the name of a format",
	"XLSX":   "the name of a format",
	"Ctrl K": "as the keys of the keyboard are labelled",
}

// readAloud are the attributes whose text a person reads or hears.
var readAloud = []string{"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription", "label", "summary"}

func TestTemplatesHoldNoWords(t *testing.T) {
	for _, path := range sourceFiles(t, ".templ") {
		file, err := templparser.Parse(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for _, node := range file.Nodes {
			if template, ok := node.(*templparser.HTMLTemplate); ok {
				for _, words := range hardCoded(template.Children) {
					t.Errorf("%s: %s holds %q: put it into the catalogues", path, template.Expression.Value, words)
				}
			}
		}
	}
}

func TestHardCodedWordsAreFound(t *testing.T) {
	const text = `package x
templ X(p P) {
	<p title="Open it" class="word">Hello &amp; { p.T("x") } <b>UUID</b> · 1</p>
	if p.Yes {
		for _, v := range p.All {
			<i>inner</i>
		}
	}
	@Box() {
		<input placeholder={ p.T("x") } aria-label="Amount"/>
	}
}
`
	file, err := templparser.ParseString(text)
	if err != nil {
		t.Fatal(err)
	}
	template, ok := file.Nodes[0].(*templparser.HTMLTemplate)
	if !ok {
		t.Fatalf("got %T, want a template", file.Nodes[0])
	}
	got, want := fmt.Sprint(hardCoded(template.Children)), "[Open it Hello & inner Amount]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// hardCoded lists the words that stand in templates as text or as an attribute that is read aloud.
func hardCoded(nodes []templparser.Node) []string {
	var found []string
	note := func(text string) {
		text = strings.TrimSpace(html.UnescapeString(text))
		if _, allowed := sameEverywhere[text]; !allowed && strings.ContainsFunc(text, unicode.IsLetter) {
			found = append(found, text)
		}
	}
	for _, node := range nodes {
		switch node := node.(type) {
		case *templparser.Text:
			note(node.Value)
		case *templparser.Element:
			for _, a := range node.Attributes {
				if constant, ok := a.(*templparser.ConstantAttribute); ok && slices.Contains(readAloud, constant.Key.String()) {
					note(constant.Value)
				}
			}
		}
		if composite, ok := node.(templparser.CompositeNode); ok {
			found = append(found, hardCoded(composite.ChildNodes())...)
		}
	}
	return found
}
