package sheet

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// xmlReader pulls elements out of a part of a workbook, as far as such parts need it: encoding/xml reads 20 MB/s where the sheet
// of a payroll has 15 MB. It wants UTF-8, elements that are closed as they were opened, and no DOCTYPE, so that no entity is ever
// declared. It holds one window of the part and one tag at a time. The first error sticks; after it nothing more comes.
type xmlReader struct {
	in       io.Reader
	window   []byte
	pos, end int
	err      error

	// name of the element at hand: its local name if its prefix is the root's, else with the prefix, so that an element of an
	// extension is never taken for one of ours.
	name []byte
	// attributes are those of the present start tag that were not asked for yet.
	attributes []byte
	value      []byte // of an attribute, if it had to be decoded
	selfClosed bool

	prefix []byte // of the root, with its colon
	open   []byte // the names of the open elements, one after another
	marks  []int  // where each begins in open
}

const (
	xmlWindow = 64 << 10
	// xmlDepth is far deeper than any part that is read.
	xmlDepth = 64
)

// The errors that are told within a Problem.
var (
	errMarkup   = errors.New("markup that is not well-formed")
	errDeep     = errors.New("elements in one another without end")
	errDocument = errors.New("a document type declaration")
	errCoding   = errors.New("a part that is not UTF-8")
)

func newXML(in io.Reader) *xmlReader {
	x := &xmlReader{in: in, window: make([]byte, xmlWindow), marks: make([]int, 0, xmlDepth)}
	if x.want(3) && string(x.window[:3]) == "\ufeff" {
		x.pos = 3
	}
	return x
}

type token byte

const (
	nothing token = iota // the end of the part, or an error
	startTag
	endTag
	cdata
)

func (x *xmlReader) fail(err error) token {
	if x.err == nil {
		x.err = err
	}
	return nothing
}

