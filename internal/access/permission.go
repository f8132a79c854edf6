package access

import (
	"slices"
	"strings"
)

// Permission is the right to one kind of act, named after it. The zero value is no permission: nobody has it.
type Permission uint8

// The permissions. Their numbers are not stored; their names are.
const (
	_ Permission = iota
	// SignedIn is what everybody has who is signed in: the overview and the own account. No role holds it.
	SignedIn
	TerminalRead
	TerminalCreate
	TerminalImport
	TerminalAnnotate
	PSPRead
	PSPAccountRead
	PaymentList
	PaymentExport
	ViewShare
	ReportList
	ReportDownload
	InquiryCard
	InquiryAccount
	InquiryIBAN
	InquiryWage
	InquiryBulk
	InquiryHistory
	InquiryReveal
	InquiryManage
	JobRead
	JobManage
	ConnectionRead
	ConnectionManage
	UserRead
	UserManage
	RoleRead
	RoleManage
	AuditRead
	permissionCount
)

// PermissionInfo describes a permission for the roles page, the route table and the connection test.
type PermissionInfo struct {
	Permission Permission
	// Name is the stored name: "terminal.create". Its label is the message access.permission.terminal_create.
	Name string
	// Group is where the roles page lists it: terminals, payments, reports, inquiries, connections, people, portal. Its label
	// is the message access.group.<group>.
	Group string
	// Scope is the provider scope that the connection needs for it, empty when it never asks the provider.
	Scope string
	// Changes says that who has it can change something, here or at the provider: an inquiry leaves a charge there, and a
	// reveal an entry of why it was made here.
	Changes bool
}

// The scopes are those of the documents of PSP Reporting (P3–P9) and Inquiry (P10–P13).
var permissions = [permissionCount]PermissionInfo{
	SignedIn:         {Name: "signed_in", Group: "portal"},
	TerminalRead:     {Name: "terminal.read", Group: "terminals", Scope: "repigma.terminal.read"},
	TerminalCreate:   {Name: "terminal.create", Group: "terminals", Scope: "repigma.terminal.create", Changes: true},
	TerminalImport:   {Name: "terminal.import", Group: "terminals", Scope: "repigma.terminal.read", Changes: true},
	TerminalAnnotate: {Name: "terminal.annotate", Group: "terminals", Changes: true},
	PSPRead:          {Name: "psp.read", Group: "terminals", Scope: "repigma.psp.read"},
	PSPAccountRead:   {Name: "psp_account.read", Group: "terminals", Scope: "repigma.psp_account.read"},
	PaymentList:      {Name: "payment.list", Group: "payments", Scope: "repigma.payment.list"},
	PaymentExport:    {Name: "payment.export", Group: "payments"},
	ViewShare:        {Name: "view.share", Group: "payments", Changes: true},
	ReportList:       {Name: "report.list", Group: "reports", Scope: "repigma.report.list"},
	ReportDownload:   {Name: "report.download", Group: "reports", Scope: "repigma.report.download"},
	InquiryCard:      {Name: "inquiry.card", Group: "inquiries", Scope: "inquiry.card_to_iban.read", Changes: true},
	InquiryAccount:   {Name: "inquiry.account", Group: "inquiries", Scope: "inquiry.account_number_to_iban.read", Changes: true},
	InquiryIBAN:      {Name: "inquiry.iban", Group: "inquiries", Scope: "inquiry.iban_inquiry.read", Changes: true},
	InquiryWage:      {Name: "inquiry.wage", Group: "inquiries", Scope: "inquiry.wage_estimation.read", Changes: true},
	InquiryBulk:      {Name: "inquiry.bulk", Group: "inquiries", Changes: true},
	InquiryHistory:   {Name: "inquiry.history", Group: "inquiries"},
	InquiryReveal:    {Name: "inquiry.reveal", Group: "inquiries", Changes: true},
	InquiryManage:    {Name: "inquiry.manage", Group: "inquiries", Changes: true},
	JobRead:          {Name: "job.read", Group: "portal"},
	JobManage:        {Name: "job.manage", Group: "portal", Changes: true},
	ConnectionRead:   {Name: "connection.read", Group: "connections"},
	ConnectionManage: {Name: "connection.manage", Group: "connections", Changes: true},
	UserRead:         {Name: "user.read", Group: "people"},
	UserManage:       {Name: "user.manage", Group: "people", Changes: true},
	RoleRead:         {Name: "role.read", Group: "people"},
	RoleManage:       {Name: "role.manage", Group: "people", Changes: true},
	AuditRead:        {Name: "audit.read", Group: "people"},
}

// Catalogue lists the permissions that a role can hold, in the order of the roles page.
func Catalogue() []PermissionInfo {
	list := make([]PermissionInfo, 0, permissionCount)
	for p := SignedIn + 1; p < permissionCount; p++ {
		list = append(list, p.Info())
	}
	return list
}

// Info describes the permission; of an unknown one, nothing.
func (p Permission) Info() PermissionInfo {
	if p >= permissionCount {
		return PermissionInfo{}
	}
	info := permissions[p]
	info.Permission = p
	return info
}

// String is the permission's stored name.
func (p Permission) String() string { return p.Info().Name }

// ParsePermission reads the name of a permission that a role can hold.
func ParsePermission(name string) (Permission, bool) {
	for p := SignedIn + 1; p < permissionCount; p++ {
		if permissions[p].Name == name {
			return p, true
		}
	}
	return 0, false
}

// Set is a set of permissions. The zero value is the empty set.
type Set struct{ bits [2]uint64 }

// SetOf makes a set.
func SetOf(list ...Permission) Set {
	var s Set
	for _, p := range list {
		s.Add(p)
	}
	return s
}

// All is the set of every permission that a role can hold.
func All() Set {
	var s Set
	for p := SignedIn + 1; p < permissionCount; p++ {
		s.Add(p)
	}
	return s
}

// Add puts a permission into the set. No permission (0) and unknown ones are left out.
func (s *Set) Add(p Permission) {
	if p > 0 && p < permissionCount {
		s.bits[p/64] |= 1 << (p % 64)
	}
}

// Has reports whether the permission is in the set.
func (s Set) Has(p Permission) bool {
	return p > 0 && p < permissionCount && s.bits[p/64]&(1<<(p%64)) != 0
}

// Union is every permission of any of the sets.
func (s Set) Union(others ...Set) Set {
	for _, other := range others {
		s.bits[0] |= other.bits[0]
		s.bits[1] |= other.bits[1]
	}
	return s
}

// Within reports whether the other set holds everything that this one does.
func (s Set) Within(other Set) bool {
	return s.bits[0]&^other.bits[0] == 0 && s.bits[1]&^other.bits[1] == 0
}

// List gives the permissions in the catalogue's order.
func (s Set) List() []Permission {
	var list []Permission
	for p := SignedIn; p < permissionCount; p++ {
		if s.Has(p) {
			list = append(list, p)
		}
	}
	return list
}

// Names gives the stored names, sorted.
func (s Set) Names() []string {
	names := []string{}
	for _, p := range s.List() {
		names = append(names, p.String())
	}
	slices.Sort(names)
	return names
}

// ParseNames reads stored names. Names that this program does not know are left out: they give nobody a right.
func ParseNames(names []string) Set {
	var s Set
	for _, name := range names {
		p, _ := ParsePermission(strings.TrimSpace(name))
		s.Add(p)
	}
	return s
}
