package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Problems are the errors of a 400 answer as the serializers of Django REST framework tell them: {"field": ["message"]}.
type Problems map[string][]string

// Add tells of a field.
func (p Problems) Add(field, message string) { p[field] = append(p[field], message) }

// ReadFields reads the JSON object of a request, numbers as json.Number, and answers 415 or 400 itself if it cannot.
func ReadFields(w http.ResponseWriter, r *http.Request) (fields map[string]any, ok bool) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(kind) != "application/json" {
		WriteDetail(w, http.StatusUnsupportedMediaType, fmt.Sprintf("Unsupported media type %q in request.", kind))
		return nil, false
	}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil || decoder.More() {
		WriteDetail(w, http.StatusBadRequest, "JSON parse error - Expecting value: line 1 column 1 (char 0)")
		return nil, false
	}
	return fields, true
}

// Required gives the value of a field, which must be there and not be null.
func (p Problems) Required(fields map[string]any, name string) (value any, ok bool) {
	value, present := fields[name]
	switch {
	case !present:
		p.Add(name, "This field is required.")
	case value == nil:
		p.Add(name, "This field may not be null.")
	default:
		return value, true
	}
	return nil, false
}

// Text reads a string, or a number as its digits, of longest characters at most.
func (p Problems) Text(name string, value any, longest int) string {
	var text string
	switch value := value.(type) {
	case string:
		text = strings.TrimSpace(value)
	case json.Number:
		text = value.String()
	default:
		p.Add(name, "Not a valid string.")
		return ""
	}
	switch {
	case text == "":
		p.Add(name, "This field may not be blank.")
	case utf8.RuneCountInString(text) > longest:
		p.Add(name, fmt.Sprintf("Ensure this field has no more than %d characters.", longest))
	case strings.ContainsRune(text, 0):
		p.Add(name, "Null characters are not allowed.")
	}
	return text
}

// Integer reads a number that is not less than least, also in quotes as the framework does; the column is assumed to
// hold 63 bits.
func (p Problems) Integer(name string, value any, least int64) int64 {
	switch value.(type) {
	case json.Number, string:
	default:
		p.Add(name, "A valid integer is required.")
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(fmt.Sprint(value)), 10, 64)
	switch {
	case err != nil:
		p.Add(name, "A valid integer is required.")
	case n < least:
		p.Add(name, fmt.Sprintf("Ensure this value is greater than or equal to %d.", least))
	case n > math.MaxInt64-1:
		p.Add(name, fmt.Sprintf("Ensure this value is less than or equal to %d.", int64(math.MaxInt64-1)))
	}
	return n
}
