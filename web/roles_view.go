package web

import (
	"net/url"
	"slices"
	"strconv"

	"payportal/internal/access"
	"payportal/internal/i18n"
	"payportal/templates/admin"
	"payportal/templates/ui"
)

// roleHref is the page of a role.
func roleHref(id access.RoleID) string { return "/admin/roles/" + url.PathEscape(string(id)) }

// roleUsersHref is the list of the users of a role.
func roleUsersHref(id access.RoleID) string {
	return listURL{path: "/admin/users"}.with("role", string(id)).String()
}

func rolesView(p *i18n.Printer, roles []access.Role, maySeeUsers bool) admin.Roles {
	view := admin.Roles{Label: p.Tf("admin.roles.count", map[string]any{"Count": len(roles)})}
	for _, r := range roles {
		row := admin.RoleRow{
			Href: roleHref(r.ID), Name: roleTitle(p, r), Note: roleNote(p, r), Kind: roleKind(p, r),
			Permissions: p.Int(int64(len(r.Permissions.List()))), Users: p.Int(int64(r.Users)), SecondFactor: factorRule(p, r.RequireSecondFactor),
		}
		if maySeeUsers && r.Users > 0 {
			row.UsersHref = roleUsersHref(r.ID)
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}

func roleKind(p *i18n.Printer, r access.Role) ui.Status {
	if r.BuiltIn {
		return ui.Status{Text: p.T("admin.role.built_in")}
	}
	return ui.Status{Tone: ui.Info, Text: p.T("admin.role.custom")}
}

func factorRule(p *i18n.Printer, required bool) string {
	if required {
		return p.T("admin.role.factor_required")
	}
	return p.T("admin.role.factor_free")
}

// roleRights is what the asker may do with roles.
type roleRights struct {
	manage, users, audit bool
	rights               access.Set
}

func newRoleView(p *i18n.Printer, draft access.RoleDraft, rights access.Set, wrong error) admin.Role {
	view := roleForm(p, draft, rights, wrong)
	view.Title, view.Text = p.T("admin.roles.new"), p.T("admin.role.new_text")
	view.Action, view.Submit = "/admin/roles/new", p.T("admin.role.create")
	return view
}

func roleView(p *i18n.Printer, r access.Role, typed *access.RoleDraft, may roleRights, wrong error) admin.Role {
	draft := access.RoleDraft{Name: roleTitle(p, r), Description: roleNote(p, r), Permissions: r.Permissions.Names(), RequireSecondFactor: r.RequireSecondFactor}
	if typed != nil {
		draft = *typed
	}
	view := roleForm(p, draft, may.rights, wrong)
	view.Title, view.Kind = roleTitle(p, r), new(roleKind(p, r))
	view.Users = p.Tf("admin.users.count", map[string]any{"Count": r.Users})
	if may.users && r.Users > 0 {
		view.UsersHref = roleUsersHref(r.ID)
	}
	if may.audit && !r.BuiltIn {
		view.AuditHref = auditSearchHref("object", "role:"+string(r.ID))
	}
	if may.manage {
		view.CopyHref = listURL{path: "/admin/roles/new"}.with("from", string(r.ID)).String()
	}
	switch {
	case r.BuiltIn:
		view.Note = p.T("admin.role.built_in_text")
	case !may.manage:
	case !r.Permissions.Within(may.rights):
		view.Note = p.T("access.rights.too_much")
	default:
		view.Action, view.Submit = roleHref(r.ID), p.T("admin.role.save")
		view.Hidden = []ui.Hidden{{Name: "version", Value: strconv.FormatInt(r.Version, 10)}}
		view.DeleteHref = roleHref(r.ID) + "/delete"
	}
	if view.Action == "" {
		view.Permissions.Editable = false
		view.SecondFactor.Label = factorRule(p, r.RequireSecondFactor)
	}
	return view
}

// roleForm is the form of a role with what stands in it.
func roleForm(p *i18n.Printer, draft access.RoleDraft, rights access.Set, wrong error) admin.Role {
	byField, summary := fieldErrors(p, wrong)
	return admin.Role{
		Errors: summary,
		Name: ui.Field{
			Name: "name", Label: p.T("admin.role.name"), Value: draft.Name, Error: byField["name"], Required: true,
			Autocomplete: "off", MaxLength: access.MaxRoleName,
		},
		Description: ui.Field{
			Name: "description", Label: p.T("admin.role.description"), Value: draft.Description, Error: byField["description"],
			Optional: p.T("ui.optional"), MaxLength: access.MaxRoleDescription,
		},
		SecondFactor: ui.CheckInput{Field: ui.Field{
			Name: "require_second_factor", Label: p.T("admin.role.require_factor"),
			Hint: p.T("admin.role.require_factor_hint"),
		}, Checked: draft.RequireSecondFactor},
		Permissions: permissionsView(p, draft.Permissions, rights, byField["permissions"]),
	}
}

// permissionsView is the matrix of permissions. What the editor lacks cannot be given.
func permissionsView(p *i18n.Printer, held []string, rights access.Set, wrong string) admin.Permissions {
	view := admin.Permissions{Label: p.T("admin.role.permissions"), Error: wrong, Editable: true}
	for i, info := range access.Catalogue() {
		group := p.T(info.GroupLabel())
		if n := len(view.Groups); n == 0 || view.Groups[n-1].Label != group {
			view.Groups = append(view.Groups, admin.PermissionGroup{Label: group})
		}
		last := &view.Groups[len(view.Groups)-1]
		last.Items = append(last.Items, admin.Permission{
			Name: info.Name, Label: p.T(info.Permission.Label()), Scope: info.Scope, Changes: changesView(p, info.Changes),
			Held: slices.Contains(held, info.Name), Disabled: !rights.Has(info.Permission), First: i == 0,
		})
	}
	return view
}

func changesView(p *i18n.Printer, changes bool) ui.Status {
	if changes {
		return ui.Status{Tone: ui.Warning, Text: p.T("admin.role.does_change")}
	}
	return ui.Status{Text: p.T("admin.role.only_reads")}
}