// fill reads on, and reports whether there was anything. What is before pos is gone afterwards.
func (x *xmlReader) fill() bool {
	if x.err != nil {
		return false
	}
	if x.pos > 0 {
		x.end = copy(x.window, x.window[x.pos:x.end])
		x.pos = 0
	}
	if x.end == len(x.window) {
		return false
	}
	for range 100 {
		n, err := x.in.Read(x.window[x.end:])
		x.end += n
		if err != nil && !errors.Is(err, io.EOF) {
			x.fail(err)
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	x.fail(io.ErrNoProgress)
	return false
}

// want reports whether n bytes are in the window, reading on if need be.
func (x *xmlReader) want(n int) bool {
	for x.end-x.pos < n {
		if !x.fill() {
			return false
		}
	}
	return true
}

// root goes to the root element and reports whether it has this name.
func (x *xmlReader) root(name string) bool {
	if x.next() != startTag {
		x.fail(errMarkup)
		return false
	}
	if colon := bytes.IndexByte(x.name, ':'); colon >= 0 {
		x.prefix = bytes.Clone(x.name[:colon+1])
		x.name = x.name[colon+1:]
	}
	if string(x.name) != name {
		x.fail(errMarkup)
		return false
	}
	return true
}

// child goes to the next child of the element at hand, of which the last one was read or skipped. It reports false when the
// element ended.
func (x *xmlReader) child() bool { return x.next() == startTag }

// skip goes to the end of the element that has just begun.
func (x *xmlReader) skip() {
	for depth := len(x.marks); len(x.marks) >= depth; {
		if x.next() == nothing {
			return
		}
	}
}

// finish reads what is left of the part, so that all of it is checked.
func (x *xmlReader) finish() error {
	for x.next() != nothing {
		if len(x.marks) == 1 {
			x.fail(errMarkup) // a second root
		}
	}
	return x.err
}

// next goes to the next tag, past any text.
func (x *xmlReader) next() token {
	for x.err == nil {
		if x.selfClosed {
			x.selfClosed = false
			return x.pop()
		}
		if !x.toMarkup() {
			return nothing
		}
		switch t := x.markup(); t {
		case cdata:
			x.through("]]>", nil)
		case startTag, endTag:
			return t
		}
	}
	return nothing
}

// toMarkup goes to the next < and reports whether there is one.
func (x *xmlReader) toMarkup() bool {
	for x.err == nil {
		if at := bytes.IndexByte(x.window[x.pos:x.end], '<'); at >= 0 {
			x.pos += at
			return true
		}
		x.pos = x.end
		if !x.fill() {
			if len(x.marks) > 0 {
				x.fail(io.ErrUnexpectedEOF)
			}
			return false
		}
	}
	return false
}

// markup reads what begins with < at pos. It gives nothing for a comment and a processing instruction, which it goes past, and
// cdata before the text.
func (x *xmlReader) markup() token {
	if !x.want(2) {
		return x.fail(io.ErrUnexpectedEOF)
	}
	switch x.window[x.pos+1] {
	case '/':
		return x.endTag()
	case '?':
		return x.instruction()
	case '!':
		return x.declaration()
	default:
		return x.startTag()
	}
}

func (x *xmlReader) declaration() token {
	switch {
	case x.want(4) && string(x.window[x.pos:x.pos+4]) == "<!--":
		x.pos += 4
		x.through("-->", nil)
		return nothing
	case x.want(9) && string(x.window[x.pos:x.pos+9]) == "<![CDATA[":
		x.pos += 9
		return cdata
	default:
		return x.fail(errDocument)
	}
}

func (x *xmlReader) instruction() token {
	x.pos += 2
	var text []byte
	x.through("?>", func(piece []byte) {
		if len(text) < 256 {
			text = append(text, piece...)
		}
	})
	if declared := bytes.ToLower(text); bytes.HasPrefix(declared, []byte("xml ")) &&
		bytes.Contains(declared, []byte("encoding")) && !bytes.Contains(declared, []byte("utf-8")) {
		x.fail(errCoding)
	}
	return nothing
}

// through goes past the end of what is no element, and hands over what stands before it, in pieces.
func (x *xmlReader) through(end string, piece func([]byte)) {
	for x.err == nil {
		at := bytes.Index(x.window[x.pos:x.end], []byte(end))
		whole := at >= 0
		if !whole {
			at = max(0, x.end-x.pos-len(end)+1) // the rest may begin the end
		}
		if piece != nil && at > 0 {
			piece(x.window[x.pos : x.pos+at])
		}
		x.pos += at
		if whole {
			x.pos += len(end)
			return
		}
		if !x.fill() {
			x.fail(io.ErrUnexpectedEOF)
		}
	}
}

// tag gives what stands between < and the > that ends the tag, and goes past it. It is valid until the next step.
func (x *xmlReader) tag() []byte {
	quote := byte(0)
	for at := x.pos + 1; x.err == nil; {
		for ; at < x.end; at++ {
			c := x.window[at]
			switch {
			case c == '<':
				x.fail(errMarkup)
				return nil
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '>':
				tag := x.window[x.pos+1 : at]
				x.pos = at + 1
				return tag
			case c == '"' || c == '\'':
				quote = c
			}
		}
		at -= x.pos
		if !x.fill() {
			x.fail(errMarkup) // it is cut off, or longer than any tag
		}
		at += x.pos
	}
	return nil
}

func (x *xmlReader) startTag() token {
	tag := x.tag()
	tag, selfClosed := bytes.CutSuffix(tag, []byte("/"))
	at := 0
	for at < len(tag) && !isSpace(tag[at]) {
		at++
	}
	switch {
	case x.err != nil:
		return nothing
	case at == 0:
		return x.fail(errMarkup)
	case len(x.marks) == xmlDepth:
		return x.fail(errDeep)
	}
	x.selfClosed = selfClosed
	x.marks = append(x.marks, len(x.open))
	x.open = append(x.open, tag[:at]...)
	x.attributes = tag[at:]
	x.name = x.local(tag[:at])
	return startTag
}

func (x *xmlReader) endTag() token {
	tag := x.tag()
	if x.err != nil {
		return nothing
	}
	for tag = tag[1:]; len(tag) > 0 && isSpace(tag[len(tag)-1]); {
		tag = tag[:len(tag)-1]
	}
	if last := len(x.marks) - 1; last < 0 || !bytes.Equal(x.open[x.marks[last]:], tag) {
		return x.fail(errMarkup)
	}
	return x.pop()
}

func (x *xmlReader) pop() token {
	last := len(x.marks) - 1
	x.name = x.local(x.open[x.marks[last]:])
	x.open = x.open[:x.marks[last]]
	x.marks = x.marks[:last]
	x.attributes = nil
	return endTag
}

func (x *xmlReader) local(name []byte) []byte {
	if len(x.prefix) > 0 {
		return bytes.TrimPrefix(name, x.prefix)
	}
	return name
}

// attribute gives the next attribute of the present start tag, its name with any prefix. It is valid until the next step.
func (x *xmlReader) attribute() (name, value []byte, found bool) {
	rest := trimSpace(x.attributes)
	if len(rest) == 0 {
		return nil, nil, false
	}
	equals := bytes.IndexByte(rest, '=')
	if equals <= 0 {
		x.fail(errMarkup)
		return nil, nil, false
	}
	name, rest = rest[:equals], trimSpace(rest[equals+1:])
	for isSpace(name[len(name)-1]) {
		name = name[:len(name)-1]
	}
	if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
		x.fail(errMarkup)
		return nil, nil, false
	}
	closing := bytes.IndexByte(rest[1:], rest[0])
	if closing < 0 {
		x.fail(errMarkup)
		return nil, nil, false
	}
	value, x.attributes = rest[1:1+closing], rest[closing+2:]
	if bytes.IndexByte(value, '&') >= 0 {
		x.value = x.decode(x.value[:0], value)
		value = x.value
	}
	return name, value, true
}

// text appends the text of the element that has just begun to dst, less that of its children, and goes to the element's end. It
// stops early once dst is longer than the limit, and then what follows makes no sense.
func (x *xmlReader) text(dst []byte, limit int) []byte {
	from, depth := len(dst), len(x.marks)
	for x.err == nil && len(dst) <= limit {
		if x.selfClosed {
			x.next()
			return dst
		}
		if dst = x.characters(dst, limit); len(dst) > limit || x.err != nil {
			break
		}
		switch x.markup() {
		case cdata:
			x.through("]]>", func(piece []byte) {
				if len(dst) <= limit {
					dst = append(dst, bytes.ReplaceAll(piece, []byte("\r\n"), []byte("\n"))...)
				}
			})
		case startTag:
			x.skip()
		case endTag:
			if len(x.marks) < depth {
				if !isText(dst[from:]) {
					x.fail(errCoding)
				}
				return dst
			}
		}
	}
	return dst
}

// characters appends what stands before the next <.
func (x *xmlReader) characters(dst []byte, limit int) []byte {
	for x.err == nil && len(dst) <= limit {
		piece := x.window[x.pos:x.end]
		if at := bytes.IndexByte(piece, '<'); at >= 0 {
			x.pos += at
			return x.decode(dst, piece[:at])
		}
		if x.fill() {
			continue
		}
		// The window is full: what is at its end may be the beginning of an entity or of a line end.
		at := x.end - x.pos
		if amp := bytes.LastIndexByte(x.window[:x.end], '&'); amp > x.end-16 {
			at = amp - x.pos
		} else if at > 0 && x.window[x.end-1] == '\r' {
			at--
		}
		if at <= 0 || x.end < len(x.window) {
			x.fail(io.ErrUnexpectedEOF)
			return dst
		}
		dst = x.decode(dst, x.window[x.pos:x.pos+at])
		x.pos += at
	}
	return dst
}

// decode appends text with its entities resolved and its line ends as LF.
func (x *xmlReader) decode(dst, raw []byte) []byte {
	for {
		at := 0
		for at < len(raw) && raw[at] != '&' && raw[at] != '\r' {
			at++
		}
		if at == len(raw) {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:at]...)
		if raw[at] == '\r' {
			if raw = raw[at+1:]; len(raw) == 0 || raw[0] != '\n' {
				dst = append(dst, '\n')
			}
			continue
		}
		end := bytes.IndexByte(raw[at:], ';')
		if end < 0 {
			x.fail(errMarkup)
			return dst
		}
		r, known := entity(string(raw[at+1 : at+end]))
		if !known {
			x.fail(errMarkup)
			return dst
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[at+end+1:]
	}
}

func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	base := 10
	if len(name) < 2 || len(name) > 10 || name[0] != '#' {
		return 0, false
	}
	if name = name[1:]; name[0] == 'x' {
		name, base = name[1:], 16
	}
	n, err := strconv.ParseUint(name, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}

// isText reports whether XML may hold the text.
func isText(text []byte) bool {
	plain := true
	for _, c := range text {
		switch {
		case c >= utf8.RuneSelf:
			plain = false
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return false
		}
	}
	return plain || utf8.Valid(text)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}
