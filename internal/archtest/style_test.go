package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// finding is a broken rule and the node that breaks it.
type finding struct {
	node ast.Node
	what string
}

// goRules are the gates for Go code. Each looks at one node of a file.
var goRules = []struct {
	name string
	why  string
	// applies chooses the files.
	applies func(f *goFile) bool
	breaks  func(n ast.Node, above []ast.Node) bool
}{
	{
		"raw HTML", "templ escapes; whatever goes round it is a way for a script into the page",
		anywhere, callOf("templ", "Raw", "SafeURL", "SafeCSS", "JSUnsafeFuncCall", "FromGoHTML"),
	},
	{
		"InsecureSkipVerify", "a connection that is not verified is a connection to anyone",
		anywhere, func(n ast.Node, _ []ast.Node) bool {
			id, ok := n.(*ast.Ident)
			return ok && id.Name == "InsecureSkipVerify"
		},
	},
	{
		"default HTTP client", "it has no timeouts and no egress rules: use the client of provider/apiclient",
		outsideTests, callOf("http", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"),
	},
	{
		"skipped test", "a test that may be skipped is a test that is not run; say what is missing and fail",
		withTesting, methodOf([]string{"t", "b", "f", "tb", "rt"}, "Skip", "Skipf", "SkipNow"),
	},
	{
		"sleep in a test", "wait for the condition itself: a sleep is too short on a slow day and too long on all others",
		inTests, sleepOutsideLoop,
	},
	{
		"float beside money", "0.1 + 0.2 is not 0.3: amounts are whole minor units",
		beside("internal/money", "internal/psp", "internal/banking", "internal/checkout", "internal/tupay"), isFloat,
	},
	{
		"failed to", "say what was attempted: the reader of an error knows that it failed",
		outsideTests, failedTo,
	},
}

func anywhere(f *goFile) bool     { return !f.isGenerated() }
func withTesting(f *goFile) bool  { return slices.Contains(f.imports(), "testing") }
func inTests(f *goFile) bool      { return f.isTest() }
func outsideTests(f *goFile) bool { return !f.isTest() && !f.isGenerated() }

func beside(folders ...string) func(*goFile) bool {
	return func(f *goFile) bool { return outsideTests(f) && slices.Contains(folders, f.folder) }
}

// callOf finds a use of any of the names of a package.
func callOf(pkg string, names ...string) func(ast.Node, []ast.Node) bool {
	return methodOf([]string{pkg}, names...)
}

func methodOf(owners []string, names ...string) func(ast.Node, []ast.Node) bool {
	return func(n ast.Node, _ []ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains(names, selector.Sel.Name) {
			return false
		}
		owner, ok := selector.X.(*ast.Ident)
		return ok && slices.Contains(owners, owner.Name)
	}
}

// sleepOutsideLoop finds a sleep that stands alone. In a loop it is the pause between two looks at a condition.
func sleepOutsideLoop(n ast.Node, above []ast.Node) bool {
	return callOf("time", "Sleep")(n, above) && !slices.ContainsFunc(above, func(n ast.Node) bool {
		loop, ok := n.(*ast.ForStmt)
		return ok && loop.Cond != nil
	})
}

func isFloat(n ast.Node, _ []ast.Node) bool {
	switch n := n.(type) {
	case *ast.Ident:
		return n.Name == "float64" || n.Name == "float32" || n.Name == "ParseFloat"
	case *ast.BasicLit:
		return n.Kind == token.FLOAT
	default:
		return false
	}
}

func failedTo(n ast.Node, _ []ast.Node) bool {
	lit, ok := n.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING && (strings.HasPrefix(lit.Value, `"failed to `) || strings.HasPrefix(lit.Value, `"unable to `))
}

func TestGoStyle(t *testing.T) {
	for _, file := range everyGoFile(t) {
		for _, f := range breaches(file) {
			t.Errorf("%s: %s", file.at(f.node), f.what)
		}
	}
}

func breaches(file *goFile) []finding {
	var found []finding
	for _, r := range goRules {
		if !r.applies(file) {
			continue
		}
		ast.PreorderStack(file.syntax, nil, func(n ast.Node, above []ast.Node) bool {
			if r.breaks(n, above) {
				found = append(found, finding{n, r.name + ": " + r.why})
			}
			return true
		})
	}
	return found
}

func TestGoRulesFindBreaches(t *testing.T) {
	tests := []struct {
		path, code string
		want       int
	}{
		{"web/x.go", `func f() { templ.Raw("x"); templ.SafeURL(u) }`, 2},
		{"web/x_templ.go", `func f() { templ.Raw("x") }`, 0},
		{"provider/x/x.go", `var c = &tls.Config{InsecureSkipVerify: true}`, 1},
		{"provider/x/x.go", `func f() { http.DefaultClient.Do(r); http.Get(u) }`, 2},
		{"provider/x/x_test.go", `func f() { http.Get(u) }`, 0},
		{"web/x_test.go", `func f(t *testing.T) { t.Skip("x"); time.Sleep(1) }`, 2},
		{"web/x_test.go", `func f() { for !done() { time.Sleep(1) } }`, 0},
		{"web/x_test.go", `func f() { for { time.Sleep(1) } }`, 1},
		{"web/x.go", `func f() { time.Sleep(1) }`, 0},
		{"internal/money/x.go", `var x float64 = 1.5`, 2},
		{"internal/mirror/x.go", `var x float64`, 0},
		{"web/x.go", `var e = errors.New("failed to open")`, 1},
		{"web/x.go", `var e = errors.New("open the door") // not templ.Raw(`, 0},
	}
	for _, tt := range tests {
		files := token.NewFileSet()
		syntax, err := parser.ParseFile(files, tt.path, "package x\nimport \"testing\"\n"+tt.code, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(breaches(&goFile{tt.path, folderOf(tt.path), syntax, files})); got != tt.want {
			t.Errorf("%s: %s: got %d breaches, want %d", tt.path, tt.code, got, tt.want)
		}
	}
}

// textRules are the gates for templates and scripts, by the ending of a file.
var textRules = []struct {
	ending  string
	pattern *regexp.Regexp
	why     string
}{
	{".templ", regexp.MustCompile(`\bstyle\s*=`), "the Content-Security-Policy blocks style attributes: use a class"},
	{".templ", regexp.MustCompile(`<style\b`), "CSS belongs to static/app.css"},
	{".templ", regexp.MustCompile(`<script(\s+nonce=\S+)?>`), "JavaScript belongs to static/"},
	{".templ", regexp.MustCompile(`(^|\s)on[a-z]+\s*=`), "inline handlers are blocked: delegated listeners stand in static/app.js"},
	{".templ", regexp.MustCompile(`hx-on|hx-boost`), "hx-on needs eval, and hx-boost breaks Back"},
	{".templ", regexp.MustCompile(`hx-[a-z:-]+="[^"]*\bjs:`), "js: needs eval"},
	{".templ", regexp.MustCompile(`hx-trigger="[^"]*\[`), "a [filter] needs eval and fails open: the request goes out"},
	{".templ", regexp.MustCompile(`templ\.(Raw|SafeURL|SafeCSS|JSUnsafeFuncCall)\(`), "templ escapes; whatever goes round it is a way for a script into the page"},
	{".templ", regexp.MustCompile(`javascript:`), "an address that runs is a script"},
	{".js", regexp.MustCompile(`postMessage\([^;]*['"]\*['"]`), "a message to * is a message to whoever frames the page"},
	{".js", regexp.MustCompile(`\beval\(|new Function\(|document\.write\(`), "the Content-Security-Policy blocks it"},
	{".js", regexp.MustCompile(`\.(innerHTML|outerHTML)\s*\+?=[^=]|insertAdjacentHTML`), "text that becomes markup becomes a script: use textContent"},
}

func TestTemplateAndScriptStyle(t *testing.T) {
	for _, ending := range []string{".templ", ".js"} {
		paths, err := list(ending)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasPrefix(path, "static/vendor/") {
				continue // pinned by hash
			}
			text, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				t.Fatal(err)
			}
			for at, line := range strings.Split(string(text), "\n") {
				for _, why := range textBreaches(ending, line) {
					t.Errorf("%s:%d: %s\n\t%s", path, at+1, why, strings.TrimSpace(line))
				}
			}
		}
	}
}

