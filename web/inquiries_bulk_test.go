package web_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/htmlcheck"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/sheet"
	"payportal/internal/textin"
	"payportal/store"
	"payportal/web"
)

// inquiryConn is the connection that is asked in these tests.
const inquiryConn = 1

// inquiring gives the surface the use-cases of inquiries on the database. Files are worked on when a test runs them.
func inquiring(db *store.DB, u *web.UseCases, providers inquiry.Providers) {
	zone := time.FixedZone("Tehran", 3*3600+1800)
	u.InquiryRules = inquiry.NewRules(db, zone, time.Now)
	u.Inquiries = inquiry.NewDesk(u.InquiryRules, providers)
	u.InquiryHistory = inquiry.NewHistory(u.InquiryRules)
	u.BulkInquiries = inquiry.NewBulks(u.InquiryRules, providers, func(context.Context, int64) error { return nil })
	u.InquiryConnections = func(context.Context) ([]web.OfferedConnection, error) {
		return []web.OfferedConnection{{ID: inquiryConn, Name: "toman", Environment: "sandbox", Concurrency: 4}}, nil
	}
}

// Inquiry fails as a dead line does.
func (nowhere) Inquiry(context.Context, int64) (inquiry.Provider, error) {
	return nil, errs.New(errs.Unavailable, "reach the provider", "provider.failure.refused", nil)
}

// teller is an inquiry provider in memory. It answers every number with that number's own IBAN and owner, unless refuse says
// otherwise, and counts what it was asked.
type teller struct {
	mu    sync.Mutex
	asked map[string]int
	// refuse is the error for a question, by its identity.
	refuse map[string]error
}

func newTeller() *teller { return &teller{asked: map[string]int{}, refuse: map[string]error{}} }

func (b *teller) Inquiry(_ context.Context, id int64) (inquiry.Provider, error) {
	if id != inquiryConn {
		return nil, errs.New(errs.NotFound, "find connection", "", nil)
	}
	return b, nil
}

func (b *teller) ask(q inquiry.Question) (inquiry.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked[q.Identity()]++
	if err := b.refuse[q.Identity()]; err != nil {
		return inquiry.Answer{}, err
	}
	return answerTo(q), nil
}

// answerTo is what the teller says of a number.
func answerTo(q inquiry.Question) inquiry.Answer {
	switch q.Kind {
	case inquiry.Card:
		return inquiry.Answer{IBAN: ibanOf("1" + q.Card.Reveal()[12:]).Reveal()}
	case inquiry.IBAN:
		return inquiry.Answer{
			IBAN: q.IBAN.Reveal(), Deposit: "0100" + q.IBAN.Reveal()[20:], State: "حساب فعال است", Comment: "=1+1", BankID: 2,
			Owners: []inquiry.Owner{{First: "سارا", Last: "احمدی"}, {Last: "شرکت نمونه"}},
		}
	}
	return inquiry.Answer{IBAN: ibanOf("77").Reveal(), Deposit: q.Number.Reveal(), State: "غیرفعال", Owners: []inquiry.Owner{{Last: "شرکت نمونه"}}}
}

func (b *teller) CardToIBAN(_ context.Context, card iban.Card) (inquiry.Answer, error) {
	return b.ask(inquiry.AskCard(card))
}

func (b *teller) AccountToIBAN(_ context.Context, number iban.AccountNumber, bankID int) (inquiry.Answer, error) {
	return b.ask(inquiry.AskAccount(number, bankID))
}

func (b *teller) InquireIBAN(_ context.Context, number iban.IBAN) (inquiry.Answer, error) {
	return b.ask(inquiry.AskIBAN(number))
}

func (b *teller) EstimateWage(context.Context, inquiry.WageQuestion) (inquiry.WageEstimate, error) {
	return inquiry.WageEstimate{}, errs.New(errs.Declined, "estimate wage", "", nil)
}

// total is how many questions were asked, and most how often one of them was.
func (b *teller) total() (total, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.asked {
		total, most = total+n, max(most, n)
	}
	return total, most
}

// ibanOf is an IBAN at Melli.
func ibanOf(account string) iban.IBAN {
	number, err := iban.MakeIBAN("017", account)
	if err != nil {
		panic(err)
	}
	return number
}

// cardOf is a card of Melli.
func cardOf(rest string) iban.Card {
	card, err := iban.MakeCard("603799", rest)
	if err != nil {
		panic(err)
	}
	return card
}

// bureau is a portal with inquiries of a teller.
type bureau struct {
	*portal
	*teller
	use web.UseCases
}

func newBureau(t testing.TB) *bureau {
	t.Helper()
	b := &bureau{teller: newTeller()}
	b.portal = newPortal(t, func(p *portal, c *web.Config) {
		inquiring(p.db, &c.UseCases, b.teller)
		b.use = c.UseCases
	})
	return b
}

