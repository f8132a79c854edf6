package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"payportal/internal/calendar"
	"payportal/internal/money"
)

// Digits is a digit set.
type Digits uint8

const (
	// Latin digits, with comma and point.
	Latin Digits = iota
	// PersianDigits are U+06F0 to U+06F9, with ٬ and ٫.
	PersianDigits
)

// Prefs is how a user wants to be spoken to. It is comparable. The zero value is English, Gregorian, Latin digits, UTC, rial.
type Prefs struct {
	Lang     Lang
	Calendar calendar.System
	Digits   Digits
	Zone     *time.Location
	Unit     money.Unit
}

// Printer writes for one set of preferences. It is immutable and safe for concurrent use.
type Printer struct {
	prefs  Prefs
	words  *catalogue
	months [2][12]string // by calendar.System
	ages   ageMessages
}

// Printer gives the printer of p. An unknown language falls back to English, a nil zone to UTC. Printers for the zones of
// package calendar are made once.
func (b *Bundle) Printer(p Prefs) *Printer {
	if b.catalogues[p.Lang] == nil {
		p.Lang = English
	}
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	zone, err := calendar.Zone(p.Zone.String())
	if err != nil {
		return b.newPrinter(p)
	}
	p.Zone = zone
	if known, ok := b.printers.Load(p); ok {
		return known.(*Printer)
	}
	made, _ := b.printers.LoadOrStore(p, b.newPrinter(p))
	return made.(*Printer)
}

func (b *Bundle) newPrinter(prefs Prefs) *Printer {
	p := &Printer{prefs: prefs, words: b.catalogues[prefs.Lang]}
	for i := range 12 {
		n := strconv.Itoa(i + 1)
		p.months[calendar.Gregorian][i] = p.T("month.gregorian." + n)
		p.months[calendar.Jalali][i] = p.T("month.jalali." + n)
	}
	p.ages = newAgeMessages(p.words)
	return p
}

// Prefs gives the preferences that the printer writes for.
func (p *Printer) Prefs() Prefs { return p.prefs }

// Lang is the language as the html element's lang attribute has it.
func (p *Printer) Lang() string { return string(p.prefs.Lang) }

// Dir is the direction of writing as the html element's dir attribute has it: "ltr" or "rtl".
func (p *Printer) Dir() string {
	if p.prefs.Lang == Persian {
		return "rtl"
	}
	return "ltr"
}

// T gives a message that has no placeholders. A key that is missing, or that needs Tf, shows as ⟦key⟧.
func (p *Printer) T(key string) string {
	if text, ok := p.words.plain[key]; ok {
		return text
	}
	return "⟦" + key + "⟧"
}

// Tf gives a message with its placeholders filled. Whole numbers in args are grouped and in the user's digits; texts go
// in as they are. The argument "Count" chooses the plural form. A missing key shows as ⟦key⟧, a missing argument as
// ⟦Name⟧.
func (p *Printer) Tf(key string, args map[string]any) string {
	m := p.words.templates[key]
	if m == nil {
		return p.T(key)
	}
	count, _ := whole(args["Count"])
	var b strings.Builder
	for _, s := range m.form(p.words.tag, count) {
		if s.arg == "" {
			b.WriteString(s.text)
			continue
		}
		b.WriteString(p.argument(s.arg, args))
	}
	return b.String()
}

func (p *Printer) argument(name string, args map[string]any) string {
	value, ok := args[name]
	if !ok {
		return "⟦" + name + "⟧"
	}
	if text, ok := value.(string); ok {
		return text
	}
	if n, ok := whole(value); ok {
		return p.Int(n)
	}
	return fmt.Sprint(value)
}

// whole reads an argument of any of the integer types that callers count with.
func whole(value any) (int64, bool) {
	switch n := value.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case int32:
		return int64(n), true
	default:
		return 0, false
	}
}
