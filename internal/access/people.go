package access

import (
	"context"
	"slices"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// People is what administrators do with users and roles. Whether somebody may do it at all is the route's permission;
// here stands that nobody gives rights that they lack, nor changes who has more than they.
type People struct {
	store Store
	hash  *hasher
	now   func() time.Time
}

// NewUser is what the form of a new user says.
type NewUser struct {
	Username, DisplayName string
	Roles                 []RoleID
}

// Users lists users by name.
func (p *People) Users(ctx context.Context, f UserFilter) ([]User, error) {
	return p.store.Users(ctx, f)
}

// User reads one user. errs.NotFound when there is none.
func (p *People) User(ctx context.Context, id int64) (User, error) { return p.store.User(ctx, id) }

// CreateUser adds a user with a password that serves once, and gives it, to be shown this once. Fields: username,
// display_name, roles.
func (p *People) CreateUser(ctx context.Context, by By, n NewUser) (User, seal.Secret, error) {
	password := givenPassword()
	user, err := p.create(ctx, by, n, password, true)
	return user, password, err
}

// CreateWithPassword adds a user with a password that whoever sets the portal up has chosen: the demo's. Fields: as
// CreateUser, and password.
func (p *People) CreateWithPassword(ctx context.Context, by By, n NewUser, password seal.Secret) (User, error) {
	return p.create(ctx, by, n, password, false)
}

func (p *People) create(ctx context.Context, by By, n NewUser, password seal.Secret, given bool) (User, error) {
	record, err := newUserRecord(n)
	if err != nil {
		return User{}, err
	}
	if record.Roles, err = p.roles(ctx, by, n.Roles); err != nil {
		return User{}, err
	}
	record.CreatedAt = p.now()
	if given {
		record.MustChangePassword, record.PasswordUntil = true, p.now().Add(givenPasswordValid)
	} else if err := checkNewPassword("password", password, record.Username); err != nil {
		return User{}, err
	}
	if record.PasswordHash, err = p.hash.hash(ctx, password); err != nil {
		return User{}, err
	}
	return p.store.CreateUser(ctx, record, audit.Entry{Actor: by.Actor, Act: "user.create", Outcome: audit.OK})
}

// newUserRecord checks both names and tells of both at once.
func newUserRecord(n NewUser) (UserRecord, error) {
	username, nameErr := NormalUsername(n.Username)
	displayName, displayErr := normalDisplayName(n.DisplayName)
	if fields := slices.Concat(errs.FieldsOf(nameErr), errs.FieldsOf(displayErr)); len(fields) > 0 {
		return UserRecord{}, &errs.Error{Kind: errs.Invalid, Op: "create user", Fields: fields}
	}
	return UserRecord{User: User{Username: username, DisplayName: displayName}}, nil
}

// roles reads the roles that by wants to give. At least one; none with more rights than by has.
func (p *People) roles(ctx context.Context, by By, ids []RoleID) ([]Role, error) {
	if len(ids) == 0 {
		return nil, errs.InvalidField("give roles", "roles", "access.roles.none")
	}
	var roles []Role
	for _, id := range ids {
		role, err := p.store.Role(ctx, id)
		if errs.Is(err, errs.NotFound) {
			return nil, errs.InvalidField("give roles", "roles", "access.roles.unknown")
		}
		if err != nil {
			return nil, err
		}
		if !role.Permissions.Within(by.Rights) {
			return nil, errs.New(errs.Forbidden, "give roles", msgTooMuch, nil)
		}
		if !slices.ContainsFunc(roles, func(r Role) bool { return r.ID == id }) {
			roles = append(roles, role)
		}
	}
	return roles, nil
}

// Rename changes the name under which colleagues see a user. Field: display_name.
func (p *People) Rename(ctx context.Context, by By, id, version int64, displayName string) error {
	name, err := normalDisplayName(displayName)
	if err != nil {
		return err
	}
	return p.change(ctx, by, "user.rename", id, version, func(r *UserRecord) error {
		r.DisplayName = name
		return nil
	})
}

// SetRoles gives a user exactly these roles. The user's sessions get new tokens. Field: roles.
func (p *People) SetRoles(ctx context.Context, by By, id, version int64, roles []RoleID) error {
	given, err := p.roles(ctx, by, roles)
	if err != nil {
		return err
	}
	return p.change(ctx, by, "user.roles", id, version, func(r *UserRecord) error {
		r.Roles = given
		return nil
	})
}

// ResetPassword gives the user a password that serves once, to be shown this once, and ends the user's sessions. An
// administrator never chooses it. The second factor stays.
func (p *People) ResetPassword(ctx context.Context, by By, id, version int64) (seal.Secret, error) {
	password := givenPassword()
	hash, err := p.hash.hash(ctx, password)
	if err != nil {
		return seal.Secret{}, err
	}
	err = p.change(ctx, by, "user.password_reset", id, version, func(r *UserRecord) error {
		r.PasswordHash, r.PasswordUntil, r.MustChangePassword = hash, p.now().Add(givenPasswordValid), true
		r.EndSessions = true
		return nil
	})
	if err != nil {
		return seal.Secret{}, err
	}
	return password, nil
}

// ResetSecondFactor takes a lost authenticator and its recovery codes away and ends the user's sessions. Where a role asks
// for a second factor, the next sign-in enrols a new one.
func (p *People) ResetSecondFactor(ctx context.Context, by By, id, version int64) error {
	return p.change(ctx, by, "user.second_factor_reset", id, version, func(r *UserRecord) error {
		r.removeSecondFactor()
		r.EndSessions = true
		return nil
	})
}

// Disable keeps a user out and ends the user's sessions. errs.Conflict for the last enabled administrator.
func (p *People) Disable(ctx context.Context, by By, id, version int64) error {
	return p.change(ctx, by, "user.disable", id, version, func(r *UserRecord) error {
		r.Disabled, r.EndSessions = true, true
		return nil
	})
}

// Enable lets a disabled user in again.
func (p *People) Enable(ctx context.Context, by By, id, version int64) error {
	return p.change(ctx, by, "user.enable", id, version, func(r *UserRecord) error {
		r.Disabled = false
		return nil
	})
}

func (p *People) change(ctx context.Context, by By, act string, id, version int64, edit func(*UserRecord) error) error {
	e := audit.Entry{Actor: by.Actor, Act: act, Object: userObject(id), Outcome: audit.OK}
	_, err := p.store.ChangeUser(ctx, id, version, e, func(r *UserRecord) error {
		if !without(r.Rights(), SignedIn).Within(by.Rights) {
			return errs.New(errs.Forbidden, act, msgTooMuch, nil)
		}
		return edit(r)
	})
	return err
}

// without is the set less one permission.
func without(s Set, p Permission) Set {
	s.bits[p/64] &^= 1 << (p % 64)
	return s
}

// Roles lists the built-in roles, then the custom ones by name.
func (p *People) Roles(ctx context.Context) ([]Role, error) { return p.store.Roles(ctx) }

// Role reads one role. errs.NotFound when there is none.
func (p *People) Role(ctx context.Context, id RoleID) (Role, error) { return p.store.Role(ctx, id) }

// CreateRole adds a custom role. Fields: name, description, permissions.
func (p *People) CreateRole(ctx context.Context, by By, d RoleDraft) (Role, error) {
	role, err := draftWithin(by, d, "create role")
	if err != nil {
		return Role{}, err
	}
	role.ID, role.CreatedAt, role.Version = RoleID(randomText(12)), p.now(), 1
	e := audit.Entry{Actor: by.Actor, Act: "role.create", Object: "role:" + string(role.ID), Outcome: audit.OK, After: role.Facts()}
	return role, p.store.CreateRole(ctx, role, e)
}

// UpdateRole changes a custom role. Its users' sessions get new tokens. Fields: as CreateRole.
func (p *People) UpdateRole(ctx context.Context, by By, id RoleID, version int64, d RoleDraft) (Role, error) {
	draft, err := draftWithin(by, d, "change role")
	if err != nil {
		return Role{}, err
	}
	e := audit.Entry{Actor: by.Actor, Act: "role.update", Object: "role:" + string(id), Outcome: audit.OK}
	return p.store.ChangeRole(ctx, id, version, e, func(r *Role) error {
		if !r.Permissions.Within(by.Rights) {
			return errs.New(errs.Forbidden, "change role", msgTooMuch, nil)
		}
		r.Name, r.Description, r.Permissions, r.RequireSecondFactor = draft.Name, draft.Description, draft.Permissions, draft.RequireSecondFactor
		return nil
	})
}

// DeleteRole removes a custom role that nobody has (errs.Conflict).
func (p *People) DeleteRole(ctx context.Context, by By, id RoleID, version int64) error {
	role, err := p.store.Role(ctx, id)
	if err != nil {
		return err
	}
	if !role.Permissions.Within(by.Rights) {
		return errs.New(errs.Forbidden, "delete role", msgTooMuch, nil)
	}
	e := audit.Entry{Actor: by.Actor, Act: "role.delete", Object: "role:" + string(id), Outcome: audit.OK, Before: role.Facts()}
	return p.store.DeleteRole(ctx, id, version, e)
}

func draftWithin(by By, d RoleDraft, op string) (Role, error) {
	role, err := d.role(op)
	if err != nil {
		return Role{}, err
	}
	if !role.Permissions.Within(by.Rights) {
		return Role{}, errs.New(errs.Forbidden, op, msgTooMuch, nil)
	}
	return role, nil
}
