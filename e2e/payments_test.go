package e2e

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
	"github.com/xuri/excelize/v2"
)

// exportedCSV downloads the list that is open and gives the records of the file.
func (v *visitor) exportedCSV() [][]string {
	v.t.Helper()
	file, _ := v.download(v.find("#payments a[href*='/payments/export.csv']"))
	text, marked := strings.CutPrefix(string(file), "\ufeff")
	if !marked {
		v.t.Error("the file has no byte order mark: Excel would not read its Persian")
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	v.ok(err)
	return records
}

// linesAbove is how many lines stand above the heads of an exported table.
const linesAbove = 4

// TestTotalsEqualTheFile adds up the rows of a file, and finds the count and the sums that the list shows.
func TestTotalsEqualTheFile(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	for _, query := range []string{"?period=90d", "?type=ipg&psp=TOP", "?status=failed&min=1000000"} {
		v.open("/payments" + query)
		var sum, successful int64
		count, countSuccessful := 0, 0
		for _, row := range v.exportedCSV()[linesAbove+1:] {
			amount, err := strconv.ParseInt(row[1], 10, 64)
			v.ok(err)
			sum += amount
			count++
			if row[2] == "Successful" {
				successful += amount
				countSuccessful++
			}
		}
		want := []string{fmt.Sprint(sum)}
		totals := v.find("#payments-totals:not([hx-get])")
		v.say(totals, grouped(count)+" payments")
		if countSuccessful > 0 {
			v.say(totals, grouped(countSuccessful)+" successful")
			want = append(want, fmt.Sprint(successful))
		}
		got := v.list(`() => [...document.querySelectorAll("#payments-totals [data-amount]")].map(e => e.dataset.amount)`)
		if !slices.Equal(got, want) {
			t.Errorf("the totals of %q are %v, those of the file %v", query, got, want)
		}
	}
}

// grouped writes a count as English screens do.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// TestFilesSayWhatTheyAre reads what stands above the rows of a file: filters, time zone, age and maker; and holds that a
// file has the columns of the screen and no formula.
func TestFilesSayWhatTheyAre(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("approver", nil)
	v.readThrough()
	v.prefer(merged(persian, map[string]string{"zone": "America/Lima"}))
	v.showColumns("amount", "card", "id")
	t.Cleanup(func() { v.showColumns("amount", "status", "card", "terminal", "psp", "type", "id", "connection") })
	v.open("/payments?status=failed&psp=PEC")
	asOf := v.text("main .fresh time")
	filters := strings.Join(v.texts("#payments .chip span"), "; ")
	heads := v.texts("#payments-table thead th")
	heads[1] += " (ریال)"

	file, _ := v.download(v.find("#payments a[href*='/payments/export.xlsx']"))
	book, err := excelize.OpenReader(strings.NewReader(string(file)))
	v.ok(err)
	defer book.Close()
	sheet := book.GetSheetName(0)
	rows, err := book.GetRows(sheet)
	v.ok(err)
	for i, row := range rows {
		for j := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			v.ok(err)
			if formula, err := book.GetCellFormula(sheet, cell); err != nil || formula != "" {
				t.Fatalf("%s has the formula %q (%v)", cell, formula, err)
			}
		}
	}
	rows = slices.DeleteFunc(rows, func(row []string) bool { return len(row) == 0 })
	for kind, records := range map[string][][]string{"CSV": v.exportedCSV(), "XLSX": rows} {
		for i, want := range [linesAbove]string{filters, "لیما (UTC-۰۵:۰۰)", asOf, "Aida Approver"} {
			if line := records[i]; len(line) < 2 || line[0] == "" || !strings.Contains(line[1], want) {
				t.Errorf("line %d of the %s is %q, want a name and %q", i+1, kind, line, want)
			}
		}
		if got := records[linesAbove]; !slices.Equal(got, heads) {
			t.Errorf("the %s has the columns %q, the screen %q", kind, got, heads)
		}
	}
}

// showColumns chooses the columns of the list of payments, as its form does.
func (v *visitor) showColumns(columns ...string) {
	v.t.Helper()
	form := map[string]any{"columns": "1", "return": "/payments"}
	for _, c := range columns {
		form["column-"+c] = "on"
	}
	if status := v.post("/payments/display", form); status != 303 {
		v.t.Fatalf("choosing columns: status %d", status)
	}
}

// TestPageSizeStays keeps the number of rows for a user, in every browser, and the filter with it.
func TestPageSizeStays(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("approver", nil)
	v.readThrough()
	v.open("/payments?type=pos")
	rows := "#payments-table tbody tr"
	v.ok(expect.Locator(v.find(rows)).ToHaveCount(25))
	v.submit("50")
	v.ok(expect.Locator(v.find(rows)).ToHaveCount(50))
	v.ok(expect.Locator(v.find("#f-type")).ToHaveValue("pos"))
	other := visit(t, portal)
	other.signIn("approver", nil)
	other.open("/payments?status=failed")
	other.ok(expect.Locator(other.find(rows)).ToHaveCount(50))
	other.say(other.find(".pager [aria-current=true]"), "50")
	other.submit("25")
	other.ok(expect.Locator(other.find(rows)).ToHaveCount(25))
}

// TestWholeCardLeavesNoTrace pastes a whole card number: it is found by what the portal knows of it, and the middle stays
// neither in the address nor in the history.
func TestWholeCardLeavesNoTrace(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments?sort=-amount")
	masked, id := v.column("Card")[0], v.firstID()
	whole := strings.ReplaceAll(masked, "******", "123456")
	v.typeInto("q", whole[:4]+" "+whole[4:8]+" "+whole[8:12]+" "+whole[12:])
	v.ok(v.WaitForURL(func(address string) bool { return strings.Contains(address, "q="+masked[:6]) }))
	if got := v.parameter("q"); got != masked {
		t.Errorf("the search stands in the address as %q, want %q", got, masked)
	}
	if got := v.column("Payment ID"); !slices.Contains(got, id) {
		t.Errorf("the search finds %v, want %s among them", got, id)
	}
	v.ok(expect.Locator(v.find("#f-q")).ToHaveValue(masked))
	_, err := v.GoBack()
	v.ok(err)
	v.see(v.find("#payments-table"))
	if strings.Contains(v.URL(), whole[6:12]) {
		t.Errorf("the history holds %s", v.path())
	}
}

// TestPrint prints a list: the table alone, its heads again on each sheet.
func TestPrint(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.readThrough()
	v.open("/payments?status=failed")
	v.ok(v.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaPrint}))
	v.see(v.find("#payments-table tbody tr >> nth=24"))
	for _, control := range []string{"nav.side", ".top", "form.filters", ".pager", "#payments .actions", ".foot"} {
		v.ok(expect.Locator(v.find(control).First()).ToBeHidden())
	}
	for _, shown := range v.list(`() => [...document.querySelectorAll("button, select, input")].filter(e => e.checkVisibility()).map(e => e.outerHTML)`) {
		t.Errorf("paper shows %s", shown)
	}
	if got := v.eval(`() => getComputedStyle(document.querySelector("#payments-table thead")).display`); got != "table-header-group" {
		t.Errorf("the heads are displayed as %v: they would not be repeated", got)
	}
	v.eval(`() => { const r = document.querySelector("#payments-table"); if (r.scrollHeight > r.clientHeight + 1) throw new Error("the table is cut off") }`)
}
