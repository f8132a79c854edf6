package web

import (
	"net/http"
	"strconv"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/templates/admin"
	"payportal/templates/icon"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// userRoutes are the people who operate the portal.
func (s *Server) userRoutes() []Route {
	return []Route{
		{
			Method: "GET", Pattern: "/admin/users", Permission: access.UserRead, handle: s.users,
			Nav: Nav{Group: "nav.administration", Label: "nav.users", Icon: icon.Users, Letter: "u"},
		},
		{Method: "GET", Pattern: "/admin/users/new", Permission: access.UserManage, StepUp: true, Action: "admin.users.new", handle: s.newUserPage},
		{Method: "POST", Pattern: "/admin/users/new", Permission: access.UserManage, StepUp: true, handle: s.createUser},
		{Method: "GET", Pattern: "/admin/users/{id}", Permission: access.UserRead, handle: s.userPage},
		{Method: "POST", Pattern: "/admin/users/{id}", Permission: access.UserManage, StepUp: true, handle: s.renameUser},
		{Method: "POST", Pattern: "/admin/users/{id}/roles", Permission: access.UserManage, StepUp: true, handle: s.setUserRoles},
		{Method: "GET", Pattern: "/admin/users/{id}/password", Permission: access.UserManage, StepUp: true, handle: s.confirmUserAct(resetPasswordAct)},
		{Method: "POST", Pattern: "/admin/users/{id}/password", Permission: access.UserManage, StepUp: true, handle: s.resetUserPassword},
		{Method: "GET", Pattern: "/admin/users/{id}/second-factor", Permission: access.UserManage, StepUp: true, handle: s.confirmUserAct(resetFactorAct)},
		{Method: "POST", Pattern: "/admin/users/{id}/second-factor", Permission: access.UserManage, StepUp: true, handle: s.resetUserFactor},
		{Method: "GET", Pattern: "/admin/users/{id}/disable", Permission: access.UserManage, StepUp: true, handle: s.confirmUserAct(disableAct)},
		{Method: "POST", Pattern: "/admin/users/{id}/disable", Permission: access.UserManage, StepUp: true, handle: s.disableUser},
		{Method: "POST", Pattern: "/admin/users/{id}/enable", Permission: access.UserManage, StepUp: true, handle: s.enableUser},
	}
}

// The longest search text and the longest query of a list that a page carries along, in characters.
const (
	maxSearch    = 100
	maxListQuery = 2000
)

func (s *Server) users(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	filter := access.UserFilter{
		Query: in.text("q", maxSearch), Role: access.RoleID(in.text("role", 64)), Status: in.choice("status", "enabled", "disabled", "never"),
	}
	v := visitOf(r)
	p := page{title: v.p.T("nav.users")}
	var users []access.User
	wrong := in.err("list users")
	if wrong == nil {
		users, err = s.Access.People.Users(r.Context(), filter)
	} else {
		p, _ = invalidForm(p, wrong)
	}
	if err != nil {
		return err
	}
	roles, err := s.Access.People.Roles(r.Context())
	if err != nil {
		return err
	}
	view := usersView(v.p, newListURL("/admin/users", in, "q", "role", "status"), roles, users, wrong)
	if v.can(access.UserManage) {
		view.NewHref = "/admin/users/new"
	}
	p.content, p.fragment = admin.UsersPage(v.p, view), admin.UsersList(v.p, view.List)
	return s.respond(w, r, p)
}

// userCrumbs lead to the pages below the list of users.
func userCrumbs(v *visit) []layout.Crumb {
	return []layout.Crumb{{Label: v.p.T("nav.users"), Href: "/admin/users"}}
}

func (s *Server) newUserPage(w http.ResponseWriter, r *http.Request) error {
	return s.renderNewUser(w, r, page{}, access.NewUser{}, nil)
}

func (s *Server) renderNewUser(w http.ResponseWriter, r *http.Request, p page, typed access.NewUser, wrong error) error {
	v := visitOf(r)
	roles, err := s.Access.People.Roles(r.Context())
	if err != nil {
		return err
	}
	p.title, p.crumbs = v.p.T("admin.users.new"), userCrumbs(v)
	p.content = admin.NewUserPage(v.p, newUserView(v.p, roles, v.identity.Rights, typed, wrong))
	return s.respond(w, r, p)
}

// createUser answers with the page that shows the new user's password, without a redirect: it is shown once and kept
// nowhere in the clear.
func (s *Server) createUser(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	typed := access.NewUser{Username: in.text("username", 200), DisplayName: in.text("display_name", 200), Roles: roleIDs(in)}
	wrong := in.err("create user")
	var user access.User
	var password seal.Secret
	if wrong == nil {
		user, password, wrong = s.Access.People.CreateUser(r.Context(), v.by(r), typed)
	}
	if wrong != nil {
		p, ok := invalidForm(page{}, wrong)
		if !ok {
			return wrong
		}
		return s.renderNewUser(w, r, p, typed, wrong)
	}
	return s.showGivenPassword(w, r, v.p.Tf("admin.given.created", map[string]any{"Name": user.DisplayName}), user, password)
}

func (s *Server) showGivenPassword(w http.ResponseWriter, r *http.Request, done string, user access.User, password seal.Secret) error {
	v := visitOf(r)
	return s.respond(w, r, page{title: v.p.T("admin.given.title"), crumbs: userCrumbs(v), content: admin.GivenPasswordPage(v.p, admin.GivenPassword{
		Done: done, ContinueHref: userHref(user.ID),
		Username: ui.Ident{Text: user.Username, What: v.p.T("admin.user.username")},
		Password: ui.Ident{Text: password.Reveal(), What: v.p.T("admin.given.password")},
	})})
}

// roleIDs reads the chosen roles.
func roleIDs(in *input) []access.RoleID {
	var ids []access.RoleID
	for _, id := range in.list("roles", 64, 100) {
		ids = append(ids, access.RoleID(id))
	}
	return ids
}

// userAsk is what a request says about a user beside the fields of a form.
type userAsk struct {
	user access.User
	// version is the one that the form was made from.
	version int64
	// list is the query of the list that the person came from.
	list string
	// displayName and roles are what was typed; nil where that form was not sent.
	displayName *string
	roles       []access.RoleID
	wrong       error
}

// userOf reads the user that the path names.
func (s *Server) userOf(r *http.Request) (access.User, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return access.User{}, errs.New(errs.NotFound, "read user", "", err)
	}
	return s.Access.People.User(r.Context(), id)
}

