package htmlcheck

import (
	"strings"
	"testing"
)

const page = `<!doctype html><html lang="fa" dir="rtl"><head><title>Payments</title><style>.x{}</style></head><body>
<nav><a href="/">Overview</a></nav>
<table id="payments"><tbody>
<tr class="row failed" data-id="1"><td>Declined</td><td data-amount>1,500</td></tr>
<tr class="row" data-id="2"><td>  Paid
 out </td><td data-amount>2,000</td></tr>
</tbody></table>
<a class="btn" href="/payments/1" title="two words">Open</a><input disabled>
</body></html>`

func TestChecks(t *testing.T) {
	tests := []struct {
		name  string
		check Check
		want  string // the error; empty for none
	}{
		{"tag", In("title", HasExactText("Payments")), ""},
		{"id", In("#payments"), ""},
		{"classes", In("tr.row.failed", HasAttr("data-id", "1")), ""},
		{"attribute", In("td[data-amount]", HasText("1,500")), ""},
		{"attribute value", In("tr[data-id=2]", HasText("Paid out")), ""},
		{"quoted value with a space", In(`a[title="two words"]`, HasHref("/payments/1")), ""},
		{"descendant", In("body table tr.failed td", HasText("Declined")), ""},
		{"nested", In("#payments", In("tr[data-id=2]", HasText("2,000"))), ""},
		{"the page itself", In("html", HasAttr("dir", "rtl")), ""},
		{"each", InEach("td[data-amount]", HasText(",")), ""},
		{"count", Count("tr", 2), ""},
		{"not in", NotIn("form"), ""},
		{"no attribute", In("a.btn", NoAttr("onclick")), ""},
		{"no text", In("nav", NoText("Payments")), ""},

		{"missing", In("form"), "form: no such element"},
		{"missing each", InEach("form"), "form: no such element"},
		{"ancestor of another kind", In("nav td"), "nav td: no such element"},
		{"order of ancestors", In("tr table"), "tr table: no such element"},
		{"one class only", In("tr.row.paid"), "tr.row.paid: no such element"},
		{"other value", In("tr[data-id=3]"), "tr[data-id=3]: no such element"},
		{"outside of the nested", In("nav", In("td")), "nav: td: no such element"},
		{"text", In("title", HasText("Reports")), `title: got text "Payments", want it to contain "Reports"`},
		{"part of the text", In("title", HasExactText("Pay")), `title: got text "Payments", want "Pay"`},
		{"text that is there", In("title", NoText("Pay")), `title: got text "Payments", want it without "Pay"`},
		{"each but one", InEach("td[data-amount]", HasText("1,500")), `td[data-amount] (2 of 2): got text "2,000", want it to contain "1,500"`},
		{"there", NotIn("nav"), "nav: got 1 elements, want 0"},
		{"attribute missing", In("nav", HasAttr("id", "x")), `nav: no attribute id, want "x"`},
		{"link", In("a.btn", HasHref("/")), `a.btn: got href="/payments/1", want "/"`},
		{"attribute there", In("input", NoAttr("disabled")), `input: got disabled="", want no such attribute`},
	}
	root, err := parse(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := tt.check(root); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTextLeavesOutStyles(t *testing.T) {
	root, err := parse(page)
	if err != nil {
		t.Fatal(err)
	}
	if got := Text(root); strings.Contains(got, ".x") || !strings.Contains(got, "Overview") {
		t.Errorf("Text = %q, want what a reader sees", got)
	}
}

func TestSelectorsOutsideTheSubsetPanic(t *testing.T) {
	for _, sel := range []string{"", "a > b", "a:hover", "a,b", "a[b", "a[b^=c]", "a.", "#", "*"} {
		t.Run(sel, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("selector %q was accepted", sel)
				}
			}()
			parseSelector(sel)
		})
	}
}

func TestNormalize(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{
			"fragment", `<p  id=a class="b">x  &amp;
 y<br>z</p>`, "<p class=\"b\" id=\"a\">\n  x &amp; y\n  <br>\n  z\n</p>\n",
		},
		{"row", `<tr><td>1</td></tr>`, "<tr>\n  <td>\n    1\n  </td>\n</tr>\n"},
		{"cell", `<td>1</td>`, "<td>\n  1\n</td>\n"},
		{"page", `<!doctype html><title>x</title>`, "<!doctype html>\n<html>\n  <head>\n    <title>\n      x\n    </title>\n  </head>\n  <body>\n  </body>\n</html>\n"},
		{"attribute is escaped", `<a title='"<'>x</a>`, "<a title=\"&#34;&lt;\">\n  x\n</a>\n"},
		{"comment", `<!-- a -->`, "<!-- a -->\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Normalize(tt.page); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	if one, two := Normalize(`<p id=a class=b>x</p>`), Normalize("<p class='b'\n id='a'> x </p>"); one != two {
		t.Errorf("equal elements differ:\n%s\n%s", one, two)
	}
}
