package web

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/internal/inquiry"
	"payportal/internal/textin"
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

// settingsAsk is what the page of the settings is about.
type settingsAsk struct {
	stored inquiry.Settings
	// typed is the form that came back; nil for the settings in force.
	typed typedSettings
	roles []access.Role
	users []access.User
	wrong error
}

// settingsForm draws the fields of one page.
type settingsForm struct {
	p       *i18n.Printer
	byField map[string]string
	typed   typedSettings
	// changed says that the settings in force are not those that the form was made from: each field then says its own.
	changed bool
}

func inquirySettingsView(p *i18n.Printer, ask settingsAsk) inquiries.Settings {
	byField, summary := fieldErrors(p, ask.wrong)
	f := settingsForm{p: p, byField: byField, typed: ask.typed, changed: errs.Is(ask.wrong, errs.Conflict)}
	stored := ask.stored
	view := inquiries.Settings{
		Errors: summary, Version: strconv.FormatInt(stored.Version, 10),
		FreshFor: f.field("fresh_for", "inquiries.settings.fresh_for", "inquiries.settings.fresh_for_hint", new(int(stored.FreshFor/time.Hour))),
		Retention: f.field("retention", "inquiries.settings.retention", "inquiries.settings.retention_hint",
			new(int(stored.Retention/(24*time.Hour)))),
		Default: f.limits("default", p.T("inquiries.settings.default"), &stored.Default),
		Person: ui.SelectInput{Field: ui.Field{
			Name: "person", Label: p.T("inquiries.settings.person"), Value: ask.typed["person"], Error: byField["person"],
		}},
		New: f.limits("new", "", nil),
	}
	if f.changed {
		view.Errors, view.Changed = nil, p.T("inquiries.settings.changed")
	}
	for _, role := range ask.roles {
		view.Roles = append(view.Roles, f.limits("role."+string(role.ID), roleTitle(p, role), limitsOf(stored.Roles, role.ID)))
	}
	for _, id := range slices.Sorted(maps.Keys(stored.Users)) {
		view.People = append(view.People, f.person(id, ask.users, stored.Users[id]))
	}
	view.Person.Options = []ui.Option{{Label: p.T("inquiries.settings.choose_person")}}
	for _, u := range ask.users {
		if _, listed := stored.Users[u.ID]; !listed && !u.Disabled {
			view.Person.Options = append(view.Person.Options, ui.Option{Value: strconv.FormatInt(u.ID, 10), Label: personName(u)})
		}
	}
	return view
}

func personName(u access.User) string { return textin.Visible(u.DisplayName) + " (" + u.Username + ")" }

func limitsOf[K comparable](all map[K]inquiry.Limits, key K) *inquiry.Limits {
	if limits, ok := all[key]; ok {
		return &limits
	}
	return nil
}

// person are the limits of somebody who has some of their own.
func (f settingsForm) person(id int64, users []access.User, limits inquiry.Limits) inquiries.Limits {
	name := f.p.Tf("inquiries.settings.user_gone", map[string]any{"Number": id})
	if i := slices.IndexFunc(users, func(u access.User) bool { return u.ID == id }); i >= 0 {
		name = personName(users[i])
	}
	text := strconv.FormatInt(id, 10)
	view := f.limits("user."+text, name, &limits)
	view.Remove = ui.CheckInput{Field: ui.Field{Name: "remove." + text, Label: f.p.Tf("inquiries.settings.remove", map[string]any{"Name": name})}, Checked: f.typed["remove."+text] != ""}
	return view
}

// limits are the two fields of a role or a person; stored is nil where there is no limit of its own.
func (f settingsForm) limits(whose, name string, stored *inquiry.Limits) inquiries.Limits {
	perDay, lines := (*int)(nil), (*int)(nil)
	if stored != nil {
		perDay, lines = &stored.PerDay, &stored.LinesPerFile
	}
	return inquiries.Limits{
		Name:   name,
		PerDay: f.field("per_day."+whose, "inquiries.settings.per_day", "", perDay),
		Lines:  f.field("lines."+whose, "inquiries.settings.lines", "", lines),
	}
}

// field has what was typed, or else what is stored. hint is a catalogue key, empty for none.
func (f settingsForm) field(name, label, hint string, stored *int) ui.Field {
	value := ""
	if stored != nil {
		value = strconv.Itoa(*stored)
	}
	field := ui.Field{Name: name, Label: f.p.T(label), Value: value, Error: f.byField[name]}
	if hint != "" {
		field.Hint = f.p.T(hint)
	}
	typed, sent := f.typed[name]
	if sent {
		field.Value = typed
	}
	if f.changed && sent && textin.FoldDigits(textin.Compact(typed)) != value {
		field.Hint = f.p.T("inquiries.settings.now_none")
		if stored != nil {
			field.Hint = f.p.Tf("inquiries.settings.now", map[string]any{"Value": *stored})
		}
	}
	return field
}
