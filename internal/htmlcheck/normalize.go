package htmlcheck

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// parse reads a whole page, or a fragment as the contents of a body; rows and cells of a table are parsed within what may
// hold them, since they would be dropped elsewhere.
func parse(text string) (*html.Node, error) {
	start := strings.ToLower(strings.TrimSpace(text))
	if strings.HasPrefix(start, "<!doctype") || strings.HasPrefix(start, "<html") {
		return html.Parse(strings.NewReader(text))
	}
	nodes, err := html.ParseFragment(strings.NewReader(text), fragmentContext(start))
	if err != nil {
		return nil, err
	}
	root := &html.Node{Type: html.DocumentNode}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	return root, nil
}

func fragmentContext(start string) *html.Node {
	context := atom.Body
	for _, row := range []struct {
		prefix string
		within atom.Atom
	}{
		{"<td", atom.Tr},
		{"<th>", atom.Tr},
		{"<th ", atom.Tr},
		{"<tr", atom.Tbody},
		{"<tbody", atom.Table},
		{"<thead", atom.Table},
		{"<tfoot", atom.Table},
		{"<caption", atom.Table},
	} {
		if strings.HasPrefix(start, row.prefix) {
			context = row.within
		}
	}
	return &html.Node{Type: html.ElementNode, Data: context.String(), DataAtom: context}
}

// Normalize re-indents a page or a fragment for a golden file: an element or a text a line, attributes in alphabetical order,
// each run of white space as one space. Two pages with equal elements come out equal, and a difference reads well.
func Normalize(page string) string {
	root, err := parse(page)
	if err != nil {
		return fmt.Sprintf("htmlcheck: cannot parse: %v\n%s", err, page)
	}
	var b strings.Builder
	for n := range root.ChildNodes() {
		write(&b, n, 0)
	}
	return b.String()
}

func write(b *strings.Builder, n *html.Node, depth int) {
	indent := strings.Repeat("  ", depth)
	switch n.Type {
	case html.TextNode:
		if text := strings.Join(strings.Fields(n.Data), " "); text != "" {
			b.WriteString(indent + html.EscapeString(text) + "\n")
		}
	case html.DoctypeNode:
		b.WriteString(indent + "<!doctype " + n.Data + ">\n")
	case html.CommentNode:
		b.WriteString(indent + "<!--" + n.Data + "-->\n")
	case html.ElementNode:
		b.WriteString(indent + openTag(n) + "\n")
		for child := range n.ChildNodes() {
			write(b, child, depth+1)
		}
		if !isVoid(n) {
			b.WriteString(indent + "</" + n.Data + ">\n")
		}
	}
}

func openTag(n *html.Node) string {
	attrs := slices.Clone(n.Attr)
	slices.SortFunc(attrs, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
	var b strings.Builder
	b.WriteString("<" + n.Data)
	for _, a := range attrs {
		b.WriteString(" " + a.Key)
		if a.Val != "" {
			b.WriteString(`="` + html.EscapeString(a.Val) + `"`)
		}
	}
	b.WriteString(">")
	return b.String()
}

func isVoid(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Source,
		atom.Track, atom.Wbr:
		return true
	default:
		return false
	}
}
