package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/htmlcheck"
	"payportal/internal/psp"
	"payportal/web"
)

var clerk = audit.Actor{UserID: 4711, Name: "clerk"}

func TestRegisterFiltersSortsAndKeepsItsAddress(t *testing.T) {
	o := newOffice(t)
	o.registered(t, "1001")
	second := o.registered(t, "1002")
	b := o.user(t, "nasrin", access.Operations)
	b.get("/terminals", http.StatusOK,
		htmlcheck.Count("#terminals-table tbody tr", 2), htmlcheck.In("a[href=/terminals/new]"), htmlcheck.In("a[href=/terminals/import]"),
		htmlcheck.In("th[aria-sort=descending]", htmlcheck.HasText("Created")), htmlcheck.NotIn(".chips"))
	page := b.get("/terminals?q=1002&type=pos&sort=number", http.StatusOK,
		htmlcheck.Count("#terminals-table tbody tr", 1), htmlcheck.Count(".chip", 2), htmlcheck.Count("th[aria-sort]", 1),
		htmlcheck.In("#f-q", htmlcheck.HasAttr("value", "1002")), htmlcheck.In("#f-type option[selected]", htmlcheck.HasAttr("value", "pos")),
		htmlcheck.In(".filters input[name=sort]", htmlcheck.HasAttr("value", "number")))
	link := regexp.MustCompile(`/terminals/` + second + `\?list=[^"]+`).FindString(page.body)
	b.get(strings.ReplaceAll(link, "&amp;", "&"), http.StatusOK,
		htmlcheck.In(".page-head a.btn", htmlcheck.HasHref("/terminals?q=1002&sort=number&type=pos")))
	b.htmx().get("/terminals?q=none", http.StatusOK, htmlcheck.In("section#terminals .empty-state"), htmlcheck.NotIn("form.filters"))
}

func TestRegisterRefusesWhatItDoesNotKnow(t *testing.T) {
	b := newOffice(t).user(t, "nasrin", access.Operations)
	for _, query := range []string{
		"sort=amount", "type=atm", "enabled=maybe", "origin=moon", "account=1", "after=forged", "before=%00", "q=a&q=b", "size=7", "q=%E2%80%AE",
		"tab=other", "psp=" + strings.Repeat("x", 300), "tab=seen&after=forged",
	} {
		b.get("/terminals?"+query, http.StatusUnprocessableEntity, htmlcheck.In("main"))
	}
	b.get("/terminals?connection=other", http.StatusNotFound)
}

func TestWhatOneMayNotDoIsNotOffered(t *testing.T) {
	o := newOffice(t)
	id := o.registered(t, "1001")
	b := o.user(t, "auditor", access.Auditor)
	b.get("/terminals", http.StatusOK, htmlcheck.NotIn("a[href=/terminals/new]"), htmlcheck.NotIn("a[href=/terminals/import]"))
	b.get("/terminals/"+id, http.StatusOK, htmlcheck.NotIn("main form"))
	b.get("/terminals/new", http.StatusForbidden, htmlcheck.In("main", htmlcheck.HasText("terminal.create")))
	b.post("/terminals/"+id, http.StatusForbidden, url.Values{"label": {"x"}, "version": {"1"}})
}

// filled is a form of a new terminal with the key of the page.
func filled(page answer, number string) url.Values {
	key := regexp.MustCompile(`name="key" value="([A-Z2-7]+)"`).FindStringSubmatch(page.body)
	form := url.Values{
		"connection": {"toman"}, "terminal_type": {"pos"}, "psp_account_uuid": {shopAccount}, "terminal_number": {number},
		"acceptor_code": {"۲۱۳"}, "enabled": {"on"}, "start_fetch_time": {"2026-01-05 08:30"},
	}
	if key != nil {
		form.Set("key", key[1])
	}
	return form
}

