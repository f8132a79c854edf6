package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/provider/sandbox"
	sandboxinquiry "payportal/provider/sandbox/inquiry"
)

// upload posts a form with a file, as a browser does.
func (v *visitor) upload(t testing.TB, path string, status int, fields url.Values, name string, content io.Reader) reply {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, values := range fields {
		for _, value := range values {
			if err := form.WriteField(field, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(part, content); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := v.request(t.Context(), http.MethodPost, path, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	a, err := v.send(r)
	if err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
	if a.status != status {
		t.Fatalf("POST %s = %d, want %d\n%s", path, a.status, status, excerpt(a.body))
	}
	return a
}

// Numbers of the canary run, by the sandbox's rules; nothing else asks for them.
var (
	canaryIBANs   = []string{sandboxinquiry.IBAN(3, sandboxinquiry.Person, 77_001), sandboxinquiry.IBAN(8, sandboxinquiry.Joint, 77_002)}
	canaryCards   = []string{sandboxinquiry.Card(2, sandboxinquiry.Person, 77_003)}
	canaryAccount = sandboxinquiry.AccountNumber(sandboxinquiry.Person, 77_004)
	canaryLines   = []string{sandboxinquiry.IBAN(15, sandboxinquiry.Person, 77_005), sandboxinquiry.IBAN(15, sandboxinquiry.Unknown, 77_006)}
)

// useInquirySecrets asks for numbers one by one and by the file, wrongly too, searches for them and reveals them, on good days and
// on bad ones.
func (b *bench) useInquirySecrets(t *testing.T, c *canaries, admin *visitor) {
	t.Helper()
	b.cache.until = time.Time{} // the connection is a moment old
	b.noteInquirySecrets(t, c)
	for kind, numbers := range map[string][]string{"iban": canaryIBANs, "card": canaryCards, "account": {canaryAccount}} {
		for _, number := range numbers {
			b.askForCanary(t, admin, kind, number)
		}
	}
	b.askForCanaryFile(t, admin)
	entry := b.historyOf(t, admin, canaryIBANs[0])
	admin.post(t, entry+"/reveal", http.StatusUnprocessableEntity, url.Values{"reason": {"x"}})
	admin.post(t, entry+"/reveal", http.StatusOK, url.Values{"reason": {"the canary sings"}})
	for _, path := range []string{entry, "/inquiries/history", "/inquiries/bulk", "/admin/audit", "/admin/jobs", "/admin/connections/" + demoConnection} {
		admin.get(t, path, http.StatusOK)
	}
	desk := b.staff.Inquiries
	b.staff.Inquiries = nil
	admin.post(t, "/inquiries/iban", http.StatusInternalServerError, b.questionOf(t, admin, "iban", canaryIBANs[1]))
	b.staff.Inquiries = desk
}

// noteInquirySecrets says what may not be found, and where the asker's own page may show it.
func (b *bench) noteInquirySecrets(t *testing.T, c *canaries) {
	t.Helper()
	own := func(where string) bool {
		return strings.HasPrefix(where, "POST /inquiries/") || strings.HasPrefix(where, "GET /inquiries/bulk/")
	}
	for _, text := range append(append([]string{}, canaryIBANs...), canaryLines...) {
		number, err := iban.ParseIBAN(text)
		if err != nil {
			t.Fatal(err)
		}
		c.add("an IBAN", number.Reveal(), number.Reveal()[2:], number.Grouped())
	}
	for _, text := range canaryCards {
		card, err := iban.ParseCard(text)
		if err != nil {
			t.Fatal(err)
		}
		c.add("an inquired card", card.Reveal(), card.Grouped())
	}
	c.add("an account number", canaryAccount)
	for _, kind := range []string{"an IBAN", "an inquired card", "an account number", "an owner's name", "an account of an answer"} {
		c.shown[kind] = own
	}
}

// questionOf is the form of a question with its number.
func (b *bench) questionOf(t *testing.T, v *visitor, kind, number string) url.Values {
	t.Helper()
	page := "/inquiries/" + kind
	return merged(b.formAt(t, v, page, page), url.Values{"number": {number}, "bank": {"3"}, "name": {"نام قناری"}})
}

// askForCanary goes through every way in which a number comes to the portal: the hint, a wrong digit, an answer, a fresh answer,
// a refusal that repeats it, an answer that is cut off.
func (b *bench) askForCanary(t *testing.T, v *visitor, kind, number string) {
	t.Helper()
	page := "/inquiries/" + kind
	if _, err := v.ask(t.Context(), http.MethodPost, page+"/check", url.Values{"number": {number}}); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{number + "x", number[:len(number)-1], "<b>" + number} {
		if _, err := v.ask(t.Context(), http.MethodPost, page, b.questionOf(t, v, kind, wrong)); err != nil {
			t.Fatal(err)
		}
	}
	v.post(t, page, http.StatusOK, b.questionOf(t, v, kind, number))
	v.post(t, page, http.StatusOK, b.questionOf(t, v, kind, number))
	again := func() url.Values { return merged(b.questionOf(t, v, kind, number), url.Values{"again": {"1"}}) }
	for _, f := range []sandbox.Fault{
		{Kind: sandbox.Status, Status: 400, Body: fmt.Sprintf(`{"error_description":"شماره %s یافت نشد"}`, number)},
		{Kind: sandbox.Status, Status: 500, Body: "Traceback: " + number},
		{Kind: sandbox.CutJSON},
		{Kind: sandbox.WrongShape},
	} {
		f.Service, f.Times = sandboxinquiry.ServiceName, 1
		if _, err := b.provider.Engine.Inject(f); err != nil {
			t.Fatal(err)
		}
		if _, err := v.ask(t.Context(), http.MethodPost, page, again()); err != nil {
			t.Fatal(err)
		}
		b.provider.Engine.Clear(0)
	}
	// Somebody opens the page's address with a number behind it: nobody has that from the portal.
	if _, err := v.ask(t.Context(), http.MethodGet, page+"?number=1", nil); err != nil {
		t.Fatal(err)
	}
}

// askForCanaryFile takes a file from upload to download.
func (b *bench) askForCanaryFile(t *testing.T, v *visitor) {
	t.Helper()
	text := "نام,شبا\n" + "کسی," + canaryLines[0] + "\nکسی," + canaryLines[1] + "\nکسی," + canaryLines[0] + "1\n"
	v.upload(t, "/inquiries/bulk", http.StatusUnprocessableEntity, url.Values{}, canaryIBANs[0]+".pdf", strings.NewReader("%PDF-1.4 "+canaryIBANs[0]))
	page := v.upload(t, "/inquiries/bulk", http.StatusSeeOther, url.Values{}, "payroll.csv", strings.NewReader(text)).header.Get("Location")
	v.get(t, page, http.StatusOK)
	v.post(t, page+"/start", http.StatusSeeOther, b.formAt(t, v, page, page+"/start"))
	var id int64
	if _, err := fmt.Sscanf(page, "/inquiries/bulk/%d", &id); err != nil {
		t.Fatal(err)
	}
	if err := b.workOnBulk(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{page, page + "/result.csv", page + "/result.xlsx"} {
		v.get(t, path, http.StatusOK)
	}
	v.post(t, "/inquiries/bulk", http.StatusUnprocessableEntity, url.Values{"text": {canaryLines[0]}})
}

var entryLink = regexp.MustCompile(`href="(/inquiries/history/[0-9]+)"`)

// historyOf searches for a number and gives the address of what was found.
func (b *bench) historyOf(t *testing.T, v *visitor, number string) string {
	t.Helper()
	found := v.post(t, "/inquiries/history/search", http.StatusOK, url.Values{"number": {number}})
	links := entryLink.FindStringSubmatch(found.body)
	if links == nil {
		t.Fatalf("a search finds nothing\n%s", excerpt(found.body))
	}
	return links[1]
}

// collectAnswers adds what the provider said: names of owners and accounts.
func (b *bench) collectAnswers(t *testing.T, c *canaries) {
	t.Helper()
	records, err := b.db.Inquiries(t.Context(), inquiry.HistoryFilter{Outcome: inquiry.Answered, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if r.Reply == nil || r.Reply.Answer == nil {
			continue
		}
		for _, owner := range r.Reply.Answer.Owners {
			if len(owner.Name()) >= 16 {
				c.add("an owner's name", owner.Name())
			}
		}
		if deposit := r.Reply.Answer.Deposit; len(deposit) >= 8 {
			c.add("an account of an answer", deposit)
		}
	}
	if len(c.secrets["an owner's name"]) < 3 {
		t.Errorf("the provider named %d owners", len(c.secrets["an owner's name"]))
	}
}
