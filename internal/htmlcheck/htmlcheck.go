// Package htmlcheck lets tests say what a page holds by elements instead of by searching its text, after the package of that
// name in golang/pkgsite, and re-indents pages for golden files. Only tests may import it; it imports nothing of ours.
//
//	htmlcheck.Run(t, body,
//		htmlcheck.In("table#payments tr.failed", htmlcheck.HasText("Declined"), htmlcheck.HasHref("/payments/1")),
//		htmlcheck.NotIn("form[action=/terminals]"))
package htmlcheck

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Check looks at an element, or at the whole page, and says what is wrong, or nil.
type Check func(*html.Node) error

// Run parses a page or a fragment and reports each check that fails.
func Run(t testing.TB, page string, checks ...Check) {
	t.Helper()
	root := Parse(t, strings.NewReader(page))
	for _, check := range checks {
		if err := check(root); err != nil {
			t.Error(err)
		}
	}
}

// Parse reads a page or a fragment; damaged input fails the test.
func Parse(t testing.TB, r io.Reader) *html.Node {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read page: %v", err)
	}
	root, err := parse(string(text))
	if err != nil {
		t.Fatalf("parse page: %v", err)
	}
	return root
}

// In demands that at least one element matches the selector, and runs the checks on the first.
func In(sel string, checks ...Check) Check {
	parsed := parseSelector(sel)
	return func(n *html.Node) error {
		found := parsed.all(n)
		if len(found) == 0 {
			return fmt.Errorf("%s: no such element", sel)
		}
		return runAll(sel, found[0], checks)
	}
}

// InEach demands that at least one element matches the selector, and runs the checks on all of them.
func InEach(sel string, checks ...Check) Check {
	parsed := parseSelector(sel)
	return func(n *html.Node) error {
		found := parsed.all(n)
		if len(found) == 0 {
			return fmt.Errorf("%s: no such element", sel)
		}
		for i, element := range found {
			if err := runAll(fmt.Sprintf("%s (%d of %d)", sel, i+1, len(found)), element, checks); err != nil {
				return err
			}
		}
		return nil
	}
}

func runAll(sel string, n *html.Node, checks []Check) error {
	for _, check := range checks {
		if err := check(n); err != nil {
			return fmt.Errorf("%s: %w", sel, err)
		}
	}
	return nil
}

// NotIn demands that no element matches the selector.
func NotIn(sel string) Check {
	return Count(sel, 0)
}

// Count demands that exactly want elements match the selector.
func Count(sel string, want int) Check {
	parsed := parseSelector(sel)
	return func(n *html.Node) error {
		if got := len(parsed.all(n)); got != want {
			return fmt.Errorf("%s: got %d elements, want %d", sel, got, want)
		}
		return nil
	}
}

// HasText demands that the element's text, with each run of white space as one space, contains want.
func HasText(want string) Check {
	return func(n *html.Node) error {
		if got := Text(n); !strings.Contains(got, want) {
			return fmt.Errorf("got text %q, want it to contain %q", got, want)
		}
		return nil
	}
}

// HasExactText demands that the element's text, with each run of white space as one space, is want.
func HasExactText(want string) Check {
	return func(n *html.Node) error {
		if got := Text(n); got != want {
			return fmt.Errorf("got text %q, want %q", got, want)
		}
		return nil
	}
}

// NoText demands that the element's text does not contain banned.
func NoText(banned string) Check {
	return func(n *html.Node) error {
		if got := Text(n); strings.Contains(got, banned) {
			return fmt.Errorf("got text %q, want it without %q", got, banned)
		}
		return nil
	}
}

// HasAttr demands that the element has the attribute with exactly this value.
func HasAttr(name, want string) Check {
	return func(n *html.Node) error {
		got, ok := attr(n, name)
		if !ok {
			return fmt.Errorf("no attribute %s, want %q", name, want)
		}
		if got != want {
			return fmt.Errorf("got %s=%q, want %q", name, got, want)
		}
		return nil
	}
}

// NoAttr demands that the element lacks the attribute.
func NoAttr(name string) Check {
	return func(n *html.Node) error {
		if got, ok := attr(n, name); ok {
			return fmt.Errorf("got %s=%q, want no such attribute", name, got)
		}
		return nil
	}
}

// HasHref demands that the element links to exactly this address.
func HasHref(want string) Check { return HasAttr("href", want) }

// All lists the elements below n that match the selector, in document order.
func All(n *html.Node, sel string) []*html.Node { return parseSelector(sel).all(n) }

// Attr gives an attribute of the element and whether it has it.
func Attr(n *html.Node, name string) (string, bool) { return attr(n, name) }

// Text gives the text of the element and all below it, without scripts and styles, each run of white space as one space.
func Text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && !isRaw(d.Parent) {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func isRaw(n *html.Node) bool { return n != nil && (n.Data == "script" || n.Data == "style") }