func TestCreateTerminalOnceHoweverOftenItIsSent(t *testing.T) {
	o := newOffice(t)
	b := o.user(t, "nasrin", access.Operations)
	form := filled(b.get("/terminals/new", http.StatusOK,
		htmlcheck.In("form[data-once][data-warn-unsaved]"), htmlcheck.In("option[disabled]", htmlcheck.HasText("Closed"))), "۱۰۰۱")
	first := b.post("/terminals/new", http.StatusSeeOther, form).header.Get("Location")
	second := b.post("/terminals/new", http.StatusSeeOther, form).header.Get("Location")
	if first != second || !strings.HasPrefix(first, "/terminals/") {
		t.Errorf("the same form led to %q and %q, want the same terminal", first, second)
	}
	if o.provider.created != 1 {
		t.Errorf("the provider was asked %d times, want once", o.provider.created)
	}
	b.get(first, http.StatusOK, htmlcheck.In("main", htmlcheck.HasText("Terminal 1001 was created."), htmlcheck.HasText("2026-01-05 08:30:00")),
		htmlcheck.In("time[datetime=2026-01-05T05:00:00Z]"))
}

func TestCreateTerminalTellsAllProblemsAtTheirFields(t *testing.T) {
	o := newOffice(t)
	b := o.user(t, "nasrin", access.Operations)
	page := b.get("/terminals/new", http.StatusOK)
	form := filled(page, "12a")
	form.Set("acceptor_code", "many")
	form.Set("start_fetch_time", "2026-02-30")
	form.Del("psp_account_uuid")
	form.Del("terminal_type")
	b.post("/terminals/new", http.StatusUnprocessableEntity, form,
		htmlcheck.In("title", htmlcheck.HasText("Error:")), htmlcheck.In("#form-errors[autofocus]"), htmlcheck.Count("#form-errors li a", 5),
		htmlcheck.In("#f-terminal_number[aria-invalid=true]", htmlcheck.HasAttr("value", "12a")),
		htmlcheck.In("#f-acceptor_code[aria-invalid=true]", htmlcheck.HasAttr("value", "many")),
		htmlcheck.In("#f-start_fetch_time-err", htmlcheck.HasText("date that exists")),
		htmlcheck.In("#f-psp_account_uuid-err"), htmlcheck.In("#f-terminal_type-err"))
	if o.provider.created != 0 {
		t.Error("the provider was asked although the form was wrong")
	}
}

func TestProvidersRefusalComesBackAtItsFieldWithANewKey(t *testing.T) {
	o := newOffice(t)
	o.provider.refuse = &errs.Error{Kind: errs.Declined, Code: "400", Fields: []errs.Field{
		{Name: "terminal_number", Msg: "provider.words", Args: map[string]any{"Words": "already exists"}},
	}}
	b := o.user(t, "nasrin", access.Operations)
	form := filled(b.get("/terminals/new", http.StatusOK), "1001")
	again := b.post("/terminals/new", http.StatusUnprocessableEntity, form, htmlcheck.In("#f-terminal_number-err", htmlcheck.HasText("already exists")))
	renewed := filled(again, "1001")
	if renewed.Get("key") == form.Get("key") {
		t.Error("the form came back with a key that is used up")
	}
	o.provider.refuse = nil
	b.post("/terminals/new", http.StatusSeeOther, renewed)
}

func TestProvidersRefusalOfThePortalKeepsTheForm(t *testing.T) {
	o := newOffice(t)
	b := o.user(t, "nasrin", access.Operations)
	for _, kind := range []errs.Kind{errs.Forbidden, errs.Unauthenticated, errs.Unavailable, errs.RateLimited} {
		o.provider.refuse = errs.New(kind, "create terminal", "", nil)
		form := filled(b.get("/terminals/new", http.StatusOK), "1001")
		b.post("/terminals/new", http.StatusServiceUnavailable, form, htmlcheck.In("#form-errors"), htmlcheck.In("#f-terminal_number", htmlcheck.HasAttr("value", "1001")))
	}
}

