package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"payportal/internal/access"
	"payportal/internal/i18n"
	"payportal/internal/textin"
	"payportal/templates/admin"
	"payportal/templates/ui"
)

// userHref is the page of a user.
func userHref(id int64) string { return "/admin/users/" + strconv.FormatInt(id, 10) }

// withList carries the query of the list that somebody came from along to a page.
func withList(href, list string) string {
	if list == "" {
		return href
	}
	return href + "?" + url.Values{"list": {list}}.Encode()
}

// backToList is the list with the query that somebody came from.
func backToList(path, list string) string {
	values, err := url.ParseQuery(list)
	if err != nil || len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// roleTitle names a role: a built-in one in the reader's language, a custom one as it was named.
func roleTitle(p *i18n.Printer, r access.Role) string {
	if r.BuiltIn {
		return p.T(r.Label())
	}
	return textin.Visible(r.Name)
}

// roleNote describes a role in the same way.
func roleNote(p *i18n.Printer, r access.Role) string {
	if r.BuiltIn {
		return p.T(r.Note())
	}
	return textin.Visible(r.Description)
}

func roleList(p *i18n.Printer, roles []access.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = roleTitle(p, r)
	}
	return strings.Join(names, p.T("word.list_separator"))
}

func usersView(p *i18n.Printer, at listURL, roles []access.Role, users []access.User, wrong error) admin.Users {
	byField, summary := fieldErrors(p, wrong)
	anyone := ui.Option{Label: p.T("filter.any")}
	roleOptions := []ui.Option{anyone}
	for _, r := range roles {
		roleOptions = append(roleOptions, ui.Option{Value: string(r.ID), Label: roleTitle(p, r)})
	}
	states := []ui.Option{
		anyone,
		{Value: "enabled", Label: p.T("word.enabled")},
		{Value: "disabled", Label: p.T("word.disabled")},
		{Value: "never", Label: p.T("admin.user.never")},
	}
	view := admin.Users{
		Query: ui.Field{Name: "q", Label: p.T("action.search"), Hint: p.T("admin.users.search_hint"), Value: at.values.Get("q"), Error: byField["q"], Grow: true},
		Role: ui.SelectInput{
			Field:   ui.Field{Name: "role", Label: p.T("admin.role.one"), Value: at.values.Get("role"), Error: byField["role"]},
			Options: withChosen(roleOptions, at.values.Get("role")),
		},
		Status: ui.SelectInput{
			Field:   ui.Field{Name: "status", Label: p.T("word.status"), Value: at.values.Get("status"), Error: byField["status"]},
			Options: withChosen(states, at.values.Get("status")),
		},
	}
	view.List = admin.UserList{Label: p.Tf("admin.users.count", map[string]any{"Count": len(users)}), Errors: summary, Empty: ui.NothingMatches(p, at.path)}
	view.List.Chips = filterChips(at, chipOf{"q", p.T("action.search"), nil}, chipOf{"role", p.T("admin.role.one"), view.Role.Options},
		chipOf{"status", p.T("word.status"), states})
	for _, u := range users {
		view.List.Rows = append(view.List.Rows, admin.UserRow{
			Href: withList(userHref(u.ID), at.values.Encode()), Name: textin.Visible(u.DisplayName), Username: u.Username,
			Roles: roleList(p, u.Roles), State: enabledView(p, !u.Disabled), SecondFactor: factorView(p, u), LastSignIn: momentView(p, u.LastSignInAt),
		})
	}
	return view
}

// chipOf is a filter that a chip can stand for.
type chipOf struct {
	name, label string
	// options name the values; nil for free text.
	options []ui.Option
}

// filterChips are the applied filters of a list in the order of its form.
func filterChips(at listURL, filters ...chipOf) ui.Chips {
	chips := ui.Chips{ClearHref: at.path, Live: true}
	for _, f := range filters {
		value := at.values.Get(f.name)
		if value == "" {
			continue
		}
		chips.Items = append(chips.Items, ui.Chip{Label: namedChip(f.label, labelOf(f.options, value)), RemoveHref: at.with(f.name, "").String()})
	}
	return chips
}

func factorView(p *i18n.Printer, u access.User) ui.Status {
	if u.SecondFactor {
		return ui.Status{Tone: ui.Success, Text: p.T("admin.user.factor_on")}
	}
	return ui.Status{Text: p.T("admin.user.factor_off")}
}

// roleChoices offers the roles. Those with more rights than the giver has cannot be chosen.
func roleChoices(p *i18n.Printer, roles []access.Role, rights access.Set, chosen []access.RoleID, wrong string) admin.Choices {
	c := admin.Choices{Name: "roles", Label: p.T("nav.roles"), Error: wrong}
	for _, r := range roles {
		c.Items = append(c.Items, admin.Choice{
			Value: string(r.ID), Label: roleTitle(p, r), Note: roleNote(p, r),
			Chosen: slices.Contains(chosen, r.ID), Disabled: !r.Permissions.Within(rights),
		})
	}
	return c
}

