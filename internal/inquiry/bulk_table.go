package inquiry

import (
	"errors"
	"io"
	"iter"
	"maps"

	"payportal/internal/errs"
	"payportal/internal/sheet"
)

// The fields of the form that brings a file, at which problems are told.
const (
	FieldFile = "file"
	FieldText = "text"
)

// MaxFileBytes is how large a file may be.
func MaxFileBytes() int64 { return sheet.DefaultLimits().Bytes }

// ReadFile reads a CSV file or a workbook. errs.Invalid at the field file for whatever is wrong with it.
func ReadFile(name string, file io.ReaderAt, size int64) (File, error) {
	table, err := sheet.Read(name, file, size, sheet.DefaultLimits())
	if err != nil {
		return File{}, unreadable(FieldFile, err)
	}
	return fileOf(table), nil
}

// ReadPasted reads lines that somebody pasted. errs.Invalid at the field text for whatever is wrong with them.
func ReadPasted(text string) (File, error) {
	table, err := sheet.ReadText(text, sheet.DefaultLimits())
	if err != nil {
		return File{}, unreadable(FieldText, err)
	}
	return fileOf(table), nil
}

// unreadable tells at a field why a table cannot be read.
func unreadable(field string, err error) error {
	const op = "read table"
	problem, ok := errors.AsType[*sheet.Problem](err)
	if !ok {
		return errs.New(errs.Internal, op, "", err)
	}
	return &errs.Error{Kind: errs.Invalid, Op: op, Err: problem, Fields: []errs.Field{{
		Name: field, Msg: "sheet." + string(problem.Reason), Args: forPeople(problem),
	}}}
}

// forPeople gives the values of a problem's message. Lengths in bytes become MiB, those of a cell KiB: limits are whole ones.
func forPeople(p *sheet.Problem) map[string]any {
	args := maps.Clone(p.Args)
	switch limit := args["Limit"].(type) {
	case int64: // of a file or of all its text
		args["Limit"] = limit >> 20
	case int:
		if p.Reason == sheet.CellTooLong {
			args["Limit"] = limit >> 10
		}
	}
	return args
}

func fileOf(t *sheet.Table) File {
	origin := t.Origin()
	return File{
		Name: origin.Name, Format: string(origin.Format), Encoding: origin.Encoding, Sheet: origin.Sheet,
		Columns: t.Columns(), Rows: rowsOf(t), Len: t.Rows(),
	}
}

// rowsOf gives the rows of a table, all of the same length.
func rowsOf(t *sheet.Table) iter.Seq2[int, []LineCell] {
	return func(yield func(int, []LineCell) bool) {
		for row := range t.Rows() {
			cells := make([]LineCell, t.Columns())
			for column := range cells {
				c := t.Cell(row, column)
				cells[column] = LineCell{Text: c.Text, Numeric: c.Numeric, Rounded: c.Rounded, Formula: c.Formula, Merged: c.Merged}
			}
			if !yield(t.Number(row), cells) {
				return
			}
		}
	}
}