// limit sets everybody's limits.
func (b *bureau) limit(t testing.TB, perDay, lines int) {
	t.Helper()
	s, err := b.use.InquiryRules.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Default = inquiry.Limits{PerDay: perDay, LinesPerFile: lines}
	if err := b.use.InquiryRules.Change(t.Context(), audit.Actor{Name: "test"}, s); err != nil {
		t.Fatal(err)
	}
}

// run works on a file until it stops.
func (b *bureau) run(t testing.TB, path string) {
	t.Helper()
	var id int64
	if _, err := fmt.Sscanf(path, "/inquiries/bulk/%d", &id); err != nil {
		t.Fatal(err)
	}
	if err := b.use.BulkInquiries.Run(t.Context(), id, 4); err != nil {
		t.Fatalf("Run: %v", err)
	}
}

// part is a field of a form with a file.
type part struct{ name, file, content string }

// upload sends a form with a file.
func (b *browser) upload(path string, status int, parts []part, checks ...htmlcheck.Check) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		parameters := map[string]string{"name": p.name}
		if p.file != "" {
			parameters["filename"] = p.file
		}
		h.Set("Content-Disposition", mime.FormatMediaType("form-data", parameters))
		field, err := w.CreatePart(h)
		if err != nil {
			b.t.Fatal(err)
		}
		_, _ = io.WriteString(field, p.content) // a buffer takes everything
	}
	_ = w.Close()
	a := b.sendBody(path, w.FormDataContentType(), &body)
	if a.status != status {
		b.t.Fatalf("POST %s = %d, want %d; Location %q\n%s", path, a.status, status, a.header.Get("Location"), a.body[:min(len(a.body), 1500)])
	}
	if len(checks) > 0 {
		htmlcheck.Run(b.t, a.body, checks...)
	}
	return a
}

// sendBody posts a body of any type.
func (b *browser) sendBody(path, contentType string, body io.Reader) answer {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "https://portal.example"+path, body)
	for name, values := range b.header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", contentType)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.portal.ServeHTTP(w, r)
	return answer{status: w.Code, header: w.Header(), body: w.Body.String()}
}

// bring uploads a file that can be read, and gives the address of its draft.
func (b *browser) bring(name, content string) string {
	b.t.Helper()
	return b.upload("/inquiries/bulk", http.StatusSeeOther, []part{{"connection", "", "toman"}, {"file", name, content}, {"text", "", ""}}).header.Get("Location")
}

// start begins a draft as its page offers it.
func (b *browser) start(path string) {
	b.t.Helper()
	b.post(path+"/start", http.StatusSeeOther, url.Values{"version": {b.version(path)}, "reuse": {"1"}})
}

// version is that of the forms on a page.
func (b *browser) version(path string) string {
	b.t.Helper()
	inputs := htmlcheck.All(htmlcheck.Parse(b.t, strings.NewReader(b.get(path, http.StatusOK).body)), "input[name=version]")
	if len(inputs) == 0 {
		b.t.Fatalf("%s has no form with a version", path)
	}
	version, _ := htmlcheck.Attr(inputs[0], "value")
	return version
}

// mixed is a file with a line of every sort. Its numbers are in the second column.
func mixed() string {
	wrong := []byte(ibanOf("5").Reveal())
	wrong[8] ^= 1
	return strings.Join([]string{
		"name,number,bank,salary",
		"سارا احمدی," + ibanOf("1").Grouped() + ",,=1+1",
		"رضا," + cardOf("000000002").Grouped() + ",,2",
		"شرکت نمونه,0100123456007,Melli,3",
		"again," + ibanOf("1").Reveal() + ",,4",
		"wrong digit," + string(wrong) + ",,5",
		",,,6",
		"no bank,0100123456008,,7",
	}, "\n")
}

