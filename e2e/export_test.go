package e2e

import (
	"encoding/csv"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
	"github.com/xuri/excelize/v2"
)

// download presses something that answers with a file, and gives the file's content and its name.
func (v *visitor) download(press playwright.Locator) (content []byte, name string) {
	v.t.Helper()
	file, err := v.ExpectDownload(func() error { return press.Click() })
	v.ok(err)
	path, err := file.Path()
	v.ok(err)
	content, err = os.ReadFile(path)
	v.ok(err)
	return content, file.SuggestedFilename()
}

// screen gives the rows of all pages of the list of payments, from the one that is open on, with the texts of their cells.
func (v *visitor) screen() (head []string, rows [][]string) {
	v.t.Helper()
	head = v.texts("#payments-table thead th")
	for {
		page := v.eval(`() => [...document.querySelectorAll("#payments-table tbody tr")].map(r => [...r.cells].map(c => c.innerText.trim()))`)
		for _, cells := range page.([]any) {
			var row []string
			for _, cell := range cells.([]any) {
				row = append(row, cell.(string))
			}
			rows = append(rows, row)
		}
		next := v.find("a#pager-next")
		if n, err := next.Count(); err != nil || n == 0 {
			v.ok(err)
			return head, rows
		}
		v.swap(func() { v.click(next) })
	}
}

// TestExportEqualsScreen downloads what the screen shows as CSV and as XLSX, and compares them with all its pages: same
// rows, same order, same columns, ids and cards as text.
func TestExportEqualsScreen(t *testing.T) {
	for _, tt := range []struct {
		name        string
		preferences map[string]string
		csv, xlsx   string
		amount      string
	}{
		{"English", nil, "Export CSV", "Export Excel", "Amount (rial)"},
		{"Persian in toman", merged(persian, map[string]string{"unit": "toman"}), "خروجی CSV", "خروجی اکسل", "مبلغ (تومان)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := visit(t, demo(t), playwright.BrowserNewContextOptions{Viewport: &playwright.Size{Width: 1600, Height: 900}})
			v.signIn("finance", nil)
			v.readThrough()
			v.prefer(tt.preferences)
			const list = "/payments?status=failed&psp=SEP&sort=-amount"
			v.open(list)
			head, rows := v.screen()
			if len(rows) < 26 {
				t.Fatalf("the list has %d rows; more than a page is needed", len(rows))
			}
			v.open(list)

			content, name := v.download(v.role("link", tt.csv))
			if !regexp.MustCompile(`^payments_status-0_SEP_\d{8}T\d{4}Z\.csv$`).MatchString(name) {
				t.Errorf("the CSV is named %q", name)
			}
			lines := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff")))
			lines.FieldsPerRecord = -1
			records, err := lines.ReadAll()
			v.ok(err)
			compareExport(t, "CSV", head, rows, records, tt.amount)

			content, name = v.download(v.role("link", tt.xlsx))
			if !strings.HasSuffix(name, ".xlsx") {
				t.Errorf("the workbook is named %q", name)
			}
			book, err := excelize.OpenReader(strings.NewReader(string(content)))
			v.ok(err)
			defer book.Close()
			sheet := book.GetSheetName(0)
			records, err = book.GetRows(sheet, excelize.Options{RawCellValue: true})
			v.ok(err)
			at := compareExport(t, "XLSX", head, rows, records, tt.amount)
			for _, column := range []int{3, 4, 7} { // card, terminal, id
				cell, err := excelize.CoordinatesToCellName(column+1, at+2)
				v.ok(err)
				kind, err := book.GetCellType(sheet, cell)
				v.ok(err)
				if kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
					t.Errorf("%s, under %q, is of type %d, want text", cell, head[column], kind)
				}
			}
			view, err := book.GetSheetView(sheet, 0)
			v.ok(err)
			if got, want := view.RightToLeft != nil && *view.RightToLeft, tt.preferences != nil; got != want {
				t.Errorf("the sheet reads from right to left: %v, want %v", got, want)
			}
		})
	}
}

// compareExport compares the records of a file with the screen, and gives the index of the record with the heads.
func compareExport(t *testing.T, kind string, head []string, rows, records [][]string, amount string) int {
	t.Helper()
	at := slices.IndexFunc(records, func(r []string) bool { return len(r) == len(head) && r[0] == head[0] })
	if at < 0 {
		t.Fatalf("%s has no line with the heads %v:\n%v", kind, head, records[:min(8, len(records))])
	}
	if records[at][1] != amount {
		t.Errorf("%s names the amount %q, want %q", kind, records[at][1], amount)
	}
	got := records[at+1:]
	if len(got) != len(rows) {
		t.Fatalf("%s has %d rows, the screen %d", kind, len(got), len(rows))
	}
	for i := range rows {
		for j := range head {
			want := rows[i][j]
			if j == 1 { // an amount is a number in the file, without its unit
				want, _, _ = strings.Cut(want, " ")
				want = strings.ReplaceAll(want, ",", "")
				want = strings.ReplaceAll(want, "٬", "")
			}
			if latinDigits(got[i][j]) != latinDigits(want) {
				t.Fatalf("%s row %d, %s: %q, the screen says %q", kind, i+1, head[j], got[i][j], want)
			}
		}
	}
	return at
}

// latinDigits writes digits as the portal sends and stores them.
func latinDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '۰' && r <= '۹' {
			return r - '۰' + '0'
		}
		return r
	}, s)
}

// merged gives preferences with changes.
func merged(all ...map[string]string) map[string]string {
	m := map[string]string{}
	for _, one := range all {
		for name, value := range one {
			m[name] = value
		}
	}
	return m
}
