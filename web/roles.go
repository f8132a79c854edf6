package web

import (
	"net/http"
	"strconv"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/templates/admin"
	"payportal/templates/icon"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// roleRoutes are what users may do, by role.
func (s *Server) roleRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/admin/roles", Permission: access.RoleRead, handle: s.roles,
			Nav: Nav{Group: "nav.administration", Label: "nav.roles", Icon: icon.Shield},
		},
		{Method: "GET", Pattern: "/admin/roles/new", Permission: access.RoleManage, StepUp: true, Action: "admin.roles.new", handle: s.newRolePage},
		{Method: "POST", Pattern: "/admin/roles/new", Permission: access.RoleManage, StepUp: true, handle: s.createRole},
		{Method: "GET", Pattern: "/admin/roles/{id}", Permission: access.RoleRead, handle: s.rolePage},
		{Method: "POST", Pattern: "/admin/roles/{id}", Permission: access.RoleManage, StepUp: true, handle: s.updateRole},
		{Method: "GET", Pattern: "/admin/roles/{id}/delete", Permission: access.RoleManage, StepUp: true, handle: s.confirmDeleteRole},
		{Method: "POST", Pattern: "/admin/roles/{id}/delete", Permission: access.RoleManage, StepUp: true, handle: s.deleteRole},
	}
}

func (s *Server) roles(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	roles, err := s.Access.People.Roles(r.Context())
	if err != nil {
		return err
	}
	view := rolesView(v.p, roles, v.can(access.UserRead))
	if v.can(access.RoleManage) {
		view.NewHref = "/admin/roles/new"
	}
	return s.respond(w, r, page{title: v.p.T("nav.roles"), content: admin.RolesPage(v.p, view)})
}

// roleCrumbs lead to the pages below the list of roles.
func roleCrumbs(v *visit) []layout.Crumb {
	return []layout.Crumb{{Label: v.p.T("nav.roles"), Href: "/admin/roles"}}
}

// roleRightsOf is what the asker may do with roles.
func roleRightsOf(v *visit) roleRights {
	return roleRights{manage: v.can(access.RoleManage), users: v.can(access.UserRead), audit: v.can(access.AuditRead), rights: v.identity.Rights}
}

// newRolePage offers an empty form, or a copy of the role that the query names.
func (s *Server) newRolePage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	var draft access.RoleDraft
	if in.has("from") {
		from, err := s.Access.People.Role(r.Context(), access.RoleID(in.text("from", 64)))
		if err != nil {
			return err
		}
		draft = access.RoleDraft{
			Name: v.p.Tf("admin.role.copy_name", map[string]any{"Name": roleTitle(v.p, from)}), Description: roleNote(v.p, from),
			Permissions: from.Permissions.Names(), RequireSecondFactor: from.RequireSecondFactor,
		}
	}
	return s.renderNewRole(w, r, page{}, draft, nil)
}

func (s *Server) renderNewRole(w http.ResponseWriter, r *http.Request, p page, draft access.RoleDraft, wrong error) error {
	v := visitOf(r)
	view := newRoleView(v.p, draft, v.identity.Rights, wrong)
	p.title, p.crumbs, p.content = view.Title, roleCrumbs(v), admin.RolePage(v.p, view)
	return s.respond(w, r, p)
}

// roleDraft reads the form of a role.
func roleDraft(in *input) access.RoleDraft {
	return access.RoleDraft{
		Name: in.text("name", 1000), Description: in.lines("description", 5000), Permissions: in.list("permissions", 100, 200),
		RequireSecondFactor: in.flag("require_second_factor"),
	}
}

func (s *Server) createRole(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	draft := roleDraft(in)
	if err = in.err("create role"); err == nil {
		_, err = s.Access.People.CreateRole(r.Context(), v.by(r), draft)
	}
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderNewRole(w, r, p, draft, err)
	}
	s.flash(r, ui.Success, v.p.T("admin.role.created"))
	s.redirect(w, r, "/admin/roles")
	return nil
}

// roleOf reads the role that the path names.
func (s *Server) roleOf(r *http.Request) (access.Role, error) {
	return s.Access.People.Role(r.Context(), access.RoleID(r.PathValue("id")))
}

func (s *Server) rolePage(w http.ResponseWriter, r *http.Request) error {
	role, err := s.roleOf(r)
	if err != nil {
		return err
	}
	return s.renderRole(w, r, page{}, role, nil, nil)
}

// renderRole shows a role as it stands, or with what was typed.
func (s *Server) renderRole(w http.ResponseWriter, r *http.Request, p page, role access.Role, typed *access.RoleDraft, wrong error) error {
	v := visitOf(r)
	view := roleView(v.p, role, typed, roleRightsOf(v), wrong)
	if view.Action != "" {
		view.StepUpHref = stepUpHref(v, roleHref(role.ID))
	}
	p.title, p.crumbs, p.content = view.Title, roleCrumbs(v), admin.RolePage(v.p, view)
	return s.respond(w, r, p)
}

func (s *Server) updateRole(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	role, err := s.roleOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	draft, version := roleDraft(in), requiredVersion(in)
	if err = in.err("change role"); err == nil {
		_, err = s.Access.People.UpdateRole(r.Context(), v.by(r), role.ID, version, draft)
	}
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderRole(w, r, p, role, &draft, err)
	}
	s.flash(r, ui.Success, v.p.T("admin.role.saved"))
	s.redirect(w, r, roleHref(role.ID))
	return nil
}

func (s *Server) confirmDeleteRole(w http.ResponseWriter, r *http.Request) error {
	role, err := s.roleOf(r)
	if err != nil {
		return err
	}
	if role.BuiltIn {
		return errs.New(errs.Conflict, "delete role", "access.role_form.built_in", nil)
	}
	v := visitOf(r)
	confirmation := ui.Confirmation{
		Title: v.p.T("admin.role.delete"), Text: v.p.T("admin.role.delete_text"), Confirm: v.p.T("admin.role.delete_confirm"), Dangerous: true,
		Action: roleHref(role.ID) + "/delete", CancelHref: roleHref(role.ID),
		Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(role.Version, 10)}},
	}
	crumbs := append(roleCrumbs(v), layout.Crumb{Label: roleTitle(v.p, role), Href: roleHref(role.ID)})
	return s.respond(w, r, page{title: confirmation.Title, crumbs: crumbs, content: admin.ConfirmationPage(v.p, confirmation, []admin.Fact{
		{Label: v.p.T("admin.role.name"), Text: roleTitle(v.p, role)},
		{Label: v.p.T("nav.users"), Text: v.p.Int(int64(role.Users))},
	})})
}

func (s *Server) deleteRole(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	role, err := s.roleOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	version := requiredVersion(in)
	if err = in.err("delete role"); err == nil {
		err = s.Access.People.DeleteRole(r.Context(), v.by(r), role.ID, version)
	}
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderRole(w, r, p, role, nil, err)
	}
	s.flash(r, ui.Success, v.p.T("admin.role.deleted"))
	s.redirect(w, r, "/admin/roles")
	return nil
}
