package gallery

import (
	"payportal/templates/admin"
	"payportal/templates/ui"
)

// adminItems are the pages of administration.
func adminItems(s sample) []Item {
	return []Item{
		{"admin-users", admin.UsersPage(s.p, s.users(3))},
		{"admin-users-no-match", admin.UsersPage(s.p, s.users(0))},
		{"admin-user", admin.UserPage(s.p, s.user())},
		{"admin-user-untouchable", admin.UserPage(s.p, s.untouchableUser())},
		{"admin-new-user-errors", admin.NewUserPage(s.p, s.newUser())},
		{"admin-given-password", admin.GivenPasswordPage(s.p, admin.GivenPassword{
			Done: s.say("Sara Ahmadi was created.", "سارا احمدی ایجاد شد."), ContinueHref: "/admin/users/7",
			Username: ui.Ident{Text: "sara", What: s.say("User name", "نام کاربری")}, Password: ui.Ident{Text: "k7q2-mfx4-w9tp-3hze", What: s.say("One-time password", "گذرواژه یک‌بارمصرف")},
		})},
		{"admin-roles", admin.RolesPage(s.p, s.roles())},
		{"admin-role-built-in", admin.RolePage(s.p, s.role(false))},
		{"admin-role-edit", admin.RolePage(s.p, s.role(true))},
		{"admin-connections", admin.ConnectionsPage(s.p, s.connections(3))},
		{"admin-connections-none", admin.ConnectionsPage(s.p, s.connections(0))},
		{"admin-connection", admin.ConnectionPage(s.p, s.connection())},
		{"admin-connection-read-only", admin.ConnectionPage(s.p, s.readOnlyConnection())},
		{"admin-new-connection-errors", admin.NewConnectionPage(s.p, s.newConnection())},
		{"admin-new-connection-json", admin.NewConnectionPage(s.p, s.pastedConnection())},
		{"admin-rotation-failed", admin.RotationPage(s.p, s.rotation())},
		{"admin-connection-test", admin.ConnectionTestPage(s.p, admin.ConnectionTest{
			Title:   s.say("Test of toman-staging", "آزمون toman-staging"),
			Verdict: ui.Notice{Tone: ui.Failure, Text: s.say("1 step failed. See below what to do.", "۱ گام ناموفق بود. راه رفع آن در زیر آمده است.")},
			Steps:   s.steps(), Action: "/admin/connections/toman-staging/test", BackHref: "/admin/connections/toman-staging",
		})},
		{"admin-confirm", admin.ConfirmationPage(s.p, s.removal(), []admin.Fact{{Label: s.say("Name", "نام"), Text: "toman-staging"}})},
		{"admin-audit", admin.AuditPage(s.p, s.audit(4))},
		{"admin-audit-none", admin.AuditPage(s.p, s.audit(0))},
		{"admin-audit-entry", admin.AuditEntryPage(s.p, s.auditEntry())},
		{"admin-verdict", admin.VerdictPage(s.p, admin.Verdict{
			Notice: ui.Notice{Tone: ui.Success, Title: s.say("The trail is whole", "رد رویدادها دست‌نخورده است")}, Count: s.p.Int(18_204),
			Head: ui.Ident{Text: "9f02d41c766aa1d0", What: s.say("hash", "چکیده")},
		})},
		{"admin-verdict-broken", admin.VerdictPage(s.p, admin.Verdict{
			Notice: ui.Notice{Tone: ui.Failure, Title: s.say("The trail was tampered with", "رد رویدادها دستکاری شده است")}, Count: s.p.Int(18_204),
			FirstBad: s.p.Int(412), FirstBadHref: "/admin/audit/412", Detail: "the entry was changed",
		})},
		{"admin-jobs", admin.JobsPage(s.p, s.jobs(true))},
		{"admin-jobs-quiet", admin.JobsPage(s.p, s.jobs(false))},
		{"admin-job-failed", admin.JobPage(s.p, s.job())},
	}
}

func (s sample) anyOf(name, label string, options ...string) ui.SelectInput {
	in := ui.SelectInput{Field: ui.Field{Name: name, Label: label}, Options: []ui.Option{{Label: s.say("Any", "همه")}}}
	for _, o := range options {
		in.Options = append(in.Options, ui.Option{Value: o, Label: o})
	}
	return in
}