func TestUploadSaysWhatIsWrong(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	old := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)
	file := func(name, content string) []part { return []part{{"file", name, content}} }
	tests := []struct {
		name  string
		parts []part
		field string
		says  string
	}{
		{"nothing", []part{{"file", "", ""}, {"text", "", " \n"}}, "file", "Choose a file"},
		{"empty", file("a.csv", ""), "file", "nothing in it"},
		{"blank lines", file("a.csv", " \n,\n"), "file", "nothing in it"},
		{"old Excel", file("a.xls", old), "file", "old Excel"},
		{"PDF", file("a.pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"), "file", "PDF"},
		{"picture", file("a.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "file", "picture"},
		{"archive", file("a.rar", "Rar!\x1a\x07\x01\x00aaaaaaaaaaaa"), "file", "archive"},
		{"web page", file("a.xls", "<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table>"), "file", "web page"},
		{"binary", file("a.csv", "a,b\n\x00\x01\x02\x03\x04\x05\x06"), "file", ""},
		{"damaged workbook", file("a.xlsx", "PK\x03\x04"+strings.Repeat("x", 100)), "file", ""},
		{"open quote", file("a.csv", "number\n\"6037"), "file", "quotation mark"},
		{"too large", file("a.csv", strings.Repeat("6037990000000006\n", 1<<20)), "file", "larger than 16 MB"},
		{"two files", []part{{"file", "a.csv", "1"}, {"file", "b.csv", "2"}}, "file", "more than one file"},
		{"file and lines", []part{{"file", "a.csv", "1"}, {"text", "", "2"}}, "text", "Keep one of the two"},
		{"lines twice", []part{{"text", "", "1"}, {"text", "", "2"}}, "text", "more than once"},
		{"damaged lines", []part{{"text", "", "6037\xff\xfe"}}, "text", "damaged"},
		{"too much text", []part{{"text", "", strings.Repeat("6037990000000006\n", 1<<18)}}, "text", "more than 4 MB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sara := *sara
			sara.t = t
			field := "#f-" + tt.field
			a := sara.upload("/inquiries/bulk", http.StatusUnprocessableEntity, tt.parts, htmlcheck.In(field+"[aria-invalid=true]"), htmlcheck.In("#form-errors a[href="+field+"]"))
			if got := textOf(t, a, field+"-err"); !strings.Contains(got, tt.says) {
				t.Errorf("the field says %q, want %q", got, tt.says)
			}
			if strings.Contains(a.body, "⟦") {
				t.Error("a message is missing")
			}
		})
	}
	b.limit(t, 10, 2)
	sara.upload("/inquiries/bulk", http.StatusUnprocessableEntity, file("a.csv", mixed()), htmlcheck.In("#f-file-err", htmlcheck.HasText("7 lines. You may send 2 at once")))
	sara.upload("/inquiries/bulk", http.StatusUnprocessableEntity, []part{{"text", "", "1\n2\n3"}}, htmlcheck.In("#f-text-err", htmlcheck.HasText("3 lines")), htmlcheck.In("#f-text", htmlcheck.HasText("3")))
	if files, err := b.use.BulkInquiries.List(t.Context(), inquiry.Asker{}, 0, 10); err != nil || len(files) != 0 {
		t.Errorf("%d files were kept, %v; want none", len(files), err)
	}
}

// TestUploadRefusesWhatIsNoUpload: other types of bodies, damaged ones and floods are no forms, and nothing is kept of them.
func TestUploadRefusesWhatIsNoUpload(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	const kind = "multipart/form-data; boundary=x"
	field := func(disposition, content string) string {
		return "--x\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n"
	}
	const good, end = "6037990000000006", "--x--\r\n"
	tests := []struct {
		name, kind, body string
		status           int
	}{
		{"a form without a file", "application/x-www-form-urlencoded", "text=" + good, http.StatusUnprocessableEntity},
		{"JSON", "application/json", `{"text":"` + good + `"}`, http.StatusUnprocessableEntity},
		{"no type", "", field(`name="text"`, good) + end, http.StatusUnprocessableEntity},
		{"no boundary", "multipart/form-data", field(`name="text"`, good) + end, http.StatusUnprocessableEntity},
		{"another boundary", "multipart/form-data; boundary=y", field(`name="text"`, good) + end, http.StatusUnprocessableEntity},
		{"no end", kind, field(`name="text"`, good), http.StatusUnprocessableEntity},
		{"cut off after a field", kind, field(`name="text"`, good) + "--x", http.StatusUnprocessableEntity},
		{"nothing at all", kind, "", http.StatusUnprocessableEntity},
		{"cut off in a file", kind, field(`name="file"; filename="a.csv"`, good)[:60], http.StatusUnprocessableEntity},
		{"a field without a name", kind, field(`size=1`, good) + end, http.StatusUnprocessableEntity},
		{"a file in another field", kind, field(`name="text"; filename="a.csv"`, good) + end, http.StatusUnprocessableEntity},
		{"too many fields", kind, strings.Repeat(field(`name="a"`, ""), 33) + field(`name="text"`, good) + end, http.StatusUnprocessableEntity},
		{"a flood", kind, field(`name="file"; filename="a.csv"`, strings.Repeat("a", 65<<20)) + end, http.StatusRequestEntityTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := sara.sendBody("/inquiries/bulk", tt.kind, strings.NewReader(tt.body)); a.status != tt.status {
				t.Errorf("status %d, want %d; Location %q", a.status, tt.status, a.header.Get("Location"))
			}
		})
	}
	sara.get("/inquiries/bulk", http.StatusOK, htmlcheck.In(".empty-state"), htmlcheck.NotIn("#bulk-files"))
}

