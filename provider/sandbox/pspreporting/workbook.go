package pspreporting

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// workbookParts are the files of a workbook with one sheet, but for the sheet itself. Nothing of the product's own writer is
// used here: the two would be wrong together.
var workbookParts = []struct{ name, content string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

// workbook is an Excel file of the first payments of a period, both types.
func (p *payments) workbook(from, to time.Time) ([]byte, error) {
	heads := []any{"id", "terminal_type", "psp", "terminal_number", "masked_paid_card_number", "amount", "transaction_datetime", "status"}
	sheet := []byte(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for _, cells := range append([][]any{heads}, p.cells(from, to, workbookRows)...) {
		sheet = appendCells(sheet, cells)
	}
	sheet = append(sheet, `</sheetData></worksheet>`...)

	var file bytes.Buffer
	book := zip.NewWriter(&file)
	for _, part := range append(workbookParts[:len(workbookParts):len(workbookParts)], struct{ name, content string }{"xl/worksheets/sheet1.xml", string(sheet)}) {
		w, err := book.Create(part.name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, xml.Header+part.content); err != nil {
			return nil, err
		}
	}
	err := book.Close()
	return file.Bytes(), err
}

// appendCells writes one row: texts as texts, everything else as numbers.
func appendCells(b []byte, cells []any) []byte {
	b = append(b, "<row>"...)
	for _, cell := range cells {
		if text, ok := cell.(string); ok {
			b = append(b, `<c t="inlineStr"><is><t>`...)
			w := bytes.NewBuffer(b)
			_ = xml.EscapeText(w, []byte(text)) // a buffer takes everything
			b = append(w.Bytes(), `</t></is></c>`...)
			continue
		}
		b = fmt.Appendf(b, "<c><v>%v</v></c>", cell)
	}
	return append(b, "</row>"...)
}
