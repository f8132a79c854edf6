package access

import (
	"regexp"
	"slices"
	"time"

	"payportal/internal/errs"
)

// Preferences is how a user wants the portal to look. An empty field means the portal's or the browser's default.
type Preferences struct {
	// Language is "en" or "fa".
	Language string `json:"language,omitempty"`
	// Calendar is "jalali" or "gregorian".
	Calendar string `json:"calendar,omitempty"`
	// Digits is "latin" or "persian".
	Digits string `json:"digits,omitempty"`
	// Zone is an IANA time zone: "Asia/Tehran".
	Zone string `json:"zone,omitempty"`
	// Unit is the unit in which rial amounts are shown: "rial" or "toman".
	Unit string `json:"unit,omitempty"`
	// Theme is "light" or "dark".
	Theme string `json:"theme,omitempty"`
	// Density is "comfortable" or "compact".
	Density string `json:"density,omitempty"`
	// ShortcutsOff turns single-key shortcuts off (WCAG 2.1.4).
	ShortcutsOff bool `json:"shortcuts_off,omitempty"`
	// Tables is how the user wants each table, by the table's name.
	Tables map[string]TablePreferences `json:"tables,omitempty"`
}

// TablePreferences is how a user wants one table.
type TablePreferences struct {
	// Columns are the shown columns in their order; empty for the table's own choice.
	Columns []string `json:"columns,omitempty"`
	// PageSize is 25, 50 or 100; 0 for the table's own choice.
	PageSize int `json:"page_size,omitempty"`
}

// tableWord is the form of a table's or a column's name.
var tableWord = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

const (
	maxTables  = 40
	maxColumns = 40
)

// validate checks every field. Fields carry the names of the JSON keys.
func (p Preferences) validate() error {
	var fields []errs.Field
	check := func(name string, ok bool) {
		if !ok {
			fields = append(fields, errs.Field{Name: name, Msg: "access.preferences.wrong"})
		}
	}
	oneOf := func(name, value string, values ...string) {
		check(name, value == "" || slices.Contains(values, value))
	}
	oneOf("language", p.Language, "en", "fa")
	oneOf("calendar", p.Calendar, "jalali", "gregorian")
	oneOf("digits", p.Digits, "latin", "persian")
	oneOf("unit", p.Unit, "rial", "toman")
	oneOf("theme", p.Theme, "light", "dark")
	oneOf("density", p.Density, "comfortable", "compact")
	check("zone", validZone(p.Zone))
	check("tables", validTables(p.Tables))
	if len(fields) > 0 {
		return &errs.Error{Kind: errs.Invalid, Op: "save preferences", Fields: fields}
	}
	return nil
}

// validZone refuses "Local", which LoadLocation knows and no other machine would understand.
func validZone(zone string) bool {
	if zone == "" {
		return true
	}
	_, err := time.LoadLocation(zone)
	return err == nil && zone != "Local" && len(zone) <= 64
}

func validTables(tables map[string]TablePreferences) bool {
	for name, t := range tables {
		if !tableWord.MatchString(name) || len(t.Columns) > maxColumns || !slices.Contains([]int{0, 25, 50, 100}, t.PageSize) {
			return false
		}
		for _, column := range t.Columns {
			if !tableWord.MatchString(column) {
				return false
			}
		}
	}
	return len(tables) <= maxTables
}
