package htmlcheck

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// selector is a chain of simple selectors, each to be found below the one before it: "table tr.failed td[data-amount]".
type selector []simple

// simple matches one element: an optional tag, then any number of #id, .class, [attr] and [attr=value].
type simple struct {
	tag     string
	id      string
	classes []string
	attrs   []attribute
}

type attribute struct {
	name, value string
	anyValue    bool
}

// parseSelector reads the small part of CSS that tests need. Anything else panics: a selector is a literal in a test, and one
// that is misread would match nothing and pass for "not there".
func parseSelector(s string) selector {
	var sel selector
	for _, part := range splitOutsideBrackets(s) {
		sel = append(sel, parseSimple(part))
	}
	if len(sel) == 0 {
		panic("htmlcheck: the selector is empty")
	}
	return sel
}

// splitOutsideBrackets splits at spaces, except within [attr=two words].
func splitOutsideBrackets(s string) []string {
	depth := 0
	return strings.FieldsFunc(s, func(r rune) bool {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		}
		return r == ' ' && depth == 0
	})
}

func parseSimple(s string) simple {
	tag, rest := cutName(s)
	m := simple{tag: tag}
	for rest != "" {
		var name string
		switch kind := rest[0]; kind {
		case '#':
			m.id, rest = cutName(rest[1:])
			name = m.id
		case '.':
			name, rest = cutName(rest[1:])
			m.classes = append(m.classes, name)
		case '[':
			inside, after, closed := strings.Cut(rest[1:], "]")
			if !closed {
				panic(fmt.Sprintf("htmlcheck: no ] in selector %q", s))
			}
			var a attribute
			var valued bool
			a.name, a.value, valued = strings.Cut(inside, "=")
			a.value, a.anyValue = strings.Trim(a.value, `"'`), !valued
			if strings.ContainsAny(a.name, "~^$*|") {
				panic(fmt.Sprintf("htmlcheck: only [attr] and [attr=value] are known, not %q", s))
			}
			m.attrs = append(m.attrs, a)
			name, rest = a.name, after
		}
		if name == "" {
			panic(fmt.Sprintf("htmlcheck: selector %q is not one of tag, #id, .class, [attr], [attr=value]", s))
		}
	}
	return m
}

// cutName splits off what stands before the next # . or [.
func cutName(s string) (name, rest string) {
	i := strings.IndexAny(s, "#.[>+~:,*")
	if i < 0 {
		return s, ""
	}
	if strings.ContainsRune(">+~:,*", rune(s[i])) {
		panic(fmt.Sprintf("htmlcheck: %q is not known in selectors", s[i]))
	}
	return s[:i], s[i:]
}

func (m simple) matches(n *html.Node) bool {
	if n.Type != html.ElementNode || (m.tag != "" && m.tag != n.Data) {
		return false
	}
	if id, _ := attr(n, "id"); m.id != "" && m.id != id {
		return false
	}
	classes, _ := attr(n, "class")
	for _, want := range m.classes {
		if !slices.Contains(strings.Fields(classes), want) {
			return false
		}
	}
	for _, want := range m.attrs {
		if got, ok := attr(n, want.name); !ok || (!want.anyValue && got != want.value) {
			return false
		}
	}
	return true
}

// all lists the elements below root that the selector matches, in document order, each once.
func (sel selector) all(root *html.Node) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if sel.matches(n, root) {
			found = append(found, n)
		}
	}
	return found
}

// matches reports whether the last part matches n and the parts before it match ancestors of n below root, in order.
func (sel selector) matches(n, root *html.Node) bool {
	last := len(sel) - 1
	if !sel[last].matches(n) {
		return false
	}
	rest := sel[:last]
	for p := n.Parent; p != nil && p != root && len(rest) > 0; p = p.Parent {
		if rest[len(rest)-1].matches(p) {
			rest = rest[:len(rest)-1]
		}
	}
	return len(rest) == 0
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}
