package access

import (
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/internal/textin"
)

// User is somebody who operates the portal. It holds no secret.
type User struct {
	ID int64
	// Username is in its normal form (NormalUsername).
	Username    string
	DisplayName string
	// Roles are ordered: built-in ones first, then by name.
	Roles    []Role
	Disabled bool
	// MustChangePassword says that the password was given by the portal and serves once.
	MustChangePassword bool
	// SecondFactor says that an authenticator is enrolled.
	SecondFactor bool
	// RecoveryCodes is how many unused recovery codes are left.
	RecoveryCodes int
	Preferences   Preferences
	CreatedAt     time.Time
	// LastSignInAt is zero for who never signed in.
	LastSignInAt time.Time
	// RightsEpoch grows with every change of what the user may do; sessions get a new token then.
	RightsEpoch int64
	Version     int64
}

// Rights is every permission of the user's roles, and SignedIn.
func (u User) Rights() Set {
	rights := SetOf(SignedIn)
	for _, r := range u.Roles {
		rights = rights.Union(r.Permissions)
	}
	return rights
}

// HasRole reports whether the user has the role.
func (u User) HasRole(id RoleID) bool {
	return slices.ContainsFunc(u.Roles, func(r Role) bool { return r.ID == id })
}

// RoleIDs gives the ids of the user's roles.
func (u User) RoleIDs() []RoleID {
	ids := make([]RoleID, len(u.Roles))
	for i, r := range u.Roles {
		ids[i] = r.ID
	}
	return ids
}

// Facts is what the audit trail says about a user.
func (u User) Facts() map[string]any {
	return map[string]any{
		"username": u.Username, "display_name": u.DisplayName, "roles": u.RoleIDs(), "disabled": u.Disabled,
		"must_change_password": u.MustChangePassword, "second_factor": u.SecondFactor,
	}
}

// Differences keeps of two sets of facts those that are not the same in both; nil and nil when all are.
func Differences(before, after map[string]any) (any, any) {
	old, now := map[string]any{}, map[string]any{}
	for name, value := range after {
		if !reflect.DeepEqual(before[name], value) {
			old[name], now[name] = before[name], value
		}
	}
	if len(now) == 0 {
		return nil, nil
	}
	return old, now
}

// UserRecord is a user with what the sign-in needs. It leaves this package and the store for nobody.
type UserRecord struct {
	User
	// PasswordHash is in argon2id's text form.
	PasswordHash string
	// PasswordUntil is when a given password ends; zero for one that the user chose.
	PasswordUntil time.Time
	// TOTP is the seed of the enrolled authenticator, in base32, and PendingTOTP that of one being enrolled.
	TOTP, PendingTOTP seal.Secret
	// LastStep is the last TOTP time step that was used.
	LastStep int64
	// NewRecoveryCodes are hashes to put in the place of all codes; nil leaves them.
	NewRecoveryCodes [][]byte
	// EndSessions ends every session of the user except KeepSession, in the transaction of the change.
	EndSessions bool
	KeepSession string
	// TakeBack is a guess that proved right, taken back in the transaction of the change.
	TakeBack Reservation
}

// UserFilter says which users to list. Zero fields do not filter.
type UserFilter struct {
	// Query is looked for in the user name and the display name.
	Query string
	Role  RoleID
	// Status is "enabled", "disabled" or "never" (never signed in).
	Status string
}

// The length of a user name and of a display name, in characters.
const (
	MinUsername    = 2
	MaxUsername    = 64
	MaxDisplayName = 100
)

// NormalUsername gives the one form of a user name: RFC 8265 (UsernameCaseMapped), with Persian and Arabic digits as
// Latin ones and Arabic yeh and kaf as the Persian letters. Two names that look alike in these ways are one.
func NormalUsername(s string) (string, error) {
	line, err := textin.Line(s)
	if err != nil || line == "" || utf8.RuneCountInString(line) > MaxUsername {
		return "", wrongUsername()
	}
	name, err := precis.UsernameCaseMapped.String(textin.Search(line))
	if n := utf8.RuneCountInString(name); err != nil || n < MinUsername || n > MaxUsername {
		return "", wrongUsername()
	}
	return name, nil
}

func wrongUsername() error {
	return &errs.Error{Kind: errs.Invalid, Op: "read user name", Fields: []errs.Field{{
		Name: "username", Msg: "access.username.wrong", Args: map[string]any{"Min": MinUsername, "Max": MaxUsername},
	}}}
}

// normalDisplayName checks the name under which colleagues see a user.
func normalDisplayName(s string) (string, error) {
	name, err := textin.Line(s)
	if n := utf8.RuneCountInString(name); err != nil || n == 0 || n > MaxDisplayName {
		return "", &errs.Error{Kind: errs.Invalid, Op: "read display name", Fields: []errs.Field{{
			Name: "display_name", Msg: "access.display_name.wrong", Args: map[string]any{"Max": MaxDisplayName},
		}}}
	}
	return name, nil
}
