package sheet

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// ours writes down what xmlReader sees: every element with its attributes, the text of those named t.
func ours(in io.Reader) (string, error) {
	var out strings.Builder
	x := newXML(in)
	for {
		switch x.next() {
		case nothing:
			return out.String(), x.err
		case endTag:
			fmt.Fprintf(&out, "</%s>\n", x.name)
		case startTag:
			name := string(x.name)
			fmt.Fprintf(&out, "<%s", name)
			for {
				attribute, value, found := x.attribute()
				if !found {
					break
				}
				fmt.Fprintf(&out, " %s=%q", attribute, value)
			}
			out.WriteString(">\n")
			if name == "t" {
				fmt.Fprintf(&out, "%q\n</t>\n", x.text(nil, 1<<30))
			}
		}
	}
}

// theirs does so with encoding/xml. It reports false for what our reader does not read by design.
func theirs(doc []byte) (seen string, err error, fair bool) {
	var out strings.Builder
	d := xml.NewDecoder(bytes.NewReader(doc))
	var open []string
	for {
		token, err := d.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) && len(open) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return out.String(), err, true
		}
		switch token := token.(type) {
		case xml.Directive:
			return "", nil, false
		case xml.StartElement:
			open = append(open, rawName(token.Name))
			if len(open) > xmlDepth/2 {
				return "", nil, false
			}
			fmt.Fprintf(&out, "<%s", rawName(token.Name))
			for _, a := range token.Attr {
				fmt.Fprintf(&out, " %s=%q", rawName(a.Name), a.Value)
			}
			out.WriteString(">\n")
			if rawName(token.Name) == "t" {
				text, err := theirText(d)
				if err != nil {
					return out.String(), err, !errors.Is(err, errDocument)
				}
				fmt.Fprintf(&out, "%q\n</t>\n", text)
				open = open[:len(open)-1]
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != rawName(token.Name) {
				return out.String(), io.ErrUnexpectedEOF, true
			}
			open = open[:len(open)-1]
			fmt.Fprintf(&out, "</%s>\n", rawName(token.Name))
		}
	}
}

func theirText(d *xml.Decoder) (string, error) {
	var text strings.Builder
	open := []string{"t"}
	for {
		token, err := d.RawToken()
		if err != nil {
			return "", errors.Join(io.ErrUnexpectedEOF, errMarkup)
		}
		switch token := token.(type) {
		case xml.Directive:
			return "", errDocument
		case xml.StartElement:
			if open = append(open, rawName(token.Name)); len(open) > xmlDepth/2 {
				return "", errDocument
			}
		case xml.EndElement:
			if open[len(open)-1] != rawName(token.Name) {
				return "", io.ErrUnexpectedEOF
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				return text.String(), nil
			}
		case xml.CharData:
			if len(open) == 1 {
				text.Write(token)
			}
		}
	}
}

func rawName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

var documents = []string{
	`<a/>`, `<a><b c="d" e='f"g'/><t>text</t></a>`, `<a><t>&lt;&amp;&gt;&quot;&apos;&#1593;&#x6CC;</t></a>`,
	"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<a>\r\n<t>a\r\nb\rc</t>\n</a>\n",
	`<a><!-- <b> --><t>x<!-- y -->z</t><t><![CDATA[<&>]]]]><![CDATA[>]]></t></a>`, `<x:a xmlns:x="u"><x:t x:b="c">1</x:t></x:a>`,
	`<a ><t >x<b><c>y</c></b>z</t ></a >`, `<a b = "c"  d= 'e' />`, `<a><t/><t></t></a>`, `<a b="&amp;&#10;"/>`, "\ufeff<a/>",
	`<t><t>a</t>b</t>`, `<?pi?><a/><?pi?>`, `<a b="1>2"/>`,
}

// TestXMLReadsAsEncodingXML: both see the same, however the document arrives.
func TestXMLReadsAsEncodingXML(t *testing.T) {
	for _, doc := range documents {
		want, err, _ := theirs(bytes.TrimPrefix([]byte(doc), []byte("\ufeff")))
		if !errors.Is(err, io.EOF) {
			t.Fatalf("%q: encoding/xml says %v", doc, err)
		}
		for name, in := range map[string]io.Reader{
			"whole": strings.NewReader(doc), "byte by byte": iotest.OneByteReader(strings.NewReader(doc)),
			"end with data": iotest.DataErrReader(strings.NewReader(doc)),
		} {
			if got, err := ours(in); got != want || err != nil {
				t.Errorf("%q, %s:\n%s%v, want\n%s", doc, name, got, err, want)
			}
		}
	}
}

