package xlsx_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"payportal/internal/xlsx"
)

func read(t testing.TB, file []byte) *excelize.File {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() }) // only temporary files are left to it
	return book
}

func TestSheetsContinueUnderTheirHead(t *testing.T) {
	var file bytes.Buffer
	w := xlsx.New(&file, xlsx.Options{Sheet: "پرداخت‌ها: [1]", RightToLeft: true, Widths: []int{10, 20}, RowsPerSheet: 3})
	w.BeginHead()
	w.String(xlsx.Head, "id")
	w.String(xlsx.Head, "amount")
	if err := w.EndRow(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		w.BeginRow()
		w.String(xlsx.Text, id)
		w.Number(xlsx.Whole, []byte("1500"))
		if err := w.EndRow(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	book := read(t, file.Bytes())
	names := []string{"پرداخت‌ها   1", "پرداخت‌ها   1 2", "پرداخت‌ها   1 3"}
	if got := book.GetSheetList(); !slices.Equal(got, names) {
		t.Fatalf("sheets = %q, want %q", got, names)
	}
	for i, want := range [][]string{{"id", "a", "b"}, {"id", "c", "d"}, {"id", "e"}} {
		rows, err := book.GetRows(names[i])
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range rows {
			got = append(got, row[0])
		}
		if !slices.Equal(got, want) {
			t.Errorf("first column of sheet %d = %q, want %q", i+1, got, want)
		}
	}
	view, err := book.GetSheetView(names[2], 0)
	if err != nil || view.RightToLeft == nil || !*view.RightToLeft {
		t.Errorf("third sheet: right to left = %v, %v, want true", view.RightToLeft, err)
	}
	if width, err := book.GetColWidth(names[1], "B"); err != nil || width != 20 {
		t.Errorf("width = %v, %v, want 20", width, err)
	}
}

func TestNumbersAreNumbers(t *testing.T) {
	var file bytes.Buffer
	w := xlsx.New(&file, xlsx.Options{Sheet: "x"})
	w.BeginRow()
	w.Number(xlsx.Whole, []byte("1234567"))
	w.Number(xlsx.Decimal, []byte("1.5"))
	w.Number(xlsx.Whole, []byte("-2"))
	w.String(xlsx.Text, "6037991234569999")
	if err := errors.Join(w.EndRow(), w.Flush(), w.Close()); err != nil {
		t.Fatal(err)
	}
	book := read(t, file.Bytes())
	for cell, want := range map[string]string{"A1": "1,234,567", "B1": "1.5", "C1": "-2", "D1": "6037991234569999"} {
		if got, err := book.GetCellValue("x", cell); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", cell, got, err, want)
		}
		kind, err := book.GetCellType("x", cell)
		if text := kind == excelize.CellTypeInlineString; err != nil || text != (cell == "D1") {
			t.Errorf("%s has type %v, %v", cell, kind, err)
		}
	}
}

// TestTextStaysText: whatever a text is, it comes back as it was, less what XML cannot hold, and is never a formula.
func TestTextStaysText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"=1+1", "@SUM(A1)", "_x000D_", "__x0041_", "a\r\nb\tc", " x ", "<&>\"'", "‌نیم‌فاصله", "\x00\x1f", "\xff\xfe", "",
		})).Draw(rt, "text")
		var file bytes.Buffer
		w := xlsx.New(&file, xlsx.Options{})
		w.BeginRow()
		w.String(xlsx.Text, text)
		w.String(xlsx.Text, "end")
		if err := errors.Join(w.EndRow(), w.Close()); err != nil {
			rt.Fatal(err)
		}
		book, err := excelize.OpenReader(bytes.NewReader(file.Bytes()))
		if err != nil {
			rt.Fatal(err)
		}
		got, err := book.GetCellValue("Sheet", "A1")
		if want := representable(text); err != nil || got != want {
			rt.Fatalf("%q came back as %q, %v, want %q", text, got, err, want)
		}
		if formula, err := book.GetCellFormula("Sheet", "A1"); err != nil || formula != "" {
			rt.Fatalf("%q became the formula %q, %v", text, formula, err)
		}
		if end, err := book.GetCellValue("Sheet", "B1"); err != nil || end != "end" {
			rt.Fatalf("the cell after %q = %q, %v", text, end, err)
		}
	})
}

func representable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return utf8.RuneError
		}
		return r
	}, text)
}

func TestLongTextIsCut(t *testing.T) {
	var file bytes.Buffer
	w := xlsx.New(&file, xlsx.Options{})
	w.BeginRow()
	w.String(xlsx.Text, strings.Repeat("آ", 40_000))
	if err := errors.Join(w.EndRow(), w.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := read(t, file.Bytes()).GetCellValue("Sheet", "A1")
	if n := utf8.RuneCountInString(got); err != nil || n != 32_767 {
		t.Errorf("length = %d, %v, want 32767", n, err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteErrorsAreTold(t *testing.T) {
	w := xlsx.New(brokenPipe{}, xlsx.Options{})
	var err error
	for range 10_000 {
		w.BeginRow()
		w.String(xlsx.Text, "some text to fill the buffers of the compressor")
		if err = w.EndRow(); err != nil {
			break
		}
	}
	if !errors.Is(err, io.ErrClosedPipe) || !errors.Is(w.Close(), io.ErrClosedPipe) {
		t.Errorf("error = %v, want the pipe's", err)
	}
}
