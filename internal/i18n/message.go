package i18n

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// message is a compiled message with placeholders or plural forms. go-i18n's own localizer matches languages and runs a
// text/template each time, some microseconds a call; a page of 50 rows with a labelled button each would pay 50 times.
type message struct {
	// forms is indexed by plural.Form; plural.Other is always there.
	forms [plural.Many + 1][]segment
	// counted says that there is more than one form, chosen by the argument "Count".
	counted bool
}

// segment is a piece of constant text, or the name of a placeholder.
type segment struct{ text, arg string }

var placeholder = regexp.MustCompile(`\{\{\s*\.([A-Za-z]+)\s*\}\}`)

// compile splits a message at its placeholders.
func compile(m *goi18n.Message) (*message, error) {
	texts := map[plural.Form]string{
		plural.Zero: m.Zero, plural.One: m.One, plural.Two: m.Two, plural.Few: m.Few, plural.Many: m.Many, plural.Other: m.Other,
	}
	if m.Other == "" {
		return nil, errors.New("the text is empty")
	}
	compiled := &message{}
	for form, text := range texts {
		if text == "" {
			continue
		}
		segments, err := split(text)
		if err != nil {
			return nil, err
		}
		compiled.forms[form] = segments
		compiled.counted = compiled.counted || form != plural.Other
	}
	return compiled, nil
}

func split(text string) ([]segment, error) {
	var segments []segment
	end := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		if at[0] > end {
			segments = append(segments, segment{text: text[end:at[0]]})
		}
		segments = append(segments, segment{arg: text[at[2]:at[3]]})
		end = at[1]
	}
	if end < len(text) {
		segments = append(segments, segment{text: text[end:]})
	}
	for _, s := range segments {
		if strings.Contains(s.text, "{{") {
			return nil, fmt.Errorf("only placeholders such as {{.Name}} are allowed: %q", text)
		}
	}
	return segments, nil
}

// constant gives the text of a message that has neither placeholders nor plural forms.
func (m *message) constant() (string, bool) {
	only := m.forms[plural.Other]
	if m.counted || len(only) != 1 || only[0].arg != "" {
		return "", false
	}
	return only[0].text, true
}

// placeholders lists the names of all placeholders of all forms, each once, in order.
func (m *message) placeholders() []string {
	var names []string
	for _, segments := range m.forms {
		for _, s := range segments {
			if s.arg != "" {
				names = append(names, s.arg)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// form chooses the plural form of a count.
func (m *message) form(tag language.Tag, count int64) []segment {
	if !m.counted {
		return m.forms[plural.Other]
	}
	// MatchPlural wants large numbers reduced; the tens of millions decide nothing in any language.
	n := max(count, -count)
	if n > 10_000_000 {
		n = n%10_000_000 + 10_000_000
	}
	if chosen := m.forms[plural.Cardinal.MatchPlural(tag, int(n), 0, 0, 0, 0)]; chosen != nil {
		return chosen
	}
	return m.forms[plural.Other]
}
