package xlsx

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	prolog    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainNS    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relNS     = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageNS = "http://schemas.openxmlformats.org/package/2006"
	mainType  = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// styles has the cell formats in the order of the Style constants: 49 is text, 3 is #,##0, 164 our own.
const styles = prolog + `<styleSheet xmlns="` + mainNS + `">` +
	`<numFmts count="1"><numFmt numFmtId="164" formatCode="#,##0.0"/></numFmts>` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
	`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
	`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

type part struct{ name, content string }

// parts gives the files around the sheets. They come last in the archive, when the number of sheets is known.
func (x *Writer) parts() []part {
	var sheets, rels, types strings.Builder
	for i := 1; i <= x.sheets; i++ {
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, x.sheetName(i), i, i)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i, relNS, i)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i, mainType)
	}
	fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, x.sheets+1, relNS)
	return []part{
		{"xl/styles.xml", styles},
		{"xl/workbook.xml", prolog + `<workbook xmlns="` + mainNS + `" xmlns:r="` + relNS + `"><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relationships(rels.String())},
		{"_rels/.rels", relationships(`<Relationship Id="rId1" Type="` + relNS + `/officeDocument" Target="xl/workbook.xml"/>`)},
		{"[Content_Types].xml", prolog + `<Types xmlns="` + packageNS + `/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + mainType + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + mainType + `styles+xml"/>` + types.String() + `</Types>`},
	}
}

func relationships(list string) string {
	return prolog + `<Relationships xmlns="` + packageNS + `/relationships">` + list + `</Relationships>`
}

// maxName is how many characters the name of a sheet has at most.
const maxName = 31

// sheetName gives the escaped name of a sheet, the number after it from the second on.
func (x *Writer) sheetName(number int) string {
	suffix := ""
	if number > 1 {
		suffix = fmt.Sprintf(" %d", number)
	}
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < 0x20 {
			return ' '
		}
		return r
	}, x.o.Sheet)
	for utf8.RuneCountInString(name) > maxName-len(suffix) {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if name = strings.TrimSpace(name); name == "" {
		name = "Sheet"
	}
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(name+suffix)) // a Builder does not fail
	return escaped.String()
}