// textBreaches gives the reasons why a line is not allowed. Lines that are comments may name what they ban.
func textBreaches(ending, line string) []string {
	if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "//") || strings.HasPrefix(trimmed, "*") {
		return nil
	}
	var found []string
	for _, r := range textRules {
		if r.ending == ending && r.pattern.MatchString(line) {
			found = append(found, r.why)
		}
	}
	return found
}

func TestTextRulesFindBreaches(t *testing.T) {
	tests := []struct {
		ending, line string
		want         int
	}{
		{".templ", `<p style="color:red">`, 1},
		{".templ", `<p class="style">`, 0},
		{".templ", `<script>`, 1},
		{".templ", `<script src={ f.Script } defer></script>`, 0},
		{".templ", `<button onclick="x()">`, 1},
		{".templ", `<button hx-on:click="x()">`, 1},
		{".templ", `<input hx-vals="js:{a:1}">`, 1},
		{".templ", `<input hx-trigger="keyup[key=='a']">`, 1},
		{".templ", `<input hx-trigger="input delay:300ms">`, 0},
		{".templ", `<a href={ templ.SafeURL(u) }>`, 1},
		{".templ", `<a href="javascript:x()">`, 1},
		{".templ", `<section aria-label={ x }>`, 0},
		{".js", `parent.postMessage({a: 1}, "*");`, 1},
		{".js", `parent.postMessage({a: 1}, origin);`, 0},
		{".js", `el.innerHTML = x`, 1},
		{".js", `if (el.innerHTML === x)`, 0},
		{".js", `// never innerHTML = x`, 0},
	}
	for _, tt := range tests {
		if got := len(textBreaches(tt.ending, tt.line)); got != tt.want {
			t.Errorf("%s: %s: got %d breaches, want %d", tt.ending, tt.line, got, tt.want)
		}
	}
}

