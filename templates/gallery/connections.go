package gallery

import (
	"payportal/templates/admin"
	"payportal/templates/ui"
)

func (s sample) health(state ui.Status) admin.Health {
	return admin.Health{
		State: state, LastGood: s.time(), LastGoodAge: s.say("2 minutes ago", "۲ دقیقه پیش"), ErrorRate: s.say("2.5% (1 of 40)", "۲٫۵٪ (۱ از ۴۰)"),
		Latency: s.say("120 ms, slowest 900 ms", "۱۲۰ میلی‌ثانیه، کندترین ۹۰۰ میلی‌ثانیه"), Clock: s.say("3 seconds ahead", "۳ ثانیه جلوتر"),
	}
}

func (s sample) connections(n int) admin.Connections {
	v := admin.Connections{NewHref: "/admin/connections/new", Label: s.say("Connections", "اتصال‌ها")}
	unknown := admin.Health{State: ui.Status{Text: s.say("Not called yet", "هنوز فراخوانی نشده")}, ErrorRate: "–", Latency: "–", Clock: "–"}
	rows := []admin.ConnectionRow{
		{
			Href: "/admin/connections/toman-staging", Name: "toman-staging", Provider: s.say("Toman", "تومن"), Environment: ui.Status{Tone: ui.Warning, Text: s.say("Staging", "محیط آزمایشی")},
			Health: s.health(ui.Status{Tone: ui.Success, Text: s.say("Working", "سالم")}),
		},
		{
			Href: "/admin/connections/toman", Name: "toman", Provider: s.say("Toman", "تومن"), Environment: ui.Status{Tone: ui.Info, Text: s.say("Production", "محیط عملیاتی")},
			Health: s.health(ui.Status{Tone: ui.Failure, Text: s.say("Failing", "دچار خطا")}),
		},
		{Href: "/admin/connections/tupay", Name: "tupay", Provider: s.say("Tupay", "توپی"), Environment: ui.Status{Tone: ui.Warning, Text: s.say("Staging", "محیط آزمایشی")}, Health: unknown},
	}
	v.Rows = rows[:n]
	return v
}

func (s sample) copying() []admin.Copying {
	return []admin.Copying{
		{
			Name: s.say("Internet gateway (IPG)", "درگاه اینترنتی (IPG)"), State: ui.Status{Tone: ui.Info, Text: s.say("Reading", "در حال خواندن")}, Rows: s.p.Int(50_000),
			Progress: &ui.Progress{
				Label: s.say("Reading all payments for the first time", "نخستین خواندن همه تراکنش‌ها"), Percent: 25, Text: s.say("50,000 of 200,000", "۵۰٬۰۰۰ از ۲۰۰٬۰۰۰"),
				Rest: s.say("2,000 a second, about 2 minutes left", "۲٬۰۰۰ در ثانیه، حدود ۲ دقیقه مانده"),
			},
			Action: "/admin/connections/toman-staging/payments", ActLabel: s.say("Pause", "توقف موقت"), Hidden: []ui.Hidden{{Name: "type", Value: "ipg"}, {Name: "act", Value: "pause"}},
		},
		{
			Name: s.say("Point of sale (POS)", "کارتخوان (POS)"), State: ui.Status{Tone: ui.Failure, Text: s.say("Last attempt failed", "تلاش اخیر ناموفق")},
			Problem: s.say("toman-staging does not answer.", "toman-staging پاسخ نمی‌دهد."), Complete: s.time(), Age: s.say("3 hours ago", "۳ ساعت پیش"), Next: s.time(),
		},
	}
}