// TestXMLOverTheWindow: tags, texts, entities, line ends and comments lie across the end of the window.
func TestXMLOverTheWindow(t *testing.T) {
	body := `<b c="&amp;d"/><t>x&#1593;&amp;` + "\r\n" + `y</t><!-- > --><t><![CDATA[z]]></t>`
	for lead := xmlWindow - len(body) - 10; lead < xmlWindow+3; lead++ {
		for _, filler := range []string{"<t>%s</t>", "<!--%s-->", "<?p %s?>"} {
			doc := "<a>" + fmt.Sprintf(filler, strings.Repeat("x", lead)) + body + "</a>"
			want, _, _ := theirs([]byte(doc))
			if got, err := ours(strings.NewReader(doc)); got != want || err != nil {
				t.Fatalf("behind %d bytes in %s: %v, %d bytes seen, want %d", lead, filler, err, len(got), len(want))
			}
		}
		for _, text := range []string{strings.Repeat("x", lead) + "&#1593;&amp;\r\ny\r", strings.Repeat("&lt;", lead/4) + strings.Repeat("\r\n", 9)} {
			doc := "<a><t>" + text + "</t></a>"
			want, _, _ := theirs([]byte(doc))
			if got, err := ours(strings.NewReader(doc)); got != want || err != nil {
				t.Fatalf("a text of %d bytes: %v, %d bytes seen, want %d", lead, err, len(got), len(want))
			}
		}
	}
}

func TestBadXML(t *testing.T) {
	tests := []struct {
		name, doc string
		err       error
	}{
		{"document type", `<!DOCTYPE a><a/>`, errDocument},
		{"entity", `<a><t>&b;</t></a>`, errMarkup},
		{"entity without an end", `<a><t>&amp</t></a>`, errMarkup},
		{"entity beyond Unicode", `<a><t>&#x110000;</t></a>`, errMarkup},
		{"character that XML has not", `<a><t>&#0;</t></a>`, errCoding},
		{"not UTF-8", "<a><t>\xff</t></a>", errCoding},
		{"declared encoding", `<?xml version="1.0" encoding='utf-16'?><a/>`, errCoding},
		{"wrong end", `<a></b>`, errMarkup},
		{"end too much", `<a/></a>`, errMarkup},
		{"end missing", `<a><b></b>`, io.ErrUnexpectedEOF},
		{"cut in a tag", `<a><b c="`, errMarkup},
		{"cut in a comment", `<a><!-- `, io.ErrUnexpectedEOF},
		{"cut in a text", `<a><t>xyz`, io.ErrUnexpectedEOF},
		{"tag in a tag", `<a <b/>`, errMarkup},
		{"attribute without a value", `<a b/>`, errMarkup},
		{"attribute without quotes", `<a b=c/>`, errMarkup},
		{"tag without a name", `< a/>`, errMarkup},
		{"tag longer than the window", `<a b="` + strings.Repeat("x", xmlWindow) + `"/>`, errMarkup},
		{"too deep", strings.Repeat("<a>", xmlDepth+1), errDeep},
		{"reader that gives nothing", "", io.ErrNoProgress},
	}
	for _, tt := range tests {
		in := io.Reader(strings.NewReader(tt.doc))
		if tt.doc == "" {
			in = silent{}
		}
		if _, err := ours(in); !errors.Is(err, tt.err) {
			t.Errorf("%s: error = %v, want %v", tt.name, err, tt.err)
		}
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

// FuzzXML: whatever encoding/xml accepts, our reader sees the same in it.
func FuzzXML(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>`))
	for _, doc := range documents {
		f.Add([]byte(strings.TrimPrefix(doc, "\ufeff")))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		want, err, fair := theirs(doc)
		got, ourErr := ours(bytes.NewReader(doc))
		if !fair || !errors.Is(err, io.EOF) || bytes.Contains(bytes.ToLower(doc), []byte("encoding")) || bytes.HasPrefix(doc, []byte("\ufeff")) {
			return
		}
		if got != want || ourErr != nil {
			t.Errorf("%q is read as\n%s%v, want\n%s", doc, got, ourErr, want)
		}
	})
}
