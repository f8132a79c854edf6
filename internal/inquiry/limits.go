package inquiry

import (
	"context"
	"fmt"
	"maps"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
)

// Day counts days since 1970-01-01 in the portal's zone: allowances are for a day.
type Day int64

// DayOf is the day of a moment in a zone.
func DayOf(t time.Time, zone *time.Location) Day {
	year, month, day := t.In(zone).Date()
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// Limits are what one person may ask for. Zero admits nothing.
type Limits struct {
	// PerDay is how many paid questions a day; LinesPerFile how many lines one file may have.
	PerDay, LinesPerFile int
}

// The bounds of what an administrator can set.
const (
	MaxPerDay       = 1_000_000
	MaxLinesPerFile = 50_000
	MaxFreshFor     = 30 * 24 * time.Hour
	MinRetention    = 24 * time.Hour
	MaxRetention    = 5 * 365 * 24 * time.Hour
)

// Settings are what an administrator decides about inquiries.
type Settings struct {
	// FreshFor is how old an answer may be to be offered in place of a paid question; 0 offers none.
	FreshFor time.Duration
	// Retention is how long numbers and answers are kept. Their keyed hash and outcome stay.
	Retention time.Duration
	// Default are the limits of everybody for whom neither Users nor Roles say anything.
	Default Limits
	// Roles are limits by role; who has several of them has the highest of each. Users are a person's own and go before those
	// of roles.
	Roles map[access.RoleID]Limits
	Users map[int64]Limits
	// Version grows with each change; a change that names an old one is refused.
	Version int64
}

// DefaultSettings hold until an administrator has decided.
func DefaultSettings() Settings {
	return Settings{
		FreshFor: 24 * time.Hour, Retention: 90 * 24 * time.Hour, Default: Limits{PerDay: 50_000, LinesPerFile: MaxLinesPerFile},
		Roles: map[access.RoleID]Limits{}, Users: map[int64]Limits{},
	}
}

// Copy gives settings whose maps are their own.
func (s Settings) Copy() Settings {
	s.Roles, s.Users = maps.Clone(s.Roles), maps.Clone(s.Users)
	return s
}

// Of are the limits of a person.
func (s Settings) Of(by Asker) Limits {
	if own, ok := s.Users[by.UserID]; ok {
		return own
	}
	limits, found := Limits{}, false
	for _, role := range by.Roles {
		if of, ok := s.Roles[role]; ok {
			limits, found = Limits{PerDay: max(limits.PerDay, of.PerDay), LinesPerFile: max(limits.LinesPerFile, of.LinesPerFile)}, true
		}
	}
	if !found {
		return s.Default
	}
	return limits
}

// Check says what is wrong with the settings: errs.Invalid at the fields fresh_for, retention, and per_day and lines with
// ".default", ".role.<id>" or ".user.<id>" behind them.
func (s Settings) Check() error {
	var fields []errs.Field
	wrong := func(name, msg string, args map[string]any) {
		fields = append(fields, errs.Field{Name: name, Msg: msg, Args: args})
	}
	if s.FreshFor < 0 || s.FreshFor > MaxFreshFor {
		wrong("fresh_for", "inquiry.settings.fresh_range", map[string]any{"Max": int(MaxFreshFor / time.Hour)})
	}
	if s.Retention < MinRetention || s.Retention > MaxRetention {
		wrong("retention", "inquiry.settings.retention_range", map[string]any{"Max": int(MaxRetention / (24 * time.Hour))})
	}
	check := func(whose string, l Limits) {
		if l.PerDay < 0 || l.PerDay > MaxPerDay {
			wrong("per_day."+whose, "inquiry.settings.per_day_range", map[string]any{"Max": MaxPerDay})
		}
		if l.LinesPerFile < 0 || l.LinesPerFile > MaxLinesPerFile {
			wrong("lines."+whose, "inquiry.settings.lines_range", map[string]any{"Max": MaxLinesPerFile})
		}
	}
	check("default", s.Default)
	for role, l := range s.Roles {
		check("role."+string(role), l)
	}
	for user, l := range s.Users {
		check(fmt.Sprintf("user.%d", user), l)
	}
	if fields != nil {
		return &errs.Error{Kind: errs.Invalid, Op: "change inquiry settings", Fields: fields}
	}
	return nil
}

// facts are what the trail keeps of the settings.
func (s Settings) facts() map[string]any {
	return map[string]any{
		"fresh_for": s.FreshFor.String(), "retention": s.Retention.String(), "default": s.Default, "roles": s.Roles, "users": s.Users,
	}
}

// Asker is who asks: the person and the roles that their limits come from.
type Asker struct {
	audit.Actor
	Roles []access.RoleID
}

// Allowance is what a person has left.
type Allowance struct {
	Limits
	// Used is how many paid questions of today's PerDay are gone.
	Used int
}

// Left is how many paid questions remain today.
func (a Allowance) Left() int { return max(a.PerDay-a.Used, 0) }

// Rules reads and changes the settings, and counts.
type Rules struct {
	store Store
	zone  *time.Location
	now   func() time.Time
}

// NewRules makes the rules. Days begin at midnight of zone.
func NewRules(store Store, zone *time.Location, now func() time.Time) *Rules {
	return &Rules{store: store, zone: zone, now: now}
}

// Settings gives the settings in force.
func (r *Rules) Settings(ctx context.Context) (Settings, error) { return r.store.InquirySettings(ctx) }

// Change replaces the settings. errs.Invalid as Settings.Check, errs.Conflict when they changed meanwhile.
func (r *Rules) Change(ctx context.Context, actor audit.Actor, s Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	before, err := r.store.InquirySettings(ctx)
	if err != nil {
		return err
	}
	return r.store.SaveInquirySettings(ctx, s, audit.Entry{
		Actor: actor, Act: "inquiry.settings", Object: "inquiry:settings", Outcome: audit.OK, Before: before.facts(), After: s.facts(),
	})
}

// Allowance tells what a person may ask for today.
func (r *Rules) Allowance(ctx context.Context, by Asker) (Allowance, error) {
	settings, err := r.store.InquirySettings(ctx)
	if err != nil {
		return Allowance{}, err
	}
	used, err := r.store.InquiryUsage(ctx, by.UserID, r.today())
	return Allowance{Limits: settings.Of(by), Used: used}, err
}

func (r *Rules) today() Day { return DayOf(r.now(), r.zone) }
