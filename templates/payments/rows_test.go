package payments

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"payportal/internal/htmlcheck"
	"payportal/templates/ui"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var row = Row{
	Href: "/payments/01KH4M?return=/payments?status=failed%26sort=amount&connection=a",
	At:   ui.Time{ISO: "2026-03-01T11:59:43Z", Text: "2026-03-01 15:29:43", Other: `10 "Esfand" 1404`}, Amount: ui.Money{Minor: "46712500", Text: "46,712,500"},
	Status: ui.Status{Tone: ui.Failure, Text: "Failed"}, Card: "603799******8123", Terminal: "14140052", PSP: `<b>Ali's & "Co"</b>`, Type: "POS",
	ID: "01KH4M", Connection: "<i>",
}

// TestRowsAreWhatTheComponentsDraw holds the markup that is written by hand to that of templates/ui.
func TestRowsAreWhatTheComponentsDraw(t *testing.T) {
	got := htmlcheck.Normalize("<table><tbody>" + render(t, rows(Results{Rows: []Row{row}, Shown: Columns(), Unit: "rial"})) + "</tbody></table>")
	amount := row.Amount
	amount.Unit = "rial"
	var cells strings.Builder
	for _, c := range []templ.Component{
		ui.Amount(amount), ui.Badge(row.Status.Tone, row.Status.Text), ui.Code(row.Card), ui.Code(row.Terminal), text(row.PSP), text(row.Type),
		ui.Code(row.ID), text(row.Connection),
	} {
		class := ""
		if cells.Len() == 0 {
			class = ` class="num"`
		}
		cells.WriteString("<td" + class + ">" + render(t, c) + "</td>")
	}
	head := `<th scope="row"><a href="` + templ.EscapeString(row.Href) + `">` + strings.TrimSpace(render(t, ui.When(row.At))) + "</a></th>"
	want := htmlcheck.Normalize("<table><tbody><tr>" + head + cells.String() + "</tr></tbody></table>")
	if got != want {
		t.Errorf("a row is\n%s\nwant\n%s", got, want)
	}
}

func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

func TestRowsLeadNowhereElse(t *testing.T) {
	bad := row
	bad.Href = "javascript:alert(1)"
	if got := render(t, rows(Results{Rows: []Row{bad}, Shown: []Column{Time}})); strings.Contains(got, "javascript") {
		t.Errorf("a row leads to a script: %s", got)
	}
}