// TestUploadsGivePlacesBack: a place is given back whatever became of the upload, so that more than all places can be used one
// after the other.
func TestUploadsGivePlacesBack(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	for range 6 {
		sara.upload("/inquiries/bulk", http.StatusUnprocessableEntity, []part{{"file", "a.pdf", "%PDF-1.7"}})
		if a := sara.sendBody("/inquiries/bulk", "multipart/form-data; boundary=x", strings.NewReader("--x")); a.status != http.StatusUnprocessableEntity {
			t.Fatalf("status %d, want 422", a.status)
		}
		sara.bring("a.csv", cardOf("000000001").Reveal())
	}
}

func TestDraftIsADryRun(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	path := sara.bring("حقوق آبان.csv", mixed())
	a := sara.get(path, http.StatusOK,
		htmlcheck.In("title", htmlcheck.HasText("File 1")), htmlcheck.In("h1", htmlcheck.HasText("حقوق آبان.csv")), htmlcheck.In(".page-head", htmlcheck.HasText("\u2068UTF-8\u2069 · \u20687 lines\u2069")),
		htmlcheck.Count("#bulk-sample tbody tr", 5), htmlcheck.Count("#bulk-sample thead .badge", 3),
		htmlcheck.Count("#bulk-lines tbody tr", 3), htmlcheck.In("button[name=reuse]", htmlcheck.HasExactText("Ask 3 paid inquiries")), htmlcheck.Count("button[name=reuse]", 1),
		htmlcheck.In("select[name=column_number] option[value=1][selected]"), htmlcheck.In("select[name=column_bank] option[value=2][selected]"),
		htmlcheck.In("select[name=column_name] option[value=0][selected]"), htmlcheck.In("select[name=column_kind] option[value=2]"))
	for what, want := range map[string]string{"ready": "3", "duplicate": "1", "invalid": "3"} {
		if got := textOf(t, a, "a.tile[href="+path+"?state="+what+"] .tile-value"); strings.TrimSpace(got) != want {
			t.Errorf("%s = %q, want %s", what, got, want)
		}
	}
	rows := htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(a.body)), "#bulk-lines tbody tr")
	for i, want := range [][]string{{"6", "The check digits", "B6"}, {"7", "The number is missing.", "B7"}, {"8", "Choose a bank.", "C8"}} {
		if got := htmlcheck.Text(rows[i]); !strings.HasPrefix(strings.TrimSpace(got), want[0]) || !strings.Contains(got, want[1]) || !strings.Contains(got, want[2]) {
			t.Errorf("row %d says %q, want %v", i, got, want)
		}
	}
	sara.htmx().get(path+"?state=duplicate", http.StatusOK, htmlcheck.In("section#bulk #bulk-lines", htmlcheck.HasText("same number as in row 2")), htmlcheck.NotIn("h1"))
	sara.get(path+"?state=odd", http.StatusUnprocessableEntity)
	sara.get(path+"/result.csv", http.StatusNotFound)
	if asked, _ := b.total(); asked != 0 {
		t.Errorf("%d questions were asked, want none before the start", asked)
	}
	sara.post(path+"/cancel", http.StatusSeeOther, url.Values{})
	sara.get("/inquiries/bulk", http.StatusOK, htmlcheck.In("#bulk-files tbody tr", htmlcheck.HasText("Cancelled")))
}

func TestPastedLinesAreAFile(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	text := "\u200f" + cardOf("000000001").Grouped() + "\r\n" + ibanOf("2").Grouped() + "\r\n"
	path := sara.upload("/inquiries/bulk", http.StatusSeeOther, []part{{"connection", "", "toman"}, {"file", "", ""}, {"text", "", text}}).header.Get("Location")
	sara.get(path, http.StatusOK, htmlcheck.In("h1", htmlcheck.HasText("Pasted lines")), htmlcheck.In("button[name=reuse]", htmlcheck.HasText("2 paid")))
	sara.upload("/inquiries/bulk", http.StatusNotFound, []part{{"connection", "", "another"}, {"text", "", text}})
}

