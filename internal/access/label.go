package access

import "strings"

// Label is the key of the permission's name for people.
func (p Permission) Label() string {
	return "access.permission." + strings.ReplaceAll(p.String(), ".", "_")
}

// GroupLabel is the key of the name of the permission's group.
func (i PermissionInfo) GroupLabel() string { return "access.group." + i.Group }

// Label is the key of a built-in role's name; empty for a custom role, which has its own Name.
func (r Role) Label() string {
	if !r.BuiltIn {
		return ""
	}
	return "access.role." + string(r.ID)
}

// Note is the key of a built-in role's description; empty for a custom role, which has its own Description.
func (r Role) Note() string {
	if !r.BuiltIn {
		return ""
	}
	return "access.role_note." + string(r.ID)
}

// acts are the acts of this package, as the audit trail names them.
var acts = []string{
	"session.sign_in", "session.second_factor", "session.step_up", "session.sign_out", "session.revoke", "session.revoke_others",
	"account.password", "account.second_factor_begin", "account.second_factor", "account.second_factor_remove",
	"account.recovery_codes", "account.rename", "account.preferences",
	"user.create", "user.rename", "user.roles", "user.password_reset", "user.second_factor_reset", "user.disable", "user.enable",
	"role.create", "role.update", "role.delete",
}

// Acts lists the acts of this package, for the search of the audit trail.
func Acts() []string { return append([]string(nil), acts...) }

// ActLabel is the key of the name of one of Acts.
func ActLabel(act string) string { return "access.act." + strings.ReplaceAll(act, ".", "_") }
