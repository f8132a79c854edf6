package inquiry_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"payportal/internal/errs"
	"payportal/internal/inquiry"
)

func TestFileIsReadWithItsRowNumbers(t *testing.T) {
	const content = "\ufeffname;number\n\n  ;\nسارا;۶۰۳۷-۹۹۰۰\r\nreza;6,03799E+15;more\n"
	f, err := inquiry.ReadFile("a.csv", strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "a.csv" || f.Format != "text" || f.Encoding != "UTF-8" || f.Columns != 3 || f.Len != 3 {
		t.Errorf("read %q, %s, %s, %d columns, %d rows; want a.csv, text, UTF-8, 3, 3", f.Name, f.Format, f.Encoding, f.Columns, f.Len)
	}
	var numbers []int
	var texts [][]string
	rounded := false
	for number, cells := range f.Rows {
		numbers = append(numbers, number)
		row := []string{}
		for _, cell := range cells {
			row = append(row, cell.Text)
			rounded = rounded || cell.Rounded
		}
		texts = append(texts, row)
	}
	if want := []int{1, 4, 5}; !slices.Equal(numbers, want) {
		t.Errorf("row numbers %v, want %v as a spreadsheet shows them", numbers, want)
	}
	if want := []string{"سارا", "۶۰۳۷-۹۹۰۰", ""}; !slices.Equal(texts[1], want) {
		t.Errorf("the second row is %q, want %q", texts[1], want)
	}
	if !rounded {
		t.Error("the number that a spreadsheet rounded is not marked")
	}
}

func TestUnreadableFilesAreToldAtTheirField(t *testing.T) {
	read := func(content string) error {
		_, err := inquiry.ReadFile("a", strings.NewReader(content), int64(len(content)))
		return err
	}
	paste := func(text string) error {
		_, err := inquiry.ReadPasted(text)
		return err
	}
	tests := []struct {
		name       string
		err        error
		field, msg string
		limit      any
	}{
		{"nothing", read(""), "file", "sheet.empty", nil},
		{"too large", read(strings.Repeat("1\n", 9<<20)), "file", "sheet.too_large", int64(16)},
		{"too many rows", read(strings.Repeat("1\n", 50_002)), "file", "sheet.too_many_rows", 50_001},
		{"a long cell", read("1\n" + strings.Repeat("x", 40<<10)), "file", "sheet.cell_too_long", 32},
		{"nothing pasted", paste(" \n"), "text", "sheet.empty", nil},
		{"much pasted", paste(strings.Repeat("1\n", 9<<20)), "text", "sheet.too_large", int64(16)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fields := errs.FieldsOf(tt.err)
			if !errs.Is(tt.err, errs.Invalid) || len(fields) != 1 || fields[0].Name != tt.field || fields[0].Msg != tt.msg || fields[0].Args["Limit"] != tt.limit {
				t.Errorf("got %v with %v, want %s at %s, limit %v", tt.err, fields, tt.msg, tt.field, tt.limit)
			}
		})
	}
}

// brokenFile cannot be read, for a reason that the file does not explain.
type brokenFile struct{}

var errDisk = errors.New("disk")

func (brokenFile) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestAFileThatCannotBeReadIsNoFaultOfTheFile(t *testing.T) {
	var file io.ReaderAt = brokenFile{}
	if _, err := inquiry.ReadFile("a.csv", file, 100); !errs.Is(err, errs.Internal) || !errors.Is(err, errDisk) {
		t.Errorf("ReadFile = %v, want Internal with the cause", err)
	}
}