func TestColumnsAreChosen(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	path := sara.bring("a.csv", "old card,new card\n"+cardOf("000000001").Reveal()+","+cardOf("000000002").Reveal()+"\n"+cardOf("000000001").Reveal()+","+cardOf("000000003").Reveal())
	sara.get(path, http.StatusOK, htmlcheck.In("button[name=reuse]", htmlcheck.HasText("1 paid")))
	columns := func(change url.Values) url.Values {
		form := url.Values{"version": {sara.version(path)}, "column_number": {"1"}, "kind": {"number"}}
		for name, value := range change {
			form[name] = value
		}
		return form
	}
	first := columns(nil)
	sara.post(path+"/columns", http.StatusSeeOther, first)
	sara.get(path, http.StatusOK, htmlcheck.In("button[name=reuse]", htmlcheck.HasText("2 paid")), htmlcheck.In("select[name=column_number] option[value=1][selected]"))
	sara.post(path+"/columns", http.StatusSeeOther, first) // an old version changes nothing, and the page says so
	sara.get(path, http.StatusOK, htmlcheck.In(".alert", htmlcheck.HasText("changed meanwhile")))
	for field, change := range map[string]url.Values{
		"column_number": {"column_number": {"2"}}, "column_kind": {"kind": {"column"}}, "kind": {"kind": {"wage"}}, "bank": {"bank": {"99"}}, "column_name": {"column_name": {"x"}},
	} {
		sara.post(path+"/columns", http.StatusUnprocessableEntity, columns(change), htmlcheck.In("#f-"+field+"[aria-invalid=true]"), htmlcheck.In("details#bulk-columns[open]"))
	}
	sara.post(path+"/columns", http.StatusSeeOther, columns(url.Values{"kind": {"iban"}}))
	sara.get(path, http.StatusOK, htmlcheck.Count("#bulk-lines tbody tr", 2), htmlcheck.NotIn("button[name=reuse]"), htmlcheck.In("main", htmlcheck.HasText("nothing to ask")))
}

func TestLimitsAreSaidAndHeld(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	b.limit(t, 2, 100)
	path := sara.bring("a.csv", mixed())
	sara.get(path, http.StatusOK, htmlcheck.NotIn("button[name=reuse]"), htmlcheck.In(".alert", htmlcheck.HasText("needs 3 paid inquiries and 2 are left")))
	sara.post(path+"/start", http.StatusTooManyRequests, url.Values{"version": {sara.version(path)}, "reuse": {"1"}}, htmlcheck.In("#form-errors", htmlcheck.HasText("2 left, 3 needed")))
	if asked, _ := b.total(); asked != 0 {
		t.Errorf("%d questions were asked, want none", asked)
	}
}

func TestStartTwiceIsOnce(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	path := sara.bring("a.csv", mixed())
	form := url.Values{"version": {sara.version(path)}, "reuse": {"1"}}
	var group sync.WaitGroup
	for range 4 {
		browser := *sara
		browser.cookies = map[string]*http.Cookie{}
		for name, c := range sara.cookies {
			browser.cookies[name] = c
		}
		group.Go(func() {
			if a := browser.send(http.MethodPost, path+"/start", form); a.status != http.StatusSeeOther || a.header.Get("Location") != path {
				t.Errorf("start = %d to %q, want 303 to the file", a.status, a.header.Get("Location"))
			}
		})
	}
	group.Wait()
	b.run(t, path)
	sara.post(path+"/start", http.StatusSeeOther, form)
	sara.get(path, http.StatusOK, htmlcheck.In(".alert", htmlcheck.HasText("done already")))
	if asked, most := b.total(); asked != 3 || most != 1 {
		t.Errorf("%d questions were asked, one of them %d times; want 3, each once", asked, most)
	}
	allowance, err := b.use.InquiryRules.Allowance(t.Context(), inquiry.Asker{Actor: audit.Actor{UserID: 1}})
	if err != nil || allowance.Used != 3 {
		t.Errorf("used = %d, %v; want 3", allowance.Used, err)
	}
}

func TestFileIsPausedGoneOnWithAndCancelled(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	path := sara.bring("a.csv", mixed())
	sara.post(path+"/pause", http.StatusSeeOther, url.Values{}) // a draft cannot be paused
	sara.get(path, http.StatusOK, htmlcheck.In(".alert", htmlcheck.HasText("present state")))
	sara.start(path)
	sara.get(path, http.StatusOK, htmlcheck.In("#bulk form[action="+path+"/pause]"), htmlcheck.In("#bulk-poll"), htmlcheck.In("#bulk-stop[popover]"), htmlcheck.In("#bulk", htmlcheck.HasText("Waits for its turn")))
	sara.post(path+"/pause", http.StatusSeeOther, url.Values{})
	b.run(t, path)
	sara.get(path, http.StatusOK, htmlcheck.In("#bulk form[action="+path+"/resume]"), htmlcheck.NotIn("#bulk-poll"), htmlcheck.In("#bulk .badge", htmlcheck.HasText("Paused")))
	if asked, _ := b.total(); asked != 0 {
		t.Errorf("%d questions were asked of a paused file", asked)
	}
	sara.post(path+"/resume", http.StatusSeeOther, url.Values{})
	sara.post(path+"/cancel", http.StatusSeeOther, url.Values{})
	b.run(t, path)
	sara.get(path, http.StatusOK, htmlcheck.NotIn("#bulk form"), htmlcheck.NotIn("#bulk-stop"), htmlcheck.In("#bulk .badge", htmlcheck.HasText("Cancelled")))
	if asked, _ := b.total(); asked != 0 {
		t.Errorf("%d questions were asked of a cancelled file", asked)
	}
}

