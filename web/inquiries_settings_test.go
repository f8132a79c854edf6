package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/htmlcheck"
	"payportal/internal/inquiry"
)

// settingsForm is the form of the settings as the page has it at first, with changes.
func settingsForm(changes url.Values) url.Values {
	fields := url.Values{
		"version": {"0"}, "fresh_for": {"24"}, "retention": {"90"}, "per_day.default": {"50000"}, "lines.default": {"50000"},
	}
	for name, values := range changes {
		fields[name] = values
	}
	return fields
}

func storedSettings(t *testing.T, pages inquiryPages) inquiry.Settings {
	t.Helper()
	settings, err := inquiry.NewRules(pages.db, time.UTC, time.Now).Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestSettingsOfInquiriesAreKept(t *testing.T) {
	pages := newInquiryPages(t)
	administrator := pages.user(t, "amir", access.Administrator)
	clerk, err := pages.access.People.Users(t.Context(), access.UserFilter{Query: "nasrin"})
	if err != nil || len(clerk) != 1 {
		t.Fatalf("find nasrin: %d users, %v", len(clerk), err)
	}
	id := strconv.FormatInt(clerk[0].ID, 10)
	administrator.get("/inquiries/settings", http.StatusOK,
		htmlcheck.In(`#f-fresh_for[value="24"]`), htmlcheck.In(`#f-retention[value="90"]`), htmlcheck.In("[name=per_day.role.finance]", htmlcheck.NoAttr("value")),
		htmlcheck.In(`#f-person option[value="`+id+`"]`))
	administrator.post("/inquiries/settings", http.StatusSeeOther, settingsForm(url.Values{
		"fresh_for": {"۱۲"}, "retention": {"30"}, "per_day.role.finance": {"100"}, "lines.role.finance": {"0"},
		"person": {id}, "per_day.new": {"7"}, "lines.new": {"8"},
	}))
	got := storedSettings(t, pages)
	if got.FreshFor != 12*time.Hour || got.Retention != 30*24*time.Hour || len(got.Roles) != 1 || got.Roles[access.Finance] != (inquiry.Limits{PerDay: 100}) ||
		len(got.Users) != 1 || got.Users[clerk[0].ID] != (inquiry.Limits{PerDay: 7, LinesPerFile: 8}) {
		t.Errorf("got %+v", got)
	}
	page := administrator.get("/inquiries/settings", http.StatusOK, htmlcheck.In(".alert", htmlcheck.HasText("The settings were saved.")),
		htmlcheck.In(`[name="per_day.user.`+id+`"][value="7"]`), htmlcheck.NotIn(`#f-person option[value="`+id+`"]`), htmlcheck.In(`[name="lines.role.finance"][value="0"]`))
	htmlcheck.Run(t, page.body, htmlcheck.In(`[name=version][value="`+strconv.FormatInt(got.Version, 10)+`"]`))
	administrator.post("/inquiries/settings", http.StatusSeeOther, settingsForm(url.Values{
		"version": {strconv.FormatInt(got.Version, 10)}, "per_day.user." + id: {"7"}, "lines.user." + id: {"8"}, "remove." + id: {"on"},
	}))
	if got = storedSettings(t, pages); len(got.Users) != 0 || len(got.Roles) != 0 || got.FreshFor != 24*time.Hour {
		t.Errorf("after the removal: got %+v", got)
	}
	administrator.get("/admin/audit?act=inquiry.settings", http.StatusOK, htmlcheck.Count("table tbody tr", 2))
}

func TestWrongSettingsOfInquiriesComeBack(t *testing.T) {
	pages := newInquiryPages(t)
	administrator := pages.user(t, "amir", access.Administrator)
	for _, tt := range []struct{ field, value, at, want string }{
		{"fresh_for", "721", "fresh_for", "Enter hours from 0 to 720."},
		{"fresh_for", "", "fresh_for", "Fill in this field."},
		{"retention", "0", "retention", "Enter days from 1 to 1,825."},
		{"retention", "999999999999", "retention", "Enter a number from"},
		{"per_day.default", "-1", "per_day.default", "Enter a number from"},
		{"lines.default", "50001", "lines.default", "Enter a number from 0 to 50,000."},
		{"per_day.role.finance", "5", "lines.role.finance", "Fill in both, or leave both empty."},
		{"person", "1", "per_day.new", "Fill in both, or leave both empty."},
	} {
		page := administrator.post("/inquiries/settings", http.StatusUnprocessableEntity, settingsForm(url.Values{tt.field: {tt.value}}))
		htmlcheck.Run(t, page.body, htmlcheck.In("title", htmlcheck.HasText("Error:")), htmlcheck.In(`#form-errors a[href="#f-`+tt.at+`"]`, htmlcheck.HasText(tt.want)))
		if tt.value != "" && tt.field != "person" {
			htmlcheck.Run(t, page.body, htmlcheck.In(`[name="`+tt.field+`"][value="`+tt.value+`"]`))
		}
	}
	if got := storedSettings(t, pages); got.Version != 0 {
		t.Errorf("wrong settings were kept: version %d, want 0", got.Version)
	}
}

func TestSettingsThatChangedMeanwhileAreShown(t *testing.T) {
	pages := newInquiryPages(t)
	administrator := pages.user(t, "amir", access.Administrator)
	setLimits(t, pages, func(s *inquiry.Settings) { s.FreshFor = time.Hour })
	page := administrator.post("/inquiries/settings", http.StatusConflict, settingsForm(url.Values{"fresh_for": {"12"}}),
		alerts("Somebody else changed these settings"), htmlcheck.In(`#f-fresh_for[value="12"]`), htmlcheck.In("#f-fresh_for-hint", htmlcheck.HasText("Now: 1")))
	version := strconv.FormatInt(storedSettings(t, pages).Version, 10)
	htmlcheck.Run(t, page.body, htmlcheck.In(`[name="version"][value="`+version+`"]`))
	administrator.post("/inquiries/settings", http.StatusSeeOther, settingsForm(url.Values{"fresh_for": {"12"}, "version": {version}}))
	if got, want := storedSettings(t, pages).FreshFor, 12*time.Hour; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