func TestUnknownOutcomeIsFollowedAndSettledByTheImport(t *testing.T) {
	o := newOffice(t)
	o.provider.refuse, o.provider.made = errs.New(errs.Indeterminate, "create terminal", "", errors.New("cut")), true
	b := o.user(t, "nasrin", access.Operations)
	form := filled(b.get("/terminals/new", http.StatusOK), "1001")
	page := b.post("/terminals/new", http.StatusSeeOther, form).header.Get("Location")
	b.get(page, http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Outcome not known")), htmlcheck.In("a[href=/terminals/import]"),
		htmlcheck.In("main .cols", htmlcheck.HasText("PSP accountShop"), htmlcheck.HasText("Sent to the provider")),
		htmlcheck.In("main", htmlcheck.HasText("The provider may still answer")))
	b.get("/terminals", http.StatusOK, htmlcheck.In(".alert a[href=/terminals/commands]"))
	b.get("/terminals/commands", http.StatusOK, htmlcheck.In("#commands-table th a", htmlcheck.HasHref(page)))
	fresh := filled(b.get("/terminals/new", http.StatusOK), "1001")
	b.post("/terminals/new", http.StatusConflict, fresh, htmlcheck.In(".alert .actions a", htmlcheck.HasHref(page)))
	var made string
	for id := range o.provider.terminals {
		made = id
	}
	b.post("/terminals/import", http.StatusOK, url.Values{"connection": {"toman"}, "uuids": {made}}, htmlcheck.In("#import-table td a", htmlcheck.HasHref(page)))
	b.get(page, http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Carried out")), htmlcheck.In("a.btn-primary", htmlcheck.HasHref("/terminals/"+made)))
}

func TestTwoPersonsDeclareThatNothingWasCreated(t *testing.T) {
	o := newOffice(t)
	o.provider.refuse = errs.New(errs.Indeterminate, "create terminal", "", errors.New("cut"))
	first, second := o.user(t, "nasrin", access.Operations), o.user(t, "omid", access.Operations)
	page := first.post("/terminals/new", http.StatusSeeOther, filled(first.get("/terminals/new", http.StatusOK), "1001")).header.Get("Location")
	first.get(page+"/declare", http.StatusSeeOther) // step-up
	for _, b := range []*browser{first, second} {
		b.post("/step-up", http.StatusSeeOther, url.Values{"password": {password}})
	}
	first.get(page+"/declare", http.StatusSeeOther) // the sender may still get an answer
	o.leaseIsOver(t)
	form := func(b *browser, act string) url.Values {
		a := b.get(page+"/declare", http.StatusOK, htmlcheck.In("input[name=act]", htmlcheck.HasAttr("value", act)))
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(a.body)
		return url.Values{"act": {act}, "version": {version[1]}, "reason": {"looked at the panel"}}
	}
	empty := form(first, "propose")
	empty.Del("reason")
	first.post(page+"/declare", http.StatusUnprocessableEntity, empty, htmlcheck.In("#f-reason[aria-invalid=true]"))
	propose := form(first, "propose")
	first.post(page+"/declare", http.StatusSeeOther, propose)
	second.post(page+"/declare", http.StatusConflict, propose, htmlcheck.In("#form-errors"), htmlcheck.In("main", htmlcheck.HasText("looked at the panel")))
	first.get(page, http.StatusOK, htmlcheck.NotIn("main section section a.btn-danger"), htmlcheck.In("main", htmlcheck.HasText("Another person has to confirm it")))
	first.get(page+"/declare", http.StatusSeeOther)
	confirm := form(second, "confirm")
	first.post(page+"/declare", http.StatusForbidden, confirm)
	second.post(page+"/declare", http.StatusSeeOther, confirm)
	second.get(page, http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Not carried out")), htmlcheck.In(".page-head a.btn"))
}

// leaseIsOver makes the time of every attempt run out.
func (o *office) leaseIsOver(t *testing.T) {
	t.Helper()
	if _, err := o.db.Writer().ExecContext(t.Context(), "UPDATE commands SET lease_until = 1"); err != nil {
		t.Fatal(err)
	}
}

func TestImportReportsEachLineAndRetriesFailuresOnly(t *testing.T) {
	o := newOffice(t)
	known := o.registered(t, "1001")
	other := o.provider.add(psp.NewTerminal{Type: psp.IPG, AccountUUID: shopAccount, Number: "2002", AcceptorCode: 1})
	b := o.user(t, "nasrin", access.Operations)
	b.post("/terminals/import", http.StatusUnprocessableEntity, url.Values{"uuids": {" "}}, htmlcheck.In("#f-uuids[aria-invalid=true]"))
	o.provider.set(func() { o.provider.down = errs.New(errs.Unavailable, "read", "", nil) })
	page := b.post("/terminals/import", http.StatusOK, url.Values{"uuids": {known + "\n" + other.UUID + "\nnot-a-uuid"}},
		htmlcheck.Count("#import-table tbody tr", 3), htmlcheck.In("#import-table", htmlcheck.HasText("Already registered"), htmlcheck.HasText("Not a UUID"), htmlcheck.HasText("Not imported")))
	retry := regexp.MustCompile(`name="uuids" value="([^"]+)"`).FindStringSubmatch(page.body)
	if retry == nil || retry[1] != other.UUID {
		t.Fatalf("retry = %q, want %s alone", retry, other.UUID)
	}
	o.provider.set(func() { o.provider.down = nil })
	b.post("/terminals/import", http.StatusOK, url.Values{"uuids": {retry[1]}}, htmlcheck.In("#import-table a", htmlcheck.HasHref("/terminals/"+other.UUID)),
		htmlcheck.NotIn("input[name=uuids]"))
}

func TestTerminalShowsItsLastCopyWhenTheProviderIsDown(t *testing.T) {
	o := newOffice(t)
	id := o.registered(t, "1001")
	b := o.user(t, "nasrin", access.Operations)
	b.get("/terminals/"+id, http.StatusOK, htmlcheck.NotIn(".fresh[data-stale]"), htmlcheck.In("pre", htmlcheck.HasText(`"terminal_number": "1001"`)),
		htmlcheck.In("button.copy", htmlcheck.HasAttr("data-copy", "1001")))
	o.provider.set(func() { o.provider.down = errs.New(errs.Unavailable, "read", "", nil) })
	b.get("/terminals/"+id, http.StatusOK, htmlcheck.In(".fresh[data-stale]", htmlcheck.HasText("cannot be reached")))
}

func TestUnregisteredTerminalOffersTheImport(t *testing.T) {
	o := newOffice(t)
	const id = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
	o.user(t, "nasrin", access.Operations).get("/terminals/"+id, http.StatusNotFound, htmlcheck.In("a.btn-primary", htmlcheck.HasHref("/terminals/import?uuids="+id)))
	b := o.user(t, "auditor", access.Auditor)
	b.get("/terminals/"+id, http.StatusNotFound, htmlcheck.NotIn("a.btn-primary"))
	b.get("/terminals/none", http.StatusNotFound)
}

func TestAnnotationsOfTwoPersonsAreBothShown(t *testing.T) {
	o := newOffice(t)
	id := o.registered(t, "1001")
	b := o.user(t, "nasrin", access.Operations)
	form := url.Values{"version": {"1"}, "label": {"Front till"}, "notes": {"by the door"}, "list": {"type=pos&sort=number"}}
	a := b.post("/terminals/"+id, http.StatusSeeOther, form)
	if got, want := a.header.Get("Location"), "/terminals?sort=number&type=pos"; got != want {
		t.Errorf("saved and led to %q, want %q", got, want)
	}
	b.get("/terminals?q=front", http.StatusOK, htmlcheck.In("#terminals-table tbody", htmlcheck.HasText("Front till")))
	form.Set("label", "Back till")
	b.post("/terminals/"+id, http.StatusConflict, form, htmlcheck.In("#f-label", htmlcheck.HasAttr("value", "Back till")),
		htmlcheck.In(".alert .kv", htmlcheck.HasText("Front till")), htmlcheck.In("input[name=version]", htmlcheck.HasAttr("value", "2")))
	form.Set("version", "2")
	form.Set("label", strings.Repeat("x", 101))
	b.post("/terminals/"+id, http.StatusUnprocessableEntity, form, htmlcheck.In("#f-label[aria-invalid=true]"), htmlcheck.NotIn(".alert .kv"))
	form.Set("version", "many")
	b.post("/terminals/"+id, http.StatusUnprocessableEntity, form)
}

func TestChosenConnectionStaysChosen(t *testing.T) {
	o := newOffice(t, web.OfferedConnection{ID: 8, Name: "other", Environment: "staging"})
	id := o.registered(t, "1001")
	b := o.user(t, "nasrin", access.Operations)
	b.get("/terminals", http.StatusOK, htmlcheck.Count("#f-connection option", 2))
	b.get("/terminals?connection=other", http.StatusOK, htmlcheck.In(".empty-state"), htmlcheck.Count(".chip", 1),
		htmlcheck.In(".page-head a.btn-primary", htmlcheck.HasHref("/terminals/new?connection=other")))
	b.get("/terminals?connection=toman", http.StatusOK,
		htmlcheck.In("#terminals-table tbody a", htmlcheck.HasHref("/terminals/"+id+"?connection=toman&list=connection%3Dtoman")))
	b.get("/terminals/"+id+"?connection=toman", http.StatusOK, htmlcheck.In("input[name=connection]", htmlcheck.HasAttr("value", "toman")))
	b.get("/terminals/"+id+"?connection=other", http.StatusNotFound)
	b.get("/terminals/new?connection=other", http.StatusOK, htmlcheck.Count("main .tabs a", 2), htmlcheck.In(".empty-state", htmlcheck.HasText("No enabled PSP account")))
	b.get("/terminals/import?connection=other", http.StatusOK, htmlcheck.In("#f-connection option[selected]", htmlcheck.HasAttr("value", "other")))
	b.get("/psps?connection=other", http.StatusOK, htmlcheck.In(".empty-state"), htmlcheck.In("main form[action=/psps/refresh?connection=other]"))
	b.get("/reports?connection=other", http.StatusOK, htmlcheck.In(".empty-state"))
}

// TestTextsOfTheProviderCannotTurnThePage covers T27 and T28: markup is text, and characters that turn text around are seen.
func TestTextsOfTheProviderCannotTurnThePage(t *testing.T) {
	o := newOffice(t)
	o.provider.set(func() {
		o.provider.psps[0].Name, o.provider.accounts[0].Name = "S\u202eEP", "<script>alert(1)</script>"
	})
	if err := o.useCases.Directory.Refresh(t.Context(), reportingConn); err != nil {
		t.Fatal(err)
	}
	var made psp.Terminal
	o.provider.set(func() {
		made = o.provider.add(psp.NewTerminal{AccountUUID: shopAccount, Number: "1001", Description: "in\u202everse <b>bold</b>"})
	})
	b := o.user(t, "nasrin", access.Operations)
	b.post("/terminals/import", http.StatusOK, url.Values{"uuids": {made.UUID + " \u202e<i>x</i>"}}, htmlcheck.NotIn("#import-table i"))
	for _, path := range []string{"/terminals", "/terminals/" + made.UUID, "/terminals/new", "/psps", "/psps/0", "/psp-accounts", "/psp-accounts/" + shopAccount} {
		b.get(path, http.StatusOK, htmlcheck.NotIn("main script"), htmlcheck.NotIn("main b"), htmlcheck.In("body", htmlcheck.NoText("\u202e")))
	}
	b.get("/terminals/"+made.UUID, http.StatusOK, htmlcheck.In("main", htmlcheck.HasText("in⟨U+202E⟩verse <b>bold</b>")))
}