func (s sample) users(n int) admin.Users {
	v := admin.Users{
		NewHref: "/admin/users/new", Query: ui.Field{Name: "q", Label: s.say("Search", "جستجو"), Grow: true},
		Role: s.anyOf("role", s.say("Role", "نقش"), "finance"), Status: s.anyOf("status", s.say("Status", "وضعیت"), "enabled"),
		List: admin.UserList{Label: s.say("Users", "کاربران"), Empty: ui.NothingMatches(s.p, "/admin/users")},
	}
	rows := []admin.UserRow{
		{
			Href: "/admin/users/1", Name: s.say("Sara Ahmadi", "سارا احمدی"), Username: "sara", Roles: s.say("Finance, Approver", "مالی، تأییدکننده"), State: s.enabled(),
			SecondFactor: ui.Status{Tone: ui.Success, Text: s.say("Set up", "دارد")}, LastSignIn: s.time(),
		},
		{
			Href: "/admin/users/2", Name: "Reza", Username: "reza", Roles: s.say("Support", "پشتیبانی"), State: ui.Status{Text: s.say("Disabled", "غیرفعال")},
			SecondFactor: ui.Status{Text: s.say("Not set up", "ندارد")},
		},
		{
			Href: "/admin/users/3", Name: s.say("A name that is so long that nobody would ever give it to a child", "نامی چنان بلند که هیچ‌کس آن را بر فرزند خود نمی‌گذارد و در هیچ سطری نمی‌گنجد"),
			Username: "a.very.long.user-name.of-somebody", Roles: s.say("Auditor", "حسابرس"), State: s.enabled(), SecondFactor: ui.Status{Text: s.say("Not set up", "ندارد")},
		},
	}
	v.List.Rows = rows[:n]
	if n == 0 {
		v.List.Chips = ui.Chips{ClearHref: "/admin/users", Live: true, Items: []ui.Chip{{Label: s.say("Search: zzz", "جستجو: zzz"), RemoveHref: "/admin/users"}}}
	}
	return v
}

func (s sample) roleChoices(wrong string) admin.Choices {
	return admin.Choices{Name: "roles", Label: s.say("Roles", "نقش‌ها"), Error: wrong, Items: []admin.Choice{
		{Value: "finance", Label: s.say("Finance", "مالی"), Note: s.say("Reads and exports payments and reports.", "تراکنش‌ها و گزارش‌ها را می‌بیند و از آن‌ها خروجی می‌گیرد."), Chosen: wrong == ""},
		{Value: "administrator", Label: s.say("Administrator", "مدیر سامانه"), Disabled: true},
	}}
}

func (s sample) user() admin.User {
	v := s.untouchableUser()
	v.Untouchable, v.StepUpHref = "", "/step-up?return=%2Fadmin%2Fusers%2F7"
	v.Errors = []ui.FormError{{Message: s.say("Somebody else changed this meanwhile.", "در این فاصله شخص دیگری این مورد را تغییر داده است.")}}
	v.Rename = &admin.RenameUser{Action: "/admin/users/7", Hidden: []ui.Hidden{{Name: "version", Value: "3"}}, Name: ui.Field{Name: "display_name", Label: s.say("Name", "نام"), Value: v.Name}}
	v.GiveRoles = &admin.GiveRoles{Action: "/admin/users/7/roles", Roles: s.roleChoices("")}
	v.GiveRoles.Roles.Titled = true
	v.Acts = []admin.UserAct{
		{Label: s.say("Reset password", "بازنشانی گذرواژه"), Text: s.say("For a user who cannot sign in.", "برای کاربری که نمی‌تواند وارد شود."), Href: "/admin/users/7/password"},
		{Label: s.say("Enable user", "فعال کردن کاربر"), Text: s.say("Lets the user in again.", "کاربر دوباره می‌تواند وارد شود."), Action: "/admin/users/7/enable"},
	}
	return v
}

func (s sample) untouchableUser() admin.User {
	return admin.User{
		Title: s.say("Sara Ahmadi", "سارا احمدی"), State: s.enabled(), BackHref: "/admin/users?role=finance", Untouchable: s.say("You lack some of this user's rights.", "برخی از دسترسی‌های این کاربر را ندارید."),
		Username: ui.Ident{Text: "sara", What: s.say("User name", "نام کاربری")}, Name: s.say("Sara Ahmadi", "سارا احمدی"), Roles: s.say("Finance", "مالی"),
		Password: s.say("Chosen by the user", "انتخاب خود کاربر"), Factor: s.say("Set up, 8 recovery codes left", "فعال، ۸ کد بازیابی باقی مانده"),
		Created: s.time(), LastSignIn: s.time(), DoneHref: "/admin/audit?user=7", ObjectHref: "/admin/audit?object=user%3A7",
	}
}

