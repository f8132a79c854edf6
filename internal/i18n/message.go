package i18n

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// message is a message with placeholders or plural forms, split at its placeholders. A text/template would cost some
// microseconds a call; a page of 50 rows with a labelled button each would pay 50 times.
type message struct {
	// forms is indexed by plural.Form; plural.Other is always there.
	forms [plural.Many + 1][]segment
	// counted says that there is more than one form, chosen by the argument "Count".
	counted bool
}

// segment is a piece of constant text, or the name of a placeholder.
type segment struct{ text, arg string }

// What a line of a flat file may lack. Package source writes neither.
var (
	errNoMessage = errors.New("no message")
	errNoForm    = errors.New("no plural form")
)

var pluralForms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// add gives the message one of its forms.
func (m *message) add(name, text string) error {
	form, known := pluralForms[name]
	if !known {
		return errNoForm
	}
	m.forms[form] = split(text)
	m.counted = m.counted || form != plural.Other
	return nil
}

// split cuts a text at its placeholders, {{.Name}}.
func split(text string) []segment {
	var segments []segment
	for text != "" {
		before, rest, found := strings.Cut(text, "{{.")
		if before != "" {
			segments = append(segments, segment{text: before})
		}
		if !found {
			break
		}
		var name string
		name, text, _ = strings.Cut(rest, "}}")
		segments = append(segments, segment{arg: name})
	}
	return segments
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
