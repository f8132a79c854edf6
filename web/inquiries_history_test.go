package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/htmlcheck"
	"payportal/internal/inquiry"
)

// asks puts single questions of a person's into the history, and gives their ids.
func (b *bureau) asks(t testing.TB, by inquiry.Asker, questions ...inquiry.Question) (ids []int64) {
	t.Helper()
	for _, q := range questions {
		result, err := b.use.Inquiries.Ask(t.Context(), by, inquiry.Ask{Key: command.NewKey(), ConnectionID: inquiryConn, Question: q, Again: true})
		if err != nil {
			t.Fatalf("Ask: %v", err)
		}
		ids = append(ids, result.Record.ID)
	}
	return ids
}

// askerNamed is a person of the history.
func askerNamed(id int64, name string) inquiry.Asker {
	return inquiry.Asker{Actor: audit.Actor{UserID: id, Name: name}}
}

func account(t testing.TB, text string, bank int) inquiry.Question {
	t.Helper()
	q, err := inquiry.ReadQuestion(inquiry.Account, text, bank)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestHistoryIsFiltered(t *testing.T) {
	b := newBureau(t)
	auditor := b.user(t, "auditor", access.Auditor)
	refused := inquiry.AskCard(cardOf("000000009"))
	b.refuse[refused.Identity()] = errs.New(errs.Declined, "inquire", "errs.declined", nil)
	b.asks(t, askerNamed(1, "auditor"), inquiry.AskIBAN(ibanOf("1")), inquiry.AskIBAN(ibanOf("2")), refused)
	b.asks(t, askerNamed(2, "reza"), account(t, "0100123456007", 2))
	today, tomorrow := time.Now().In(time.FixedZone("", 3*3600+1800)).Format(time.DateOnly), time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	for query, rows := range map[string]int{
		"": 4, "kind=iban": 2, "kind=card": 1, "outcome=answered": 3, "outcome=refused": 1, "user=2": 1, "kind=iban&user=2": 0,
		"from=" + today: 4, "to=" + today: 4, "from=" + tomorrow: 0, "after=2": 1,
	} {
		path := "/inquiries/history?" + query
		if rows == 0 {
			auditor.get(path, http.StatusOK, htmlcheck.In(".empty-state a[href=/inquiries/history]"))
			continue
		}
		auditor.get(path, http.StatusOK, htmlcheck.Count("#inquiry-history-table tbody tr", rows))
	}
	auditor.htmx().get("/inquiries/history?kind=iban&outcome=answered", http.StatusOK, htmlcheck.In("section#inquiry-history"), htmlcheck.NotIn("h1"), htmlcheck.Count("#inquiry-history .chip", 2))
	for query, field := range map[string]string{"kind=loan": "kind", "outcome=fine": "outcome", "user=x": "user", "from=2025-13-40": "from", "from=2025-02-02&to=2025-01-01": "to"} {
		auditor.get("/inquiries/history?"+query, http.StatusUnprocessableEntity, htmlcheck.In("#f-"+field+"[aria-invalid=true]"), htmlcheck.In("#form-errors a[href=#f-"+field+"]"))
	}
	a := auditor.get("/inquiries/history", http.StatusOK, htmlcheck.In("#inquiry-history-table", htmlcheck.HasText("Melli")))
	for _, number := range []string{ibanOf("1").Reveal(), ibanOf("1").Grouped(), cardOf("000000009").Reveal(), "0100123456007", "احمدی"} {
		if strings.Contains(a.body, number) {
			t.Errorf("the list shows %q, want it masked", number)
		}
	}
	if !strings.Contains(a.body, ibanOf("1").Masked()) {
		t.Error("the list lacks the masked number")
	}
	b.user(t, "clerk", access.Support).get("/inquiries/history", http.StatusForbidden, htmlcheck.In("main", htmlcheck.HasText("inquiry.history")))
}

// TestHistoryIsSearchedByNumber: whatever the spelling, the row is found, and the number is in no address, header and log.
func TestHistoryIsSearchedByNumber(t *testing.T) {
	b := newBureau(t)
	auditor := b.user(t, "auditor", access.Auditor)
	number, card := ibanOf("123456"), cardOf("000000042")
	ids := b.asks(t, askerNamed(2, "reza"), inquiry.AskIBAN(number), inquiry.AskIBAN(ibanOf("2")), inquiry.AskCard(card), account(t, "100-55-1234567", 2))
	persian := strings.NewReplacer("0", "۰", "1", "۱", "2", "۲", "3", "۳", "4", "۴", "5", "۵", "6", "۶", "7", "۷", "8", "۸", "9", "۹")
	for typed, id := range map[string]int64{
		number.Reveal(): ids[0], number.Grouped(): ids[0], strings.ToLower(number.Reveal()): ids[0], number.Reveal()[2:]: ids[0],
		"\u200f" + persian.Replace(number.Grouped()): ids[0], card.Grouped(): ids[2], strings.ReplaceAll(card.Grouped(), " ", "-"): ids[2], "100-55-1234567": ids[3],
	} {
		a := auditor.post("/inquiries/history/search", http.StatusOK, url.Values{"number": {typed}}, htmlcheck.Count("#inquiry-history-table tbody tr", 1),
			htmlcheck.In(fmt.Sprintf("#inquiry-history-table a[href=/inquiries/history/%d]", id)), htmlcheck.Count("#inquiry-history .chip", 1))
		for _, link := range htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(a.body)), "a") {
			if href, _ := htmlcheck.Attr(link, "href"); strings.Contains(href, "1234") || strings.Contains(href, card.Reveal()) {
				t.Errorf("the number stands in the address %q", href)
			}
		}
	}
	if log := b.log.String(); strings.Contains(log, number.Reveal()) || strings.Contains(log, card.Reveal()) || strings.Contains(log, "1234567") {
		t.Error("the number is in the log")
	}
	auditor.post("/inquiries/history/search?kind=card", http.StatusOK, url.Values{"number": {number.Reveal()}}, htmlcheck.In(".empty-state"))
	for _, typed := range []string{"", "6037", "not a number", strings.Repeat("1", 300)} {
		auditor.post("/inquiries/history/search", http.StatusUnprocessableEntity, url.Values{"number": {typed}}, htmlcheck.In("#f-number[aria-invalid=true]"), htmlcheck.NotIn("#inquiry-history-table"))
	}
	auditor.post("/inquiries/history/search", http.StatusUnprocessableEntity, url.Values{"number": {"1", "2"}})
	if to := auditor.get("/inquiries/history/search?kind=card", http.StatusSeeOther).header.Get("Location"); to != "/inquiries/history?kind=card" {
		t.Errorf("opening the address of a search leads to %q, want the list", to)
	}
	auditor.get("/inquiries/history?number="+url.QueryEscape(number.Reveal()), http.StatusOK, htmlcheck.Count("#inquiry-history-table tbody tr", 4)) // it is no filter
}

