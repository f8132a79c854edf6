// Package strictjson reads JSON documents that others wrote and refuses whatever two parsers could read differently:
// a key twice in one object (also when only its case differs), anything after the document, invalid UTF-8, amounts with a
// fraction or beyond 63 bits, and nesting deep enough to exhaust a stack. It writes no JSON and knows no document.
//
// It is a leaf: adapters, domain packages and the web surfaces may import it, and it imports nothing of ours.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"unicode/utf8"
)

// maxDepth is far beyond any documented answer and far below what a goroutine's stack could not hold.
const maxDepth = 64

// linearKeys is how many keys of one object are compared one by one before a set takes over, so that a hostile object
// of a hundred thousand keys costs linear time.
const linearKeys = 16

// Unmarshal checks the whole document and then decodes it as encoding/json does, numbers without a typed target as
// json.Number.
func Unmarshal(doc []byte, v any) error {
	if err := Check(doc); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	return decoder.Decode(v)
}

// Check reports what is wrong with a document, or nil.
func Check(doc []byte) error {
	r := NewReader(doc)
	r.Skip()
	return r.End()
}

// Reader walks one document. Its first error sticks: the methods after it return zero values and iterate over nothing,
// so that a caller checks once, with End.
type Reader struct {
	doc   []byte
	pos   int
	depth int
	err   error
	// keys holds the names seen so far of every object that is open, innermost last.
	keys [][]byte
}

// NewReader starts reading a document; the reader keeps it and does not change it.
func NewReader(doc []byte) *Reader { return &Reader{doc: doc} }

// Err gives the first error.
func (r *Reader) Err() error { return r.err }

// Reject makes the document an error: what was just read is well-formed and makes no sense to the caller.
func (r *Reader) Reject(why string) { r.fail(why) }

// End reports the first error, or that something follows the document.
func (r *Reader) End() error {
	r.space()
	if r.err == nil && r.pos < len(r.doc) {
		r.fail("data after the document")
	}
	return r.err
}

// Object iterates over the names of an object; the loop body reads (or skips) the value of each. The name is valid until
// the next step.
func (r *Reader) Object() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if !r.open('{') {
			return
		}
		first := len(r.keys)
		var many map[string]struct{}
		for n := 0; r.more('}', n); n++ {
			key := r.text()
			many = r.unique(key, first, many)
			if r.space(); !r.accept(':') {
				r.fail("':' expected")
			}
			if r.err != nil || !r.step(func() bool { return yield(key) }) {
				return
			}
		}
		r.keys = r.keys[:first]
	}
}

// Array iterates over an array's indexes; the loop body reads (or skips) the element.
func (r *Reader) Array() iter.Seq[int] {
	return func(yield func(int) bool) {
		if !r.open('[') {
			return
		}
		for n := 0; r.more(']', n); n++ {
			if !r.step(func() bool { return yield(n) }) {
				return
			}
		}
	}
}

// step runs the loop body and makes sure that it read the value: a body that forgets one would misread all that follows.
func (r *Reader) step(body func() bool) bool {
	before := r.pos
	if !body() {
		r.fail("reading was broken off")
		return false
	}
	if r.err == nil && r.pos == before {
		r.fail("a value was not read")
	}
	return r.err == nil
}

// String reads a string.
func (r *Reader) String() string { return string(r.text()) }

// Bytes reads a string without copying it where it has no escapes; the result belongs to the document.
func (r *Reader) Bytes() []byte { return r.text() }

// Null reads null if it comes next, and reports whether it did.
func (r *Reader) Null() bool { return r.word("null") }

// Bool reads true or false.
func (r *Reader) Bool() bool {
	if r.word("true") {
		return true
	}
	if !r.word("false") {
		r.fail("true or false expected")
	}
	return false
}

// Int reads a whole number of 63 bits and a sign: a fraction or an exponent is an error and never rounded.
func (r *Reader) Int() int64 {
	r.space()
	start := r.pos
	digits, whole := r.number()
	if r.err != nil {
		return 0
	}
	if !whole {
		r.failAt(start, "whole number expected")
		return 0
	}
	var magnitude uint64
	for _, c := range digits {
		if magnitude > (math.MaxUint64-9)/10 {
			r.failAt(start, "number is too large")
			return 0
		}
		magnitude = magnitude*10 + uint64(c-'0')
	}
	negative := r.doc[start] == '-'
	switch {
	case magnitude <= math.MaxInt64 && negative:
		return -int64(magnitude)
	case magnitude <= math.MaxInt64:
		return int64(magnitude)
	case negative && magnitude == 1<<63:
		return math.MinInt64
	}
	r.failAt(start, "number is too large")
	return 0
}

// Skip reads a value of any kind and checks it like the others.
func (r *Reader) Skip() {
	r.space()
	if r.err != nil {
		return
	}
	if r.pos >= len(r.doc) {
		r.fail("unexpected end")
		return
	}
	switch c := r.doc[r.pos]; c {
	case '{':
		for range r.Object() {
			r.Skip()
		}
	case '[':
		for range r.Array() {
			r.Skip()
		}
	case '"':
		r.text()
	case 't', 'f':
		r.Bool()
	case 'n':
		if !r.Null() {
			r.fail("value expected")
		}
	default:
		r.number()
	}
}