func TestProgressIsAskedFor(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	path := sara.bring("a.csv", mixed())
	sara.start(path)
	page := htmlcheck.Parse(t, strings.NewReader(sara.get(path+"?state=answered", http.StatusOK).body))
	poll, _ := htmlcheck.Attr(htmlcheck.All(page, "#bulk-poll")[0], "hx-get")
	sara.htmx().get(poll, http.StatusNoContent)
	if to := sara.get(poll, http.StatusSeeOther).header.Get("Location"); to != path+"?state=answered" {
		t.Errorf("without htmx it leads to %q, want the page with its filter", to)
	}
	b.run(t, path)
	sara.htmx().get(poll, http.StatusOK, htmlcheck.In("section#bulk progress[aria-valuenow=100]"), htmlcheck.NotIn("h1"), htmlcheck.NotIn("#bulk-poll"),
		htmlcheck.Count("#bulk-lines tbody tr", 3), htmlcheck.In(".chip", htmlcheck.HasText("Answered")))
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	b := newBureau(t)
	sara, reza := b.user(t, "sara", access.Finance), b.user(t, "reza", access.Finance)
	draft, running := sara.bring("a.csv", mixed()), sara.bring("b.csv", mixed())
	sara.start(running)
	for _, route := range b.Routes() {
		if !strings.HasPrefix(route.Pattern, "/inquiries/bulk/{id}") {
			continue
		}
		for _, path := range []string{draft, running, "/inquiries/bulk/x", "/inquiries/bulk/4711"} {
			address := strings.Replace(route.Pattern, "/inquiries/bulk/{id}", path, 1)
			if a := reza.send(route.Method, address, url.Values{"version": {"1"}}); a.status != http.StatusNotFound {
				t.Errorf("%s %s = %d, want 404", route.Method, address, a.status)
			}
		}
	}
	reza.get("/inquiries/bulk", http.StatusOK, htmlcheck.In(".empty-state"), htmlcheck.NotIn("#bulk-files"))
	b.user(t, "clerk", access.Support).get(draft, http.StatusForbidden)
}