func (s *Server) userPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	user, err := s.userOf(r)
	if err != nil {
		return err
	}
	return s.renderUser(w, r, page{}, userAsk{user: user, list: in.text("list", maxListQuery)})
}

func (s *Server) renderUser(w http.ResponseWriter, r *http.Request, p page, ask userAsk) error {
	v := visitOf(r)
	roles, err := s.Access.People.Roles(r.Context())
	if err != nil {
		return err
	}
	may := userRights{manage: v.can(access.UserManage), audit: v.can(access.AuditRead), rights: v.identity.Rights, self: v.identity.UserID}
	view := userView(v.p, ask, roles, may)
	if view.Rename != nil {
		view.StepUpHref = stepUpHref(v, userHref(ask.user.ID))
	}
	p.title, p.crumbs, p.content = view.Title, userCrumbs(v), admin.UserPage(v.p, view)
	return s.respond(w, r, p)
}

// stepUpHref leads to the proof of identity that the changes of a page ask for, and back; empty while the last one holds.
func stepUpHref(v *visit, back string) string {
	if v.identity.SteppedUp(v.now) {
		return ""
	}
	return listURL{path: "/step-up"}.with("return", back).String()
}

// userForm reads the user of the path and what every form about a user carries along.
func (s *Server) userForm(w http.ResponseWriter, r *http.Request) (*input, userAsk, error) {
	in, err := form(w, r)
	if err != nil {
		return nil, userAsk{}, err
	}
	user, err := s.userOf(r)
	return in, userAsk{user: user, version: requiredVersion(in), list: in.text("list", maxListQuery)}, err
}

// requiredVersion reads the version that a form was made from: without it, a change could go over somebody else's.
func requiredVersion(in *input) int64 {
	version, ok := in.integer("version", 1, 1<<62)
	if !ok && !in.has("version") {
		in.wrong("version", "errs.malformed", nil)
	}
	return version
}

func (s *Server) renameUser(w http.ResponseWriter, r *http.Request) error {
	in, ask, err := s.userForm(w, r)
	if err != nil {
		return err
	}
	name := in.text("display_name", 200)
	ask.displayName = new(in.raw("display_name"))
	if err = in.err("rename user"); err == nil {
		err = s.Access.People.Rename(r.Context(), visitOf(r).by(r), ask.user.ID, ask.version, name)
	}
	return s.afterUserAct(w, r, ask, err, "admin.user.renamed")
}

func (s *Server) setUserRoles(w http.ResponseWriter, r *http.Request) error {
	in, ask, err := s.userForm(w, r)
	if err != nil {
		return err
	}
	ask.roles = append([]access.RoleID{}, roleIDs(in)...)
	if err = in.err("give roles"); err == nil {
		err = s.Access.People.SetRoles(r.Context(), visitOf(r).by(r), ask.user.ID, ask.version, ask.roles)
	}
	return s.afterUserAct(w, r, ask, err, "admin.user.roles_saved")
}

