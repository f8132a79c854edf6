package access

import (
	"strings"
	"time"
	"unicode/utf8"

	"payportal/internal/errs"
	"payportal/internal/textin"
)

// RoleID names a role: a built-in one by its word, a custom one by a random id.
type RoleID string

// The built-in roles. Their permissions are in this file and cannot be edited; their names and descriptions are the
// messages access.role.<id> and access.role_note.<id>.
const (
	// Administrator may do everything and always needs a second factor.
	Administrator RoleID = "administrator"
	// Finance reads and exports payments and reports.
	Finance RoleID = "finance"
	// Operations keeps the terminals.
	Operations RoleID = "operations"
	// Approver reads what an approval needs; it always needs a second factor.
	Approver RoleID = "approver"
	// Auditor reads everything, exports and downloads, and changes nothing.
	Auditor RoleID = "auditor"
	// Support finds payments for those who ask about one.
	Support RoleID = "support"
)

// Role is a named set of permissions.
type Role struct {
	ID      RoleID
	BuiltIn bool
	// Name and Description are empty for a built-in role: the catalogues have them.
	Name, Description string
	Permissions       Set
	// RequireSecondFactor forces a second factor on the role's users, where the portal's policy lets roles force it.
	RequireSecondFactor bool
	// Users is how many users have the role, in lists of roles.
	Users     int
	Version   int64
	CreatedAt time.Time
}

// reading is what every built-in role may look at.
var reading = SetOf(TerminalRead, PSPRead, PSPAccountRead, PaymentList, ReportList)

// asking is every single inquiry.
var asking = SetOf(InquiryCard, InquiryAccount, InquiryIBAN, InquiryWage)

var builtInRoles = []Role{
	{ID: Administrator, Permissions: All(), RequireSecondFactor: true},
	{ID: Finance, Permissions: reading.Union(asking, SetOf(PaymentExport, ViewShare, ReportDownload, JobRead, InquiryBulk, InquiryHistory, InquiryReveal))},
	{ID: Operations, Permissions: reading.Union(asking, SetOf(TerminalCreate, TerminalImport, TerminalAnnotate, PaymentExport, ViewShare, JobRead, JobManage, ConnectionRead))},
	{ID: Approver, Permissions: reading.Union(SetOf(PaymentExport, ReportDownload, JobRead, InquiryIBAN, InquiryWage, InquiryHistory, InquiryReveal)), RequireSecondFactor: true},
	{ID: Auditor, Permissions: auditing()},
	{ID: Support, Permissions: reading.Union(SetOf(TerminalAnnotate))},
}

// auditing is every permission that changes nothing, so that a new one reaches the auditor by itself.
func auditing() Set {
	var s Set
	for _, info := range Catalogue() {
		if !info.Changes {
			s.Add(info.Permission)
		}
	}
	return s
}

// BuiltInRoles lists the built-in roles in the order in which screens offer them.
func BuiltInRoles() []Role {
	roles := make([]Role, len(builtInRoles))
	for i, r := range builtInRoles {
		r.BuiltIn = true
		roles[i] = r
	}
	return roles
}

// BuiltInRole finds a built-in role.
func BuiltInRole(id RoleID) (Role, bool) {
	for _, r := range builtInRoles {
		if r.ID == id {
			r.BuiltIn = true
			return r, true
		}
	}
	return Role{}, false
}

// RoleDraft is what the form of a custom role says.
type RoleDraft struct {
	Name, Description   string
	Permissions         []string
	RequireSecondFactor bool
}

// The longest name and description of a role, in characters.
const (
	MaxRoleName        = 60
	MaxRoleDescription = 300
)

// role checks the draft. Fields: name, description, permissions.
func (d RoleDraft) role(op string) (Role, error) {
	var fields []errs.Field
	wrong := func(field, msg string, max int) {
		fields = append(fields, errs.Field{Name: field, Msg: msg, Args: map[string]any{"Max": max}})
	}
	r := Role{RequireSecondFactor: d.RequireSecondFactor}
	var err error
	if r.Name, err = textin.Line(d.Name); err != nil {
		wrong("name", "access.text.unreadable", MaxRoleName)
	} else if n := utf8.RuneCountInString(r.Name); n == 0 || n > MaxRoleName {
		wrong("name", "access.role_form.name_length", MaxRoleName)
	}
	if r.Description, err = textin.Text(d.Description); err != nil {
		wrong("description", "access.text.unreadable", MaxRoleDescription)
	} else if utf8.RuneCountInString(r.Description) > MaxRoleDescription {
		wrong("description", "access.role_form.description_length", MaxRoleDescription)
	}
	for _, name := range d.Permissions {
		p, ok := ParsePermission(strings.TrimSpace(name))
		if !ok {
			wrong("permissions", "access.role_form.unknown_permission", 0)
			break
		}
		r.Permissions.Add(p)
	}
	if len(fields) == 0 && r.Permissions == (Set{}) {
		wrong("permissions", "access.role_form.no_permission", 0)
	}
	if len(fields) > 0 {
		return Role{}, &errs.Error{Kind: errs.Invalid, Op: op, Fields: fields}
	}
	return r, nil
}

// Facts is what the audit trail says about a role.
func (r Role) Facts() map[string]any {
	return map[string]any{
		"name": r.Name, "description": r.Description, "permissions": r.Permissions.Names(), "require_second_factor": r.RequireSecondFactor,
	}
}