// Raw reads a value of any kind and gives its bytes as they stand in the document.
func (r *Reader) Raw() []byte {
	r.space()
	start := r.pos
	r.Skip()
	if r.err != nil {
		return nil
	}
	return r.doc[start:r.pos]
}

func (r *Reader) open(bracket byte) bool {
	if r.space(); !r.accept(bracket) {
		r.fail("'" + string(bracket) + "' expected")
		return false
	}
	if r.depth++; r.depth > maxDepth {
		r.fail("nested too deeply")
		return false
	}
	return true
}

// more reports whether another member follows, and consumes the comma before it or the closing bracket.
func (r *Reader) more(closing byte, n int) bool {
	r.space()
	switch {
	case r.err != nil:
		return false
	case r.accept(closing):
		r.depth--
		return false
	case n == 0:
		return true
	case r.accept(','):
		if r.space(); r.pos < len(r.doc) && r.doc[r.pos] == closing {
			r.fail("value expected")
			return false
		}
		return true
	}
	r.fail("',' or '" + string(closing) + "' expected")
	return false
}

// unique refuses a name that the object has already. Names are compared without regard to case, because encoding/json
// and several other parsers match them so.
func (r *Reader) unique(key []byte, first int, many map[string]struct{}) map[string]struct{} {
	if r.err != nil {
		return many
	}
	seen := r.keys[first:]
	if len(seen) < linearKeys {
		for _, k := range seen {
			if len(k) == len(key) && bytes.EqualFold(k, key) {
				r.fail("a name stands twice in one object")
				return many
			}
		}
		r.keys = append(r.keys, key)
		return many
	}
	if many == nil {
		many = make(map[string]struct{}, 4*linearKeys)
		for _, k := range seen {
			many[strings.ToLower(string(k))] = struct{}{}
		}
	}
	folded := strings.ToLower(string(key))
	if _, twice := many[folded]; twice {
		r.fail("a name stands twice in one object")
	}
	many[folded] = struct{}{}
	return many
}

// text reads a string token. Without escapes the result is a part of the document; with them it is a copy.
func (r *Reader) text() []byte {
	if r.space(); !r.accept('"') {
		r.fail("string expected")
		return nil
	}
	start := r.pos
	ascii := true
	for i := start; i < len(r.doc); i++ {
		switch c := r.doc[i]; {
		case c == '"':
			token := r.doc[start:i]
			r.pos = i + 1
			if !ascii && !utf8.Valid(token) {
				r.failAt(start, "invalid UTF-8")
				return nil
			}
			return token
		case c == '\\':
			return r.escaped(start)
		case c < 0x20:
			r.failAt(i, "control character in a string")
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.failAt(len(r.doc), "unexpected end")
	return nil
}

// escaped reads a string that has a backslash; encoding/json knows the escapes.
func (r *Reader) escaped(start int) []byte {
	end := start
	for ; end < len(r.doc) && r.doc[end] != '"'; end++ {
		if r.doc[end] == '\\' {
			end++
		}
	}
	if end >= len(r.doc) {
		r.failAt(len(r.doc), "unexpected end")
		return nil
	}
	var s string
	if err := json.Unmarshal(r.doc[start-1:end+1], &s); err != nil || !utf8.Valid(r.doc[start:end]) {
		r.failAt(start, "invalid string")
		return nil
	}
	r.pos = end + 1
	return []byte(s)
}

// number reads a number by JSON's grammar. It gives the digits before the fraction, and whether nothing follows them.
func (r *Reader) number() (digits []byte, whole bool) {
	if r.err != nil {
		return nil, false
	}
	r.accept('-')
	digits = r.digits()
	if len(digits) == 0 || (len(digits) > 1 && digits[0] == '0') {
		r.fail("value expected")
		return nil, false
	}
	whole = true
	if r.accept('.') {
		whole = false
		if len(r.digits()) == 0 {
			r.fail("digit expected")
		}
	}
	if r.accept('e') || r.accept('E') {
		whole = false
		if !r.accept('+') {
			r.accept('-')
		}
		if len(r.digits()) == 0 {
			r.fail("digit expected")
		}
	}
	return digits, whole
}

func (r *Reader) digits() []byte {
	start := r.pos
	for r.pos < len(r.doc) && r.doc[r.pos] >= '0' && r.doc[r.pos] <= '9' {
		r.pos++
	}
	return r.doc[start:r.pos]
}

func (r *Reader) space() {
	for r.pos < len(r.doc) {
		switch r.doc[r.pos] {
		case ' ', '\n', '\t', '\r':
			r.pos++
		default:
			return
		}
	}
}

func (r *Reader) accept(c byte) bool {
	if r.err == nil && r.pos < len(r.doc) && r.doc[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

func (r *Reader) word(w string) bool {
	r.space()
	if r.err == nil && len(r.doc)-r.pos >= len(w) && string(r.doc[r.pos:r.pos+len(w)]) == w {
		r.pos += len(w)
		return true
	}
	return false
}

func (r *Reader) fail(what string) { r.failAt(r.pos, what) }

// failAt names the place and never the bytes there: they can be somebody's card or secret.
func (r *Reader) failAt(pos int, what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s at byte %d", ErrSyntax, what, pos)
	}
}

// ErrSyntax is the cause of every error of this package that is about the document itself.
var ErrSyntax = errors.New("bad JSON")
