package web

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"payportal/internal/calendar"
	"payportal/internal/errs"
	"payportal/internal/textin"
)

// Sizes of what a request may carry.
const (
	maxFormBytes  = 1 << 20 // 1 MiB: a pasted list of terminals is the largest form
	maxQueryBytes = 8 << 10
)

// formType is what browsers send forms as.
const formType = "application/x-www-form-urlencoded"

// input reads the fields of one form or query and collects what is wrong with them, so that a page can show all
// problems at once, each at its field. A field that was sent twice is wrong unless it is read as a list.
type input struct {
	values url.Values
	fields []errs.Field
}

// form reads the body of a POST. It fails with errs.Invalid for a body that is too large or is no form. A body of another
// type is refused: to the library it is an empty form, which some forms may be.
func form(w http.ResponseWriter, r *http.Request) (*input, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && (err != nil || kind != formType) {
		return nil, errs.New(errs.Invalid, "read form", "errs.malformed", err)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, errs.New(errs.Invalid, "read form", "errs.too_large", tooLarge)
		}
		return nil, errs.New(errs.Invalid, "read form", "errs.malformed", err)
	}
	return &input{values: r.PostForm}, nil
}

// query reads the query of the URL. What cannot be decoded is errs.Invalid.
func query(r *http.Request) (*input, error) {
	if len(r.URL.RawQuery) > maxQueryBytes {
		return nil, errs.New(errs.Invalid, "read query", "errs.too_large", nil)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errs.New(errs.Invalid, "read query", "errs.malformed", err)
	}
	return &input{values: values}, nil
}

// wrong notes a problem with a field; msg is a catalogue key.
func (in *input) wrong(name, msg string, args map[string]any) {
	in.fields = append(in.fields, errs.Field{Name: name, Msg: msg, Args: args})
}

// isWrong reports whether something is wrong with a field.
func (in *input) isWrong(name string) bool {
	return slices.ContainsFunc(in.fields, func(f errs.Field) bool { return f.Name == name })
}

// err gives all problems as one error, or nil.
func (in *input) err(op string) error {
	if len(in.fields) == 0 {
		return nil
	}
	return &errs.Error{Kind: errs.Invalid, Op: op, Fields: in.fields}
}

// has reports whether the field was sent and is not blank.
func (in *input) has(name string) bool { return strings.TrimSpace(in.values.Get(name)) != "" }

// raw gives the field as it was typed, to show it again.
func (in *input) raw(name string) string { return in.values.Get(name) }

// text reads a trimmed line of at most limit characters without control or direction characters; "" when not sent.
func (in *input) text(name string, limit int) string { return in.read(name, limit, false) }

// lines reads a text of several lines with the same care.
func (in *input) lines(name string, limit int) string { return in.read(name, limit, true) }

func (in *input) read(name string, limit int, multiline bool) string {
	sent := in.values[name]
	if len(sent) > 1 {
		in.wrong(name, "validate.repeated", nil)
		return ""
	}
	if len(sent) == 0 {
		return ""
	}
	clean := textin.Line
	if multiline {
		clean = textin.Text
	}
	value, err := clean(sent[0])
	switch {
	case err != nil:
		in.wrong(name, "validate.control_characters", nil)
		return ""
	case utf8.RuneCountInString(value) > limit:
		in.wrong(name, "validate.too_long", map[string]any{"Max": limit})
		return ""
	}
	return value
}

// required reads a text that must not be empty.
func (in *input) required(name string, limit int) string {
	before := len(in.fields)
	value := in.text(name, limit)
	if value == "" && len(in.fields) == before {
		in.wrong(name, "validate.required", nil)
	}
	return value
}

// secret reads a password or code as it was typed: nothing is trimmed or refused but its length.
func (in *input) secret(name string) string {
	sent := in.values[name]
	switch {
	case len(sent) > 1:
		in.wrong(name, "validate.repeated", nil)
	case len(sent) == 0 || sent[0] == "":
		in.wrong(name, "validate.required", nil)
	case len(sent[0]) > 1024:
		in.wrong(name, "validate.too_long", map[string]any{"Max": 1024})
	default:
		return sent[0]
	}
	return ""
}

// integer reads a whole number in any digits, within bounds; ok is false when the field is empty or wrong.
func (in *input) integer(name string, lowest, highest int64) (n int64, ok bool) {
	text := textin.FoldDigits(in.text(name, 40))
	if text == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		in.wrong(name, "validate.number", nil)
		return 0, false
	}
	if n < lowest || n > highest {
		in.wrong(name, "validate.range", map[string]any{"Min": lowest, "Max": highest})
		return 0, false
	}
	return n, true
}

// choice reads one of the allowed words; "" when not sent.
func (in *input) choice(name string, allowed ...string) string {
	value := in.text(name, 100)
	if value == "" {
		return ""
	}
	for _, a := range allowed {
		if value == a {
			return value
		}
	}
	in.wrong(name, "validate.choice", nil)
	return ""
}

// flag reads a checkbox: true when it was sent with any value but "0" and "false".
func (in *input) flag(name string) bool {
	switch in.text(name, 10) {
	case "", "0", "false":
		return false
	}
	return true
}

// list reads a field that may be sent several times, each value a clean line.
func (in *input) list(name string, limit, most int) []string {
	sent := in.values[name]
	if len(sent) > most {
		in.wrong(name, "validate.too_many", map[string]any{"Max": most})
		return nil
	}
	var values []string
	for _, text := range sent {
		value, err := textin.Line(text)
		if err != nil || utf8.RuneCountInString(value) > limit {
			in.wrong(name, "validate.control_characters", nil)
			return nil
		}
		if value != "" {
			values = append(values, value)
		}
	}
	return values
}

// date reads a civil date in the user's calendar and gives the start of that day in the user's zone.
func (in *input) date(name string, sys calendar.System, zone *time.Location) (time.Time, bool) {
	text := in.text(name, 40)
	if text == "" {
		return time.Time{}, false
	}
	t, err := calendar.ParseDate(text, sys, zone)
	if err != nil {
		in.wrong(name, "validate.date", nil)
		return time.Time{}, false
	}
	return t, true
}