func (s sample) settingInputs(wrong string) admin.SettingInputs {
	return admin.SettingInputs{
		ClientAuth: &ui.SelectInput{
			Field:   ui.Field{Name: "client_auth", Label: s.say("Client credentials travel", "ارسال اطلاعات کلاینت"), Value: "basic"},
			Options: []ui.Option{{Value: "basic", Label: s.say("in the header (Basic)", "در سرآیند (Basic)")}},
		},
		Scopes:        &ui.Field{Name: "scopes", Label: s.say("Scopes", "مجوزها (scope)"), Value: "repigma.terminal.read\nrepigma.payment.list", LTR: true},
		DownloadHosts: &ui.Field{Name: "download_hosts", Label: s.say("Hosts of report files", "میزبان‌های فایل گزارش"), Value: "files.example.com", LTR: true},
		Concurrency:   ui.Field{Name: "concurrency", Label: s.say("Calls at a time", "فراخوانی هم‌زمان"), Value: "800", Error: wrong},
	}
}

func (s sample) connection() admin.Connection {
	v := s.readOnlyConnection()
	path := "/admin/connections/toman-staging"
	v.AuditHref, v.RotateHref, v.RemoveHref, v.DisableHref = "/admin/audit?object=connection%3Atoman-staging", path+"/rotate", path+"/remove", path+"/disable"
	v.TestAction, v.Version, v.StepUpHref = path+"/test", "4", "/step-up?return=%2Fadmin%2Fconnections%2Ftoman-staging"
	wrong := s.say("Enter a number from 1 to 64.", "عددی از ۱ تا ۶۴ وارد کنید.")
	v.Errors = []ui.FormError{{Field: "concurrency", Message: wrong}}
	v.Settings = admin.ConnectionSettings{Action: path, Inputs: s.settingInputs(wrong)}
	v.Payments = &admin.ConnectionPayments{Lists: s.copying(), RefreshAction: path + "/payments"}
	v.Calls = []admin.Call{
		{At: s.time(), API: "psp_reporting", Call: "GET /terminals/{uuid}", Took: s.say("80 ms", "۸۰ میلی‌ثانیه"), Answer: s.p.Int(5120), Outcome: ui.Status{Tone: ui.Success, Text: s.p.Digits("200")}},
		{At: s.time(), API: "auth", Call: "POST /oauth2/token/", Took: s.say("10 s", "۱۰ ثانیه"), Answer: s.p.Int(0), Outcome: ui.Status{Tone: ui.Failure, Text: "timeout"}},
	}
	return v
}

func (s sample) readOnlyConnection() admin.Connection {
	return admin.Connection{
		Title: "toman-staging", Environment: ui.Status{Tone: ui.Warning, Text: s.say("Staging", "محیط آزمایشی")}, Provider: s.say("Toman", "تومن"),
		BaseURLs: []admin.BaseURL{{Key: s.say("Sign-in (OAuth)", "ورود (OAuth)"), URL: ui.Ident{Text: "https://auth.example.com", What: s.say("address", "نشانی")}}},
		Created:  s.time(), Rotated: s.time(), Health: s.health(ui.Status{Tone: ui.Success, Text: s.say("Working", "سالم")}),
		Settings: admin.ConnectionSettings{Facts: []admin.Fact{{Label: s.say("Scopes", "مجوزها (scope)"), Text: "repigma.terminal.read, repigma.payment.list"}}},
	}
}

func (s sample) credentials(wrong string) []admin.Credential {
	return []admin.Credential{
		{Field: ui.Field{Name: "credentials.username", Label: s.say("User name", "نام کاربری"), Value: "clerk@example.com", LTR: true}},
		{Secret: true, Field: ui.Field{Name: "credentials.password", Label: s.say("Password", "گذرواژه"), Error: wrong}},
	}
}

func (s sample) connectionTabs(pasted bool) []ui.Tab {
	return []ui.Tab{
		{Label: s.say("Toman", "تومن"), Href: "/admin/connections/new?provider=toman", Current: !pasted},
		{Label: s.say("Paste JSON", "چسباندن JSON"), Href: "/admin/connections/new?as=json", Current: pasted},
	}
}

