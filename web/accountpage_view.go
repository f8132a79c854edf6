package web

import (
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/i18n"
	"payportal/internal/textin"
	"payportal/templates/account"
	"payportal/templates/ui"
)

func ownAccountView(v *visit, name string, factorRequired bool, wrong error) account.Overview {
	p, user := v.p, v.identity.User
	byField, summary := fieldErrors(p, wrong)
	view := account.Overview{
		Errors: summary, Username: ui.Ident{Text: user.Username, What: p.T("signin.username")},
		Name: ui.Field{
			Name: "display_name", Label: p.T("account.name"), Hint: p.T("account.name_hint"), Value: name, Error: byField["display_name"],
			Required: true, Autocomplete: "name", MaxLength: access.MaxDisplayName,
		},
		Roles: roleList(p, user.Roles), Permissions: allowedView(p, v.identity.Rights), Preferences: preferenceInputs(v),
		SecondFactor: factorView(p, user),
	}
	if user.SecondFactor {
		view.Codes = p.Tf("account.codes_left", map[string]any{"Count": user.RecoveryCodes})
		view.RemoveHref = "/account/totp/remove"
	}
	if factorRequired {
		view.RemoveHref, view.KeepText = "", p.T("access.second_factor.required")
	}
	return view
}

// allowedView says in words what a set of rights allows, group by group.
func allowedView(p *i18n.Printer, rights access.Set) []account.Allowed {
	var groups []account.Allowed
	for _, info := range access.Catalogue() {
		if !rights.Has(info.Permission) {
			continue
		}
		group, label := p.T(info.GroupLabel()), p.T(info.Permission.Label())
		if n := len(groups); n > 0 && groups[n-1].Group == group {
			groups[n-1].Text += p.T("word.list_separator") + label
			continue
		}
		groups = append(groups, account.Allowed{Group: group, Text: label})
	}
	return groups
}

// preferenceInputs are the fields of the display settings, with what counts now chosen.
func preferenceInputs(v *visit) []ui.SelectInput {
	p := v.p
	choice := func(name, label, value, prefix string, values ...string) ui.SelectInput {
		in := ui.SelectInput{Field: ui.Field{Name: name, Label: p.T(label), Value: value}}
		for _, value := range values {
			in.Options = append(in.Options, ui.Option{Value: value, Label: p.T(prefix + value)})
		}
		return in
	}
	shortcuts := ui.SelectInput{
		Field:   ui.Field{Name: "shortcuts", Label: p.T("prefs.shortcuts"), Value: pick(v.prefs.ShortcutsOff, "off", "on")},
		Options: []ui.Option{{Value: "on", Label: p.T("account.shortcuts_on")}, {Value: "off", Label: p.T("account.shortcuts_off")}},
	}
	zone := ui.SelectInput{Field: ui.Field{Name: "zone", Label: p.T("prefs.zone"), Value: v.prefs.Zone}, Options: withChosen(zoneOptions(v), v.prefs.Zone)}
	return []ui.SelectInput{
		choice("lang", "prefs.language", v.prefs.Language, "lang.", "en", "fa"),
		choice("calendar", "prefs.calendar", v.prefs.Calendar, "calendar.", "gregorian", "jalali"),
		choice("digits", "prefs.digits", v.prefs.Digits, "digits.", "latin", "persian"),
		choice("unit", "prefs.unit", v.prefs.Unit, "unit.", "rial", "toman"),
		zone,
		choice("theme", "prefs.theme", orElse(v.prefs.Theme, "auto"), "theme.", "auto", "light", "dark"),
		choice("density", "prefs.density", orElse(v.prefs.Density, "comfortable"), "table.", "comfortable", "compact"),
		shortcuts,
	}
}

func orElse(value, standard string) string {
	if value == "" {
		return standard
	}
	return value
}

func sessionsView(p *i18n.Printer, now time.Time, sessions []access.SessionInfo) account.Sessions {
	view := account.Sessions{Label: p.Tf("account.session.count", map[string]any{"Count": len(sessions)}), Others: len(sessions) > 1}
	for _, s := range sessions {
		row := account.SessionRow{
			Browser: browserName(p, s.UserAgent), Agent: textin.Visible(s.UserAgent), Address: noValue, Since: momentView(p, s.CreatedAt),
			LastSeen: momentView(p, s.LastSeenAt), Age: p.Age(s.LastSeenAt, now), This: s.Current, EndAction: "/account/sessions/" + s.PublicID + "/end",
		}
		if s.Address.IsValid() {
			row.Address = s.Address.String()
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}

// browsers and systems are the marks by which browsers name themselves, the more particular ones first: nearly every
// browser also claims to be Chrome or Safari.
var (
	browsers = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// browserName names a browser and its system as people know them; what is not known is shown as it names itself.
func browserName(p *i18n.Printer, agent string) string {
	browser, system := firstMark(browsers, agent), firstMark(systems, agent)
	switch {
	case agent == "":
		return p.T("word.unknown")
	case browser == "":
		return textin.Visible(agent)
	case system == "":
		return browser
	}
	return p.Tf("account.session.browser_on", map[string]any{"Browser": browser, "System": system})
}

func firstMark(marks [][2]string, agent string) string {
	for _, mark := range marks {
		if strings.Contains(agent, mark[0]) {
			return mark[1]
		}
	}
	return ""
}