func (s sample) newUser() admin.NewUser {
	wrong := s.say("There is a user of this name already.", "کاربری با این نام وجود دارد.")
	none := s.say("Choose at least one role.", "دست‌کم یک نقش برگزینید.")
	return admin.NewUser{
		Errors:      []ui.FormError{{Field: "username", Message: wrong}, {Field: "roles", Message: none}},
		Username:    ui.Field{Name: "username", Label: s.say("User name", "نام کاربری"), Value: "sara", Error: wrong, LTR: true},
		DisplayName: ui.Field{Name: "display_name", Label: s.say("Name", "نام"), Value: s.say("Sara", "سارا")},
		Roles:       s.roleChoices(none),
	}
}

func (s sample) roles() admin.Roles {
	return admin.Roles{NewHref: "/admin/roles/new", Label: s.say("2 roles", "۲ نقش"), Rows: []admin.RoleRow{
		{
			Href: "/admin/roles/finance", Name: s.say("Finance", "مالی"), Note: s.say("Reads and exports payments.", "تراکنش‌ها را می‌بیند و خروجی می‌گیرد."), Kind: ui.Status{Text: s.say("Built-in", "پیش‌فرض")},
			Permissions: s.p.Int(9), Users: s.p.Int(3), UsersHref: "/admin/users?role=finance", SecondFactor: s.say("By choice", "به انتخاب کاربر"),
		},
		{
			Href: "/admin/roles/x7", Name: s.say("Night shift", "نوبت شب"), Kind: ui.Status{Tone: ui.Info, Text: s.say("Own", "سفارشی")},
			Permissions: s.p.Int(4), Users: s.p.Int(0), SecondFactor: s.say("Required", "الزامی"),
		},
	}}
}

func (s sample) role(edit bool) admin.Role {
	v := admin.Role{
		Title: s.say("Finance", "مالی"), Kind: &ui.Status{Text: s.say("Built-in", "پیش‌فرض")}, Note: s.say("Built-in roles cannot be changed.", "نقش‌های پیش‌فرض تغییر نمی‌کنند."),
		Description:  ui.Field{Name: "description", Label: s.say("Description", "توضیح"), Value: s.say("Reads and exports payments.", "تراکنش‌ها را می‌بیند و خروجی می‌گیرد.")},
		Name:         ui.Field{Name: "name", Label: s.say("Name", "نام"), Value: s.say("Finance", "مالی")},
		SecondFactor: ui.CheckInput{Field: ui.Field{Name: "require_second_factor", Label: s.say("Users of this role need a second factor", "کاربران این نقش باید ورود دومرحله‌ای داشته باشند")}},
		Users:        s.say("3 users", "۳ کاربر"), UsersHref: "/admin/users?role=finance", CopyHref: "/admin/roles/new?from=finance",
		Permissions: admin.Permissions{Label: s.say("Permissions", "دسترسی‌ها"), Groups: []admin.PermissionGroup{{Label: s.say("Terminals and PSPs", "پایانه‌ها و شرکت‌های PSP"), Items: []admin.Permission{
			{Name: "terminal.read", Label: s.say("See terminals", "دیدن پایانه‌ها"), Scope: "repigma.terminal.read", Changes: ui.Status{Text: s.say("Reads", "فقط می‌خواند")}, Held: true, First: true},
			{Name: "terminal.annotate", Label: s.say("Write labels and notes on terminals", "نوشتن برچسب و یادداشت برای پایانه‌ها"), Changes: ui.Status{Tone: ui.Warning, Text: s.say("Changes", "تغییر می‌دهد")}, Disabled: true},
		}}}},
	}
	if edit {
		wrong := s.say("Choose at least one permission.", "دست‌کم یک دسترسی برگزینید.")
		v.Kind, v.Note, v.DeleteHref, v.AuditHref = &ui.Status{Tone: ui.Info, Text: s.say("Own", "سفارشی")}, "", "/admin/roles/x7/delete", "/admin/audit?object=role%3Ax7"
		v.Action, v.Submit, v.Hidden = "/admin/roles/x7", s.say("Save role", "ذخیره نقش"), []ui.Hidden{{Name: "version", Value: "2"}}
		v.Errors, v.Permissions.Error, v.Permissions.Editable = []ui.FormError{{Field: "permissions", Message: wrong}}, wrong, true
	}
	return v
}

func (s sample) auditSelects() (user, act, outcome ui.SelectInput) {
	return s.anyOf("user", s.say("Who", "چه کسی"), "7"), s.anyOf("act", s.say("Act", "کار"), "user."), s.anyOf("outcome", s.say("Outcome", "نتیجه"), "ok")
}

