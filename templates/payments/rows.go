package payments

import (
	"context"
	"io"
	"sync"

	"github.com/a-h/templ"
)

// rows draws the payments of a page. It is written by hand and not in templ, whose expressions allocate: for 50 rows of 8
// cells they take more time than everything else of the page. The markup is that of ui.When, ui.Amount, ui.Code and
// ui.Badge, which a test holds it to, without the end tags and quotes that HTML does not need.
func rows(r Results) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		m := markups.Get().(*markup)
		defer markups.Put(m)
		m.bytes = m.bytes[:0]
		for i := range r.Rows {
			m.row(&r.Rows[i], r.Shown, r.Unit)
		}
		_, err := w.Write(m.bytes)
		return err
	})
}

var markups = sync.Pool{New: func() any { return &markup{bytes: make([]byte, 0, 32<<10)} }}

// tag is markup of our own. Only a constant becomes one by itself, so that no text can end up unescaped by mistake.
type tag string

// markup is HTML under construction.
type markup struct{ bytes []byte }

func (m *markup) tag(t tag) { m.bytes = append(m.bytes, t...) }

// text writes a text or the value of a quoted attribute, escaped.
func (m *markup) text(s string) {
	start := 0
	for i := range len(s) {
		escaped := ""
		switch s[i] {
		case '&':
			escaped = "&amp;"
		case '<':
			escaped = "&lt;"
		case '>':
			escaped = "&gt;"
		case '"':
			escaped = "&#34;"
		case '\'':
			escaped = "&#39;"
		default:
			continue
		}
		m.bytes = append(append(m.bytes, s[start:i]...), escaped...)
		start = i + 1
	}
	m.bytes = append(m.bytes, s[start:]...)
}

func (m *markup) row(r *Row, shown []Column, unit string) {
	m.tag("<tr>")
	for _, c := range shown {
		switch c {
		case Time:
			m.time(r)
		case Amount:
			m.amount(r, unit)
		case Status:
			m.status(r)
		case Card:
			m.code(r.Card)
		case Terminal:
			m.code(r.Terminal)
		case PSP:
			m.plain(r.PSP)
		case Type:
			m.plain(r.Type)
		case ID:
			m.code(r.ID)
		case Connection:
			m.plain(r.Connection)
		}
	}
}

// time draws the head of the row with the link to the payment.
func (m *markup) time(r *Row) {
	m.tag(`<th scope=row><a href="`)
	m.text(string(templ.URL(r.Href)))
	m.tag(`"><time datetime="`)
	m.text(r.At.ISO)
	m.tag(`" title="`)
	m.text(r.At.Other)
	m.tag(`">`)
	m.text(r.At.Text)
	m.tag("</time></a>")
}

func (m *markup) amount(r *Row, unit string) {
	m.tag(`<td class=num><bdi dir=ltr data-amount="`)
	m.text(r.Amount.Minor)
	m.tag(`">`)
	m.text(r.Amount.Text)
	m.tag(" <span class=unit>")
	m.text(unit)
	m.tag("</span></bdi>")
}

func (m *markup) status(r *Row) {
	m.tag("<td><span class=badge")
	if r.Status.Tone != "" {
		m.tag(` data-tone="`)
		m.text(string(r.Status.Tone))
		m.tag(`"`)
	}
	m.tag(">")
	m.text(r.Status.Text)
	m.tag("</span>")
}

func (m *markup) code(s string) {
	m.tag("<td><bdi dir=ltr>")
	m.text(s)
	m.tag("</bdi>")
}

func (m *markup) plain(s string) {
	m.tag("<td>")
	m.text(s)
}