func TestHistoryIsPaged(t *testing.T) {
	b := newBureau(t)
	auditor := b.user(t, "auditor", access.Auditor)
	same := inquiry.AskIBAN(ibanOf("1"))
	for range 60 {
		b.asks(t, askerNamed(2, "reza"), same)
	}
	page := auditor.get("/inquiries/history", http.StatusOK, htmlcheck.Count("#inquiry-history-table tbody tr", 50))
	next, _ := htmlcheck.Attr(htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(page.body)), "a[rel=next]")[0], "href")
	auditor.get(next, http.StatusOK, htmlcheck.Count("#inquiry-history-table tbody tr", 10), htmlcheck.NotIn("a[rel=next]"))

	page = auditor.post("/inquiries/history/search", http.StatusOK, url.Values{"number": {ibanOf("1").Grouped()}}, htmlcheck.Count("#inquiry-history-table tbody tr", 50))
	form := url.Values{}
	for _, input := range htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(page.body)), "#inquiry-history form.pager input") {
		name, _ := htmlcheck.Attr(input, "name")
		value, _ := htmlcheck.Attr(input, "value")
		form.Set(name, value)
	}
	auditor.post("/inquiries/history/search", http.StatusOK, form, htmlcheck.Count("#inquiry-history-table tbody tr", 10), htmlcheck.NotIn("form.pager"))
}