func newUserView(p *i18n.Printer, roles []access.Role, rights access.Set, typed access.NewUser, wrong error) admin.NewUser {
	byField, summary := fieldErrors(p, wrong)
	return admin.NewUser{
		Errors: summary,
		Username: ui.Field{
			Name: "username", Label: p.T("admin.user.username"), Hint: p.T("admin.user.username_hint"), Value: typed.Username,
			Error: byField["username"], Required: true, LTR: true, Autocomplete: "off", MaxLength: access.MaxUsername, Autofocus: wrong == nil,
		},
		DisplayName: ui.Field{
			Name: "display_name", Label: p.T("admin.user.name"), Hint: p.T("admin.user.name_hint"), Value: typed.DisplayName,
			Error: byField["display_name"], Required: true, Autocomplete: "off", MaxLength: access.MaxDisplayName,
		},
		Roles: roleChoices(p, roles, rights, typed.Roles, byField["roles"]),
	}
}

// userRights is what the asker may do with users, and who they are.
type userRights struct {
	manage, audit bool
	rights        access.Set
	self          int64
}

func userView(p *i18n.Printer, ask userAsk, roles []access.Role, may userRights) admin.User {
	u := ask.user
	byField, summary := fieldErrors(p, ask.wrong)
	view := admin.User{
		Title: textin.Visible(u.DisplayName), State: enabledView(p, !u.Disabled), BackHref: backToList("/admin/users", ask.list), Errors: summary,
		Username: ui.Ident{Text: u.Username, What: p.T("admin.user.username")}, Name: textin.Visible(u.DisplayName), Roles: roleList(p, u.Roles),
		Password: p.T("admin.user.password_own"), Factor: p.T("admin.user.factor_off"),
		Created: momentView(p, u.CreatedAt), LastSignIn: momentView(p, u.LastSignInAt),
	}
	if u.MustChangePassword {
		view.Password = p.T("admin.user.password_given")
	}
	if u.SecondFactor {
		view.Factor = p.Tf("admin.user.factor_codes", map[string]any{"Count": u.RecoveryCodes})
	}
	if may.audit {
		id := strconv.FormatInt(u.ID, 10)
		view.DoneHref = auditSearchHref("user", id)
		view.ObjectHref = auditSearchHref("object", "user:"+id)
	}
	switch {
	case !may.manage:
	case !u.Rights().Within(may.rights):
		view.Untouchable = p.T("access.rights.too_much")
	default:
		hidden := userHidden(u, ask.list)
		name, chosen := u.DisplayName, u.RoleIDs()
		if ask.displayName != nil {
			name = *ask.displayName
		}
		if ask.roles != nil {
			chosen = ask.roles
		}
		view.Rename = &admin.RenameUser{Action: userHref(u.ID), Hidden: hidden, Name: ui.Field{
			Name: "display_name", Label: p.T("admin.user.name"),
			Value: name, Error: byField["display_name"], Required: true, Autocomplete: "off", MaxLength: access.MaxDisplayName,
		}}
		view.GiveRoles = &admin.GiveRoles{Action: userHref(u.ID) + "/roles", Hidden: hidden, Roles: roleChoices(p, roles, may.rights, chosen, byField["roles"])}
		view.GiveRoles.Roles.Titled = true
		view.Acts = userActs(p, u, ask.list, may.self)
	}
	return view
}

// userActs are what can be done with a user beside name and roles. Nobody locks out themselves by a slip: for their own
// account there is the account page.
func userActs(p *i18n.Printer, u access.User, list string, self int64) []admin.UserAct {
	if u.ID == self {
		return []admin.UserAct{{Label: p.T("admin.user.own"), Text: p.T("admin.user.own_text"), Href: "/account"}}
	}
	step := func(act userAct) admin.UserAct {
		return admin.UserAct{Label: p.T(act.title), Text: p.T(act.text), Href: withList(userHref(u.ID)+act.path, list)}
	}
	acts := []admin.UserAct{step(resetPasswordAct)}
	if u.SecondFactor {
		acts = append(acts, step(resetFactorAct))
	}
	if u.Disabled {
		return append(acts, admin.UserAct{
			Label: p.T("admin.user.enable"), Text: p.T("admin.user.enable_text"),
			Action: userHref(u.ID) + "/enable", Hidden: userHidden(u, list),
		})
	}
	return append(acts, step(disableAct))
}

// userHidden is what every form about a user carries along.
func userHidden(u access.User, list string) []ui.Hidden {
	return []ui.Hidden{{Name: "version", Value: strconv.FormatInt(u.Version, 10)}, {Name: "list", Value: list}}
}