func (s sample) audit(n int) admin.Audit {
	v := admin.Audit{
		VerifyHref: "/admin/audit/verify", Object: ui.Field{Name: "object", Label: s.say("Object", "مورد"), LTR: true}, Origin: ui.Field{Name: "address", Label: s.say("Address", "نشانی شبکه"), LTR: true},
		From: ui.Field{Name: "from", Label: s.say("From", "از")}, To: ui.Field{Name: "to", Label: s.say("To", "تا")},
		List: admin.AuditList{Label: s.say("Entries", "رویدادها"), Empty: ui.NothingMatches(s.p, "/admin/audit"), Pager: ui.Pager{
			Live: true, Text: s.say("4 entries", "۴ رویداد"),
			PrevLabel: s.say("To the newest", "به تازه‌ترین‌ها"), NextLabel: s.say("Older", "قدیمی‌تر"), NextHref: "/admin/audit?after=17",
		}},
	}
	v.User, v.Act, v.Outcome = s.auditSelects()
	outcomes := []ui.Status{{Tone: ui.Success, Text: s.say("Done", "انجام شد")}, {Tone: ui.Warning, Text: s.say("Refused", "پذیرفته نشد")}, {Tone: ui.Failure, Text: s.say("Failed", "ناموفق")}, {Tone: ui.Warning, Text: s.say("Not known", "نامعلوم")}}
	for i := range n {
		v.List.Rows = append(v.List.Rows, admin.AuditRow{
			Href: "/admin/audit/17", Number: s.p.Int(int64(20 - i)), At: s.time(), Who: "sara", Act: s.say("Disabled a user", "غیرفعال کردن کاربر"),
			Object: admin.Object{Text: "user:12", Href: "/admin/users/12"}, Outcome: outcomes[i], Address: "192.0.2.7",
		})
	}
	return v
}

func (s sample) auditEntry() admin.AuditEntry {
	return admin.AuditEntry{
		Title: s.say("Entry 17", "رویداد ۱۷"), BackHref: "/admin/audit?user=7", Outcome: ui.Status{Tone: ui.Success, Text: s.say("Done", "انجام شد")}, Who: admin.Object{Text: "sara", Href: "/admin/users/7"},
		Act: s.say("Changed a user's roles", "تغییر نقش‌های کاربر"), ActName: "user.roles", Object: admin.Object{Text: "user:12"}, At: s.time(), Session: "k3v9", Address: "192.0.2.7", Request: "01JD3Y8Q6T",
		Changes: []admin.Change{{Name: "roles", Before: "finance", After: "auditor, support"}, {Name: "display_name", Before: "–", After: s.say("Sara", "سارا")}},
	}
}

func (s sample) jobRow(state ui.Status, act *admin.JobAct) admin.JobRow {
	return admin.JobRow{
		Href: "/admin/jobs/9", Kind: s.say("Read payments", "خواندن تراکنش‌ها"), Subject: s.say("Point of sale (POS) · toman-staging", "کارتخوان (POS) · toman-staging"),
		State: state, Attempts: s.say("1 of 3", "۱ از ۳"), Created: s.time(), Act: act,
	}
}

func (s sample) jobs(running bool) admin.Jobs {
	failed := s.jobRow(ui.Status{Tone: ui.Failure, Text: s.say("Failed", "ناموفق")}, &admin.JobAct{Label: s.say("Run again", "اجرای دوباره"), Action: "/admin/jobs/9/retry"})
	failed.Problem, failed.Finished = "list payments: unavailable (provider.failure.timeout)", s.time()
	v := admin.Jobs{
		Kind: s.anyOf("kind", s.say("Job", "کار"), "payments.mirror"), Status: s.anyOf("status", s.say("Status", "وضعیت"), "failed"),
		List: admin.JobList{Label: s.say("1 job", "۱ کار"), Rows: []admin.JobRow{failed}, Pager: ui.Pager{Text: s.say("1 job", "۱ کار")}},
	}
	if running {
		v.Now = admin.JobsNow{
			Running: true, Lists: s.copying(),
			Active: []admin.JobRow{s.jobRow(ui.Status{Tone: ui.Info, Text: s.say("Running", "در حال اجرا")}, &admin.JobAct{Label: s.say("Cancel", "لغو"), Action: "/admin/jobs/9/cancel"})},
		}
	}
	return v
}

func (s sample) job() admin.Job {
	return admin.Job{
		Title: s.say("Read payments", "خواندن تراکنش‌ها"), State: ui.Status{Tone: ui.Failure, Text: s.say("Failed", "ناموفق")}, Number: s.p.Int(9), Subject: "toman-staging", Attempts: s.say("3 of 3", "۳ از ۳"),
		Created: s.time(), Due: s.time(), Started: s.time(), Finished: s.time(), Args: `{"connection_id":1,"type":1}`,
		Errors: []admin.Attempt{{Number: s.p.Int(1), At: s.time(), Text: "list payments: unavailable (provider.failure.timeout)"}},
		Act:    &admin.JobAct{Label: s.say("Run again", "اجرای دوباره"), Action: "/admin/jobs/9/retry"},
	}
}