func TestRevealNeedsARightAndAReason(t *testing.T) {
	b := newBureau(t)
	sara, auditor, operations := b.user(t, "sara", access.Finance), b.user(t, "auditor", access.Auditor), b.user(t, "operations", access.Operations)
	id := b.asks(t, askerNamed(1, "sara"), inquiry.AskIBAN(ibanOf("123456")))[0]
	path := fmt.Sprintf("/inquiries/history/%d", id)
	hidden := []string{ibanOf("123456").Reveal(), ibanOf("123456").Grouped(), "احمدی", "0100"}
	closed := func(a answer) {
		t.Helper()
		for _, text := range hidden {
			if strings.Contains(a.body, text) {
				t.Errorf("the page shows %q without a reveal", text)
			}
		}
	}
	closed(sara.get(path+"?list=kind%3Diban", http.StatusOK, htmlcheck.In("form[action="+path+"/reveal] #f-reason"), htmlcheck.In("a[href=/inquiries/history?kind=iban]"), htmlcheck.In("dl", htmlcheck.HasText(ibanOf("123456").Masked()))))
	for _, reason := range []string{"", "abc", strings.Repeat("x", 201), "a\u202eb because"} {
		closed(sara.post(path+"/reveal", http.StatusUnprocessableEntity, url.Values{"reason": {reason}}, htmlcheck.In("#f-reason[aria-invalid=true]")))
	}
	if asked := b.revealed(t); len(asked) != 0 {
		t.Errorf("%d entries, want none before a reveal", len(asked))
	}
	a := sara.post(path+"/reveal", http.StatusOK, url.Values{"reason": {"refund of order 12"}}, htmlcheck.In("main", htmlcheck.HasText("written to the audit trail")),
		htmlcheck.In("main", htmlcheck.HasText("سارا احمدی")), htmlcheck.In("button[data-copy="+ibanOf("123456").Reveal()+"]"), htmlcheck.NotIn("#f-reason"))
	if !strings.Contains(a.body, ibanOf("123456").Grouped()) || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page lacks the number, or may be stored: Cache-Control %q", a.header.Get("Cache-Control"))
	}
	entries := b.revealed(t)
	if len(entries) != 1 || entries[0].Object != fmt.Sprintf("inquiry:%d", id) || entries[0].Name != "sara" || !strings.Contains(fmt.Sprintf("%s", entries[0].After), "refund of order 12") {
		t.Errorf("entries = %+v, want one of sara's with the reason", entries)
	}
	auditor.get("/admin/audit?act=inquiry.reveal", http.StatusOK, htmlcheck.In("#audit-table a[href="+path+"]"))
	for _, person := range []*browser{auditor, operations} {
		person.post(path+"/reveal", http.StatusForbidden, url.Values{"reason": {"out of curiosity"}})
	}
	closed(auditor.get(path, http.StatusOK, htmlcheck.NotIn("#f-reason")))
	for _, gone := range []string{"/inquiries/history/4711", "/inquiries/history/x"} {
		sara.get(gone, http.StatusNotFound)
		sara.post(gone+"/reveal", http.StatusNotFound, url.Values{"reason": {"refund of order 12"}})
	}
	for _, text := range hidden {
		if strings.Contains(b.log.String(), text) {
			t.Errorf("%q is in the log", text)
		}
	}
}

// revealed are the entries of reveals.
func (b *bureau) revealed(t *testing.T) []audit.Entry {
	t.Helper()
	entries, _, err := b.use.Audit.Search(t.Context(), audit.Filter{Act: "inquiry.reveal", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestRevealOfAQuestionWithoutAnAnswer(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	lost := inquiry.AskCard(cardOf("000000009"))
	b.refuse[lost.Identity()] = errs.New(errs.Indeterminate, "inquire", "", nil)
	id := b.asks(t, askerNamed(1, "sara"), lost)[0]
	path := fmt.Sprintf("/inquiries/history/%d", id)
	sara.get(path, http.StatusOK, htmlcheck.In(".alert", htmlcheck.HasText("may charge for it")))
	sara.post(path+"/reveal", http.StatusOK, url.Values{"reason": {"refund of order 12"}}, htmlcheck.In("button[data-copy="+cardOf("000000009").Reveal()+"]"))
}

func TestForgottenQuestionsAreStillListed(t *testing.T) {
	b := newBureau(t)
	sara := b.user(t, "sara", access.Finance)
	id := b.asks(t, askerNamed(1, "sara"), inquiry.AskIBAN(ibanOf("1")))[0]
	if _, err := b.db.Writer().ExecContext(t.Context(), "UPDATE inquiries SET asked_at = asked_at - 91 * 86400 * 1000000"); err != nil {
		t.Fatal(err)
	}
	if n, err := b.use.InquiryHistory.Forget(t.Context()); err != nil || n != 1 {
		t.Fatalf("Forget = %d, %v; want 1", n, err)
	}
	path := fmt.Sprintf("/inquiries/history/%d", id)
	sara.get("/inquiries/history", http.StatusOK, htmlcheck.In("#inquiry-history-table tbody tr", htmlcheck.HasText("deleted")), htmlcheck.In("#inquiry-history-table .badge", htmlcheck.HasText("Answered")))
	sara.post("/inquiries/history/search", http.StatusOK, url.Values{"number": {ibanOf("1").Reveal()}}, htmlcheck.Count("#inquiry-history-table tbody tr", 1)) // its hash is kept
	sara.get(path, http.StatusOK, htmlcheck.In("main", htmlcheck.HasText("kept for 90 days")), htmlcheck.NotIn("#f-reason"))
	sara.post(path+"/reveal", http.StatusNotFound, url.Values{"reason": {"refund of order 12"}})
}

// TestHistoryLeadsToOnesOwnFile: the file that a question came from is linked for its owner alone.
func TestHistoryLeadsToOnesOwnFile(t *testing.T) {
	b := newBureau(t)
	sara, auditor := b.user(t, "sara", access.Finance), b.user(t, "auditor", access.Auditor)
	file := sara.bring("a.csv", ibanOf("1").Reveal())
	sara.start(file)
	b.run(t, file)
	sara.get("/inquiries/history/1", http.StatusOK, htmlcheck.In("dl a[href="+file+"]"))
	auditor.get("/inquiries/history/1", http.StatusOK, htmlcheck.In("dl", htmlcheck.HasText("File 1")), htmlcheck.NotIn("dl a[href="+file+"]"))
}