func (s *Server) resetUserFactor(w http.ResponseWriter, r *http.Request) error {
	in, ask, err := s.userForm(w, r)
	if err != nil {
		return err
	}
	if err = in.err("reset second factor"); err == nil {
		err = s.Access.People.ResetSecondFactor(r.Context(), visitOf(r).by(r), ask.user.ID, ask.version)
	}
	return s.afterUserAct(w, r, ask, err, "admin.user.factor_reset")
}

func (s *Server) disableUser(w http.ResponseWriter, r *http.Request) error {
	in, ask, err := s.userForm(w, r)
	if err != nil {
		return err
	}
	if err = in.err("disable user"); err == nil {
		err = s.Access.People.Disable(r.Context(), visitOf(r).by(r), ask.user.ID, ask.version)
	}
	return s.afterUserAct(w, r, ask, err, "admin.user.disabled")
}

func (s *Server) enableUser(w http.ResponseWriter, r *http.Request) error {
	in, ask, err := s.userForm(w, r)
	if err != nil {
		return err
	}
	if err = in.err("enable user"); err == nil {
		err = s.Access.People.Enable(r.Context(), visitOf(r).by(r), ask.user.ID, ask.version)
	}
	return s.afterUserAct(w, r, ask, err, "admin.user.enabled")
}

// resetUserPassword answers with the page that shows the password, as createUser does.
func (s *Server) resetUserPassword(w http.ResponseWriter, r *http.Request) error {
	in, ask, err := s.userForm(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	var password seal.Secret
	if err = in.err("reset password"); err == nil {
		password, err = s.Access.People.ResetPassword(r.Context(), v.by(r), ask.user.ID, ask.version)
	}
	if err != nil {
		return s.afterUserAct(w, r, ask, err, "")
	}
	return s.showGivenPassword(w, r, v.p.Tf("admin.given.reset", map[string]any{"Name": ask.user.DisplayName}), ask.user, password)
}

// afterUserAct leads back to the user's page, or shows it with what was wrong. done is the key of the message of success.
func (s *Server) afterUserAct(w http.ResponseWriter, r *http.Request, ask userAsk, err error, done string) error {
	if err != nil {
		p, ok := invalidForm(page{}, err)
		if !ok {
			return err
		}
		ask.wrong = err
		if ask.user, err = s.userOf(r); err != nil { // as it stands now, with its version
			return err
		}
		return s.renderUser(w, r, p, ask)
	}
	v := visitOf(r)
	s.flash(r, ui.Success, v.p.T(done))
	s.redirect(w, r, withList(userHref(ask.user.ID), ask.list))
	return nil
}

// userAct is an act on a user that a page asks about once more.
type userAct struct {
	// path is what follows the user's own address.
	path string
	// title, text and confirm are catalogue keys.
	title, text, confirm string
}

var (
	resetPasswordAct = userAct{"/password", "admin.user.reset_password", "admin.user.reset_password_text", "admin.user.reset_password_confirm"}
	resetFactorAct   = userAct{"/second-factor", "admin.user.reset_factor", "admin.user.reset_factor_text", "admin.user.reset_factor_confirm"}
	disableAct       = userAct{"/disable", "admin.user.disable", "admin.user.disable_text", "admin.user.disable_confirm"}
)

// confirmUserAct makes the handler of the page that asks once more.
func (s *Server) confirmUserAct(act userAct) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := query(r)
		if err != nil {
			return err
		}
		user, err := s.userOf(r)
		if err != nil {
			return err
		}
		v := visitOf(r)
		list := in.text("list", maxListQuery)
		confirmation := ui.Confirmation{
			Title: v.p.T(act.title), Text: v.p.T(act.text), Confirm: v.p.T(act.confirm), Dangerous: true,
			Action: userHref(user.ID) + act.path, Hidden: userHidden(user, list), CancelHref: withList(userHref(user.ID), list),
		}
		crumbs := append(userCrumbs(v), layout.Crumb{Label: user.DisplayName, Href: userHref(user.ID)})
		return s.respond(w, r, page{title: confirmation.Title, crumbs: crumbs, content: admin.ConfirmationPage(v.p, confirmation, []admin.Fact{
			{Label: v.p.T("admin.user.name"), Text: user.DisplayName},
			{Label: v.p.T("admin.user.username"), Text: user.Username},
			{Label: v.p.T("nav.roles"), Text: roleList(v.p, user.Roles)},
		})})
	}
}
