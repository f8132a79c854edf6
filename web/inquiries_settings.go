package web

import (
	"net/http"
	"strconv"
	"time"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/inquiry"
	"payportal/templates/icon"
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

// inquirySettingsPath is the page of what an administrator decides about inquiries.
const inquirySettingsPath = "/inquiries/settings"

// inquirySettingRoutes are what an administrator decides about inquiries.
func (s *Server) inquirySettingRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: inquirySettingsPath, Permission: access.InquiryManage, handle: s.inquirySettings,
			Nav: Nav{Group: "nav.administration", Label: "nav.inquiry_settings", Icon: icon.Settings, Letter: "q"},
		},
		{Method: "POST", Pattern: inquirySettingsPath, Permission: access.InquiryManage, StepUp: true, handle: s.changeInquirySettings},
	}
}

// typedSettings is the form of the settings as it was typed, by the names of its fields.
type typedSettings map[string]string

func (s *Server) inquirySettings(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.InquiryRules.Settings(r.Context())
	if err != nil {
		return err
	}
	return s.renderInquirySettings(w, r, page{}, settings, nil, nil)
}

// renderInquirySettings draws the settings in force, or what was typed in their place.
func (s *Server) renderInquirySettings(w http.ResponseWriter, r *http.Request, p page, stored inquiry.Settings, typed typedSettings, wrong error) error {
	roles, err := s.Access.People.Roles(r.Context())
	if err != nil {
		return err
	}
	users, err := s.Access.People.Users(r.Context(), access.UserFilter{})
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := inquirySettingsView(v.p, settingsAsk{stored: stored, typed: typed, roles: roles, users: users, wrong: wrong})
	view.StepUpHref = stepUpHref(v, inquirySettingsPath)
	p.title, p.content = v.p.T("inquiries.settings.title"), inquiries.SettingsPage(v.p, view)
	return s.respond(w, r, p)
}

func (s *Server) changeInquirySettings(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	roles, err := s.Access.People.Roles(r.Context())
	if err != nil {
		return err
	}
	stored, err := s.InquiryRules.Settings(r.Context())
	if err != nil {
		return err
	}
	wanted := readInquirySettings(in, stored, roles)
	if err = in.err("change inquiry settings"); err == nil {
		err = s.InquiryRules.Change(r.Context(), v.by(r).Actor, wanted)
	}
	if err == nil {
		s.flash(r, ui.Success, v.p.T("inquiries.settings.saved"))
		s.redirect(w, r, inquirySettingsPath)
		return nil
	}
	p, ok := invalidForm(page{}, err)
	if !ok {
		return err
	}
	p.invalid = errs.Is(err, errs.Invalid)
	if stored, settingsErr := s.InquiryRules.Settings(r.Context()); settingsErr == nil {
		return s.renderInquirySettings(w, r, p, stored, typedFields(in), err)
	}
	return err
}

// typedFields are the fields of a form as they were typed.
func typedFields(in *input) typedSettings {
	typed := typedSettings{}
	for name := range in.values {
		typed[name] = in.raw(name)
	}
	return typed
}

// readInquirySettings reads the form. People are those who had limits when it was made, and one who is added.
func readInquirySettings(in *input, stored inquiry.Settings, roles []access.Role) inquiry.Settings {
	wanted := inquiry.Settings{
		Version: requiredSettingsVersion(in), Roles: map[access.RoleID]inquiry.Limits{}, Users: map[int64]inquiry.Limits{},
		FreshFor:  time.Duration(readWhole(in, "fresh_for", true)) * time.Hour,
		Retention: time.Duration(readWhole(in, "retention", true)) * 24 * time.Hour,
	}
	wanted.Default = inquiry.Limits{PerDay: int(readWhole(in, "per_day.default", true)), LinesPerFile: int(readWhole(in, "lines.default", true))}
	for _, role := range roles {
		if limits, ok := readLimits(in, "role."+string(role.ID)); ok {
			wanted.Roles[role.ID] = limits
		}
	}
	for id := range stored.Users {
		text := strconv.FormatInt(id, 10)
		if in.flag("remove." + text) {
			continue
		}
		if limits, ok := readLimits(in, "user."+text); ok {
			wanted.Users[id] = limits
		}
	}
	addPerson(in, wanted.Users)
	return wanted
}

// requiredSettingsVersion reads the version that the form was made from. It is 0 while nobody has changed the settings.
func requiredSettingsVersion(in *input) int64 {
	version, ok := in.integer("version", 0, 1<<62)
	if !ok && !in.isWrong("version") {
		in.wrong("version", "errs.malformed", nil)
	}
	return version
}

// addPerson reads the limits of one more person.
func addPerson(in *input, users map[int64]inquiry.Limits) {
	id, chosen := in.integer("person", 1, 1<<62)
	limits, ok := readLimits(in, "new")
	switch {
	case chosen && ok:
		users[id] = limits
	case chosen && !in.isWrong("per_day.new"):
		in.wrong("per_day.new", "inquiries.settings.both", nil)
	case ok:
		in.wrong("person", "inquiries.settings.person_missing", nil)
	}
}

// readLimits reads the two fields of a role or a person; ok is false when both are empty.
func readLimits(in *input, whose string) (limits inquiry.Limits, ok bool) {
	perDay, lines := "per_day."+whose, "lines."+whose
	switch {
	case !in.has(perDay) && !in.has(lines):
		return inquiry.Limits{}, false
	case !in.has(perDay):
		in.wrong(perDay, "inquiries.settings.both", nil)
	case !in.has(lines):
		in.wrong(lines, "inquiries.settings.both", nil)
	}
	return inquiry.Limits{PerDay: int(readWhole(in, perDay, false)), LinesPerFile: int(readWhole(in, lines, false))}, true
}

// readWhole reads a whole number that cannot overflow what it is multiplied by; inquiry.Settings.Check has the true bounds.
func readWhole(in *input, name string, required bool) int64 {
	const most = 100_000_000
	n, ok := in.integer(name, 0, most)
	if !ok && required && !in.isWrong(name) {
		in.wrong(name, "validate.required", nil)
	}
	return n
}