func (s sample) newConnection() admin.NewConnection {
	address := s.say("The address must begin with https://.", "نشانی باید با https:// شروع شود.")
	secret := s.say("Fill this in.", "این مورد را پر کنید.")
	return admin.NewConnection{
		Tabs: s.connectionTabs(false), Provider: "toman", Errors: []ui.FormError{{Field: "base_urls.auth", Message: address}, {Field: "credentials.password", Message: secret}},
		Name:        ui.Field{Name: "name", Label: s.say("Name", "نام"), Value: "toman-staging", LTR: true},
		Environment: ui.SelectInput{Field: ui.Field{Name: "environment", Label: s.say("Environment", "محیط"), Value: "staging"}, Options: []ui.Option{{Value: "staging", Label: s.say("Staging", "محیط آزمایشی")}}},
		BaseURLs:    []ui.Field{{Name: "base_urls.auth", Label: s.say("Sign-in (OAuth)", "ورود (OAuth)"), Value: "http://auth.example.com", Error: address, LTR: true}},
		Credentials: s.credentials(secret), Settings: s.settingInputs(""),
	}
}

func (s sample) pastedConnection() admin.NewConnection {
	wrong := s.say("name: Fill this in.", "name: این مورد را پر کنید.")
	return admin.NewConnection{Tabs: s.connectionTabs(true), Errors: []ui.FormError{{Field: "json", Message: wrong}}, JSON: &ui.Field{Name: "json", Label: s.say("Connection as JSON", "اتصال به شکل JSON"), Error: wrong, LTR: true}}
}

func (s sample) rotation() admin.Rotation {
	return admin.Rotation{
		Title: s.say("Rotate the credentials of toman-staging", "جایگزینی اطلاعات ورود toman-staging"), Action: "/admin/connections/toman-staging/rotate", BackHref: "/admin/connections/toman-staging", Version: "4",
		Errors:      []ui.FormError{{Message: s.say("The test with the new credentials failed, so the old ones stay in use.", "آزمون با اطلاعات ورود جدید ناموفق بود؛ اطلاعات پیشین همچنان استفاده می‌شود.")}},
		Credentials: s.credentials(""), Untested: ui.CheckInput{Field: ui.Field{Name: "untested", Label: s.say("Replace without a test", "جایگزینی بدون آزمون")}}, Steps: s.steps(),
	}
}

func (s sample) steps() []admin.Step {
	return []admin.Step{
		{Name: s.say("The address is found and listens", "نشانی پیدا می‌شود و پاسخ می‌دهد"), API: "auth", Outcome: ui.Status{Tone: ui.Success, Text: s.say("OK", "موفق")}, Took: s.say("12 ms", "۱۲ میلی‌ثانیه")},
		{
			Name: s.say("The user is accepted", "کاربر پذیرفته می‌شود"), API: "auth", Outcome: ui.Status{Tone: ui.Failure, Text: s.say("Failed", "ناموفق")}, Took: s.say("80 ms", "۸۰ میلی‌ثانیه"),
			Advice: s.say("The provider does not accept user name and password. Check both.", "ارائه‌دهنده نام کاربری و گذرواژه را نمی‌پذیرد. هر دو را بررسی کنید."),
		},
		{Name: s.say("The scope is granted", "دسترسی داده شده است"), API: "auth", Subject: "repigma.payment.list", Outcome: ui.Status{Text: s.say("Not reached", "انجام نشد")}, Took: "–"},
	}
}

func (s sample) removal() ui.Confirmation {
	return ui.Confirmation{
		Title: s.say("Remove connection", "حذف اتصال"), Text: s.say("Its credentials are deleted.", "اطلاعات ورود آن پاک می‌شود."), Action: "/admin/connections/toman-staging/remove",
		Confirm: s.say("Remove this connection", "این اتصال حذف شود"), Dangerous: true, CancelHref: "/admin/connections/toman-staging", Type: "toman-staging",
		TypeField: ui.Field{Name: "confirm", Label: s.say("Type toman-staging to confirm", "برای تأیید toman-staging را تایپ کنید"), LTR: true},
	}
}