// TestResultsHaveEverything reads the downloads back, with the reader that reads uploads, and compares them with what was
// brought and what the provider said.
func TestResultsHaveEverything(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	refused := cardOf("000000009")
	b.refuse[inquiry.AskCard(refused).Identity()] = &errs.Error{Kind: errs.Declined, Op: "inquire", Msg: "errs.declined"}
	brought := mixed() + "\nunknown," + refused.Reveal() + ",,8\n"
	path := sara.bring("a.csv", brought)
	sara.start(path)
	b.run(t, path)
	sara.get(path, http.StatusOK, htmlcheck.Count("#bulk-lines tbody tr", 8), htmlcheck.NotIn("#bulk-poll"), htmlcheck.In("#bulk", htmlcheck.HasText("8 of 8 lines")))

	original, err := csv.NewReader(strings.NewReader(brought)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	first := answerTo(inquiry.AskIBAN(ibanOf("1")))
	for _, format := range []string{"csv", "xlsx"} {
		a := sara.get(path+"/result."+format, http.StatusOK)
		if _, p, err := mime.ParseMediaType(a.header.Get("Content-Disposition")); err != nil || !strings.HasPrefix(p["filename"], "inquiries-bulk_1_") || !strings.HasSuffix(p["filename"], "."+format) {
			t.Errorf("%s: Content-Disposition %q, %v", format, a.header.Get("Content-Disposition"), err)
		}
		got := rowsOf(t, a.body)
		if len(got) != len(original) {
			t.Fatalf("%s has %d rows, want %d", format, len(got), len(original))
		}
		for i, row := range original {
			for j, want := range row {
				if format == "csv" && strings.HasPrefix(want, "=") {
					want = "'" + want
				}
				if got[i][j] != want {
					t.Errorf("%s row %d column %d = %q, want %q as it came", format, i, j, got[i][j], want)
				}
			}
		}
		at := func(row int, heading string) string { return got[row][slices.Index(got[0], heading)] }
		for _, want := range []struct {
			row           int
			heading, text string
		}{
			{1, "Number as asked", ibanOf("1").Reveal()},
			{1, "Answer: IBAN", first.IBAN},
			{1, "Answer: account number", first.Deposit},
			{1, "Answer: state", first.State},
			{1, "Answer: owners", "سارا احمدی; شرکت نمونه"},
			{1, "Name compared", "Match"},
			{1, "Outcome", "Answered"},
			{1, "Bank of the number", "Melli"},
			{2, "Number as asked", cardOf("000000002").Reveal()},
			{2, "Answer: IBAN", answerTo(inquiry.AskCard(cardOf("000000002"))).IBAN},
			{2, "Name compared", ""},
			{3, "Kind of inquiry", "Account number"},
			{3, "Answer: state", "غیرفعال"},
			{4, "Outcome", "Repeated"},
			{4, "Answer: IBAN", first.IBAN},
			{4, "Reason", "The same number as in row 2."},
			{4, "Name compared", "Differs"},
			{5, "Outcome", "Cannot be sent"},
			{5, "Answer: IBAN", ""},
			{6, "Reason", "The number is missing. (B7)"},
			{8, "Outcome", "No answer"},
			{8, "Answer: IBAN", ""},
		} {
			if got := at(want.row, want.heading); got != want.text {
				t.Errorf("%s row %d %s = %q, want %q", format, want.row, want.heading, got, want.text)
			}
		}
		if reason := at(8, "Reason"); !strings.Contains(reason, "refused it") {
			t.Errorf("%s: the refused line says %q, want why", format, reason)
		}
		if comment, want := at(1, "Answer: comment"), map[string]string{"csv": "'=1+1", "xlsx": "=1+1"}[format]; comment != want {
			t.Errorf("%s: the bank's formula came as %q, want %q as text", format, comment, want)
		}
	}
	entries, _, err := b.use.Audit.Search(t.Context(), audit.Filter{Act: "inquiry.bulk_download", Limit: 10})
	if err != nil || len(entries) != 2 || entries[0].Object != "inquiry_bulk:1" {
		t.Errorf("%d entries of downloads, %v; want one for each", len(entries), err)
	}
	for _, secret := range []string{ibanOf("1").Reveal(), refused.Reveal(), "0100123456007", "احمدی", "a.csv"} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// rowsOf reads a table with the reader of uploads. In a spreadsheet every cell must be text.
func rowsOf(t *testing.T, content string) (rows [][]string) {
	t.Helper()
	table, err := sheet.Read("result", strings.NewReader(content), int64(len(content)), sheet.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	for r := range table.Rows() {
		row := make([]string, table.Columns())
		for c := range row {
			cell := table.Cell(r, c)
			if row[c] = cell.Text; cell.Numeric || cell.Formula || cell.Rounded {
				t.Errorf("row %d column %d is no plain text", r, c)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func TestResultsInPersian(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	sara.post("/account/preferences", http.StatusSeeOther, url.Values{"lang": {"fa"}, "return": {"/"}})
	path := sara.bring("a.csv", mixed())
	sara.start(path)
	b.run(t, path)
	book, err := excelize.OpenReader(strings.NewReader(sara.get(path+"/result.xlsx", http.StatusOK).body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	name := book.GetSheetName(0)
	view, err := book.GetSheetView(name, 0)
	if err != nil || view.RightToLeft == nil || !*view.RightToLeft || name != "نتیجه‌ها" {
		t.Errorf("sheet %q, right to left %v, %v; want a Persian one", name, view.RightToLeft, err)
	}
	if head, err := book.GetRows(name); err != nil || !slices.Contains(head[0], "پاسخ: شبا") {
		t.Errorf("the head is %v, %v; want Persian headings", head, err)
	}
}

// TestTemplateIsReadAsItIs brings the templates back: every line of theirs can be sent.
func TestTemplateIsReadAsItIs(t *testing.T) {
	b := newBureau(t)
	for lang, name := range map[string]string{"en": "sara", "fa": "reza"} {
		who := b.user(t, name, access.Finance)
		who.post("/account/preferences", http.StatusSeeOther, url.Values{"lang": {lang}, "return": {"/"}})
		for _, format := range []string{"csv", "xlsx"} {
			path := who.bring("template."+format, who.get("/inquiries/bulk/template."+format, http.StatusOK).body)
			a := who.get(path, http.StatusOK, htmlcheck.Count("#bulk-sample thead .badge", 4), htmlcheck.Count("#bulk-sample tbody tr", 3))
			if ready := textOf(t, a, "a.tile[href="+path+"?state=ready] .tile-value"); strings.TrimSpace(textin.FoldDigits(ready)) != "3" {
				t.Errorf("%s %s: %s lines can be sent, want 3", lang, format, ready)
			}
		}
	}
}

func TestFreshAnswersAreUsedOrNot(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	first := sara.bring("a.csv", ibanOf("1").Reveal()+"\n"+ibanOf("2").Reveal())
	sara.start(first)
	b.run(t, first)
	second := sara.bring("b.csv", ibanOf("1").Reveal()+"\n"+ibanOf("3").Reveal())
	sara.get(second, http.StatusOK, htmlcheck.In("button[name=reuse][value=1]", htmlcheck.HasExactText("Earlier answers: 1. Ask 1 paid inquiry")),
		htmlcheck.In("button[name=reuse][value=0]", htmlcheck.HasExactText("Ask all anew: 2 paid inquiries")))
	sara.start(second)
	b.run(t, second)
	sara.get(second, http.StatusOK, htmlcheck.In("#bulk-lines .badge", htmlcheck.HasText("Earlier answer")))
	if rows := rowsOf(t, sara.get(second+"/result.csv", http.StatusOK).body); rows[1][slices.Index(rows[0], "Age of an earlier answer")] == "" || rows[2][slices.Index(rows[0], "Age of an earlier answer")] != "" {
		t.Errorf("ages are %q, want one for the earlier answer alone", rows)
	}
	third := sara.bring("c.csv", ibanOf("1").Reveal()+"\n"+ibanOf("2").Reveal())
	sara.get(third, http.StatusOK, htmlcheck.In("button[name=reuse][value=1]", htmlcheck.HasText("at no cost")))
	sara.post(third+"/start", http.StatusSeeOther, url.Values{"version": {sara.version(third)}, "reuse": {"0"}})
	b.run(t, third)
	if asked, most := b.total(); asked != 5 || most != 2 {
		t.Errorf("%d questions were asked, one %d times; want 5, two of them anew", asked, most)
	}
}

func TestFailuresAreAskedAgain(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	down, lost := inquiry.AskIBAN(ibanOf("2")).Identity(), inquiry.AskIBAN(ibanOf("3")).Identity()
	b.refuse[down] = errs.New(errs.Forbidden, "inquire", "provider.user_refused", nil)
	b.refuse[lost] = errs.New(errs.Indeterminate, "inquire", "", nil)
	path := sara.bring("a.csv", ibanOf("1").Reveal()+"\n"+ibanOf("2").Reveal()+"\n"+ibanOf("3").Reveal())
	sara.start(path)
	b.run(t, path)
	sara.get(path, http.StatusOK, htmlcheck.In("#bulk form[action="+path+"/retry] button", htmlcheck.HasText("Ask 1 failure again")), htmlcheck.In("input[name=lost]"),
		htmlcheck.In("#bulk .alert", htmlcheck.HasText("may have been charged")))
	delete(b.refuse, down)
	sara.post(path+"/retry", http.StatusSeeOther, url.Values{"version": {sara.version(path)}})
	b.run(t, path)
	if b.asked[down] != 2 || b.asked[lost] != 1 {
		t.Errorf("the failure was asked %d times and the lost one %d; want 2 and 1", b.asked[down], b.asked[lost])
	}
	sara.post(path+"/retry", http.StatusUnprocessableEntity, url.Values{"version": {sara.version(path)}}, htmlcheck.In("#form-errors a[href=#f-lost]"))
	delete(b.refuse, lost)
	sara.post(path+"/retry", http.StatusSeeOther, url.Values{"version": {sara.version(path)}, "lost": {"on"}})
	b.run(t, path)
	if b.asked[lost] != 2 {
		t.Errorf("the lost one was asked %d times, want 2", b.asked[lost])
	}
	sara.get(path, http.StatusOK, htmlcheck.NotIn("#bulk form"), htmlcheck.NotIn("#bulk .alert"))
}

func TestLinesArePaged(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	var lines strings.Builder
	for i := range 230 {
		lines.WriteString(ibanOf(fmt.Sprint(i)).Reveal() + "\n")
	}
	path := sara.bring("a.csv", lines.String())
	sara.start(path)
	b.run(t, path)
	seen, next := 0, path
	for next != "" {
		page := htmlcheck.Parse(t, strings.NewReader(sara.get(next, http.StatusOK).body))
		seen += len(htmlcheck.All(page, "#bulk-lines tbody tr"))
		next = ""
		for _, link := range htmlcheck.All(page, "a[rel=next]") {
			next, _ = htmlcheck.Attr(link, "href")
		}
	}
	if seen != 230 {
		t.Errorf("%d lines on all pages, want 230", seen)
	}
	if rows := rowsOf(t, sara.get(path+"/result.csv", http.StatusOK).body); len(rows) != 231 {
		t.Errorf("the download has %d rows, want 230 and a head", len(rows))
	}
}

func TestFilesWithoutAConnection(t *testing.T) {
	p := newPortal(t, func(p *portal, c *web.Config) {
		inquiring(p.db, &c.UseCases, nowhere{})
		c.InquiryConnections = func(context.Context) ([]web.OfferedConnection, error) { return nil, nil }
	})
	p.user(t, "sara", access.Finance).get("/inquiries/bulk", http.StatusOK, htmlcheck.In(".empty-state", htmlcheck.HasText("No connection for inquiries")), htmlcheck.NotIn("input[type=file]"))
}