// packageComment is how a package comment starts. templ puts a line of its own before the one of its source.
var packageComment = regexp.MustCompile(`(?m)^(Package|Command) [a-z]`)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	documented := make(map[string]bool)
	for _, file := range everyGoFile(t) {
		documented[file.folder] = documented[file.folder] || hasPackageComment(file)
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment: say what it is, what it is not, and who may import it", folder)
		}
	}
}

func hasPackageComment(file *goFile) bool {
	return slices.ContainsFunc(file.syntax.Comments, func(group *ast.CommentGroup) bool {
		return group.End() < file.syntax.Package && packageComment.MatchString(group.Text())
	})
}

// emptyNames are names of packages that say nothing about what is in them.
var emptyNames = regexp.MustCompile(`^(util|common|helper|manager|data|info|misc|base|shared|core|lib|types|models?)s?$`)

func TestPackageNamesSayWhatIsInThem(t *testing.T) {
	for _, file := range everyGoFile(t) {
		name := strings.TrimSuffix(file.syntax.Name.Name, "_test")
		if emptyNames.MatchString(name) {
			t.Errorf("%s: the package name %q says nothing", file.path, name)
		}
	}
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

func TestCommentsAreFinished(t *testing.T) {
	for _, file := range everyGoFile(t) {
		for _, group := range file.syntax.Comments {
			for _, comment := range group.List {
				if unfinished.MatchString(comment.Text) {
					t.Errorf("%s: %s: finish it, or open an issue", file.at(comment), comment.Text)
				}
				if rest, found := strings.CutPrefix(comment.Text, "//nolint"); found && !strings.Contains(rest, " // ") {
					t.Errorf("%s: %s: say why, after a second //", file.at(comment), comment.Text)
				}
			}
		}
	}
}
