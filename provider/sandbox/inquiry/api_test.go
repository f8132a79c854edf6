package inquiry_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"payportal/provider/sandbox"
	"payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
)

// api is a started provider and a client of it that is signed in with some scopes.
type api struct {
	*toman.Toman
	t     *testing.T
	token string
}

// sample is a moment at which the rules give the document's sample: Monday, 2 Mehr 1403, 16:10 in Tehran.
var sample = time.Date(2024, 9, 23, 12, 40, 0, 0, time.UTC)

func start(t *testing.T, change ...func(*toman.Config)) *api {
	t.Helper()
	cfg := toman.Config{Clock: sandbox.FrozenClock(sample), Seed: pspreporting.SeedConfig{Payments: 1}}
	for _, c := range change {
		c(&cfg)
	}
	p, err := toman.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	a := &api{Toman: p, t: t}
	a.token = a.signIn(strings.Join(inquiry.Scopes(), " "))
	return a
}

func (a *api) signIn(scope string) string {
	a.t.Helper()
	resp, err := http.PostForm(a.AuthURL+"/oauth2/token/", url.Values{
		"grant_type": {"password"}, "username": {toman.Username}, "password": {toman.Password},
		"client_id": {toman.ClientID}, "client_secret": {toman.ClientSecret}, "scope": {scope},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		a.t.Fatalf("sign in for %s: got %d %v, %v", scope, resp.StatusCode, out, err)
	}
	return out["access_token"].(string)
}

func (a *api) raw(method, path, body, token string) (*http.Response, string) {
	a.t.Helper()
	req, err := http.NewRequest(method, a.InquiryURL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req) // redirects are looked at, not followed
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp, string(text)
}

// ask posts an inquiry and wants its answer exactly.
func (a *api) ask(path, body string, status int, want string) {
	a.t.Helper()
	resp, text := a.raw("POST", path, body, a.token)
	if resp.StatusCode != status || text != want {
		a.t.Errorf("%s %s:\ngot  %d %s\nwant %d %s", path, body, resp.StatusCode, text, status, want)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		a.t.Errorf("%s: got Content-Type %q", path, got)
	}
}

// tell posts an inquiry and gives the fields of its answer.
func (a *api) tell(path, body string) map[string]any {
	a.t.Helper()
	resp, text := a.raw("POST", path, body, a.token)
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil || resp.StatusCode != http.StatusOK {
		a.t.Fatalf("%s %s: got %d %s, want 200 and JSON (%v)", path, body, resp.StatusCode, text, err)
	}
	return out
}

func (a *api) control(want int, method, path, body string) string {
	a.t.Helper()
	req, err := http.NewRequest(method, strings.TrimSuffix(a.InquiryURL, inquiry.BasePath)+"/_control/inquiry"+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		a.t.Fatalf("control %s: got %d %s, want %d", path, resp.StatusCode, text, want)
	}
	return string(text)
}

const (
	cardPath    = "/card_to_iban/"
	accountPath = "/account_number_to_iban/"
	ibanPath    = "/iban_inquiry/"
	wagePath    = "/wage-estimation/"
)

func TestDocumentedAnswers(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.ask(cardPath, `{"card_number":"6037997324567321"}`, 200, `{"card_number":"6037997324567321","iban":"IR900170000000732456732147"}`)
	// The document's answer, but for the IBAN: the sample's has a digit too many.
	company := `{"iban":"IR900170000000732456732147","deposit":"732456732147","deposit_description":"حساب فعال است","deposit_comment":"",` +
		`"bank_name":"بانک ملی ایران","bank_id":"2","deposit_owners":[{"firstName":"","lastName":"الکام توسعه آماد"}],"error_description":"بدون خطا"}`
	a.ask(accountPath, `{"account_number":"732456732147","bank_id":2}`, 200, company)
	a.ask(accountPath, `{"account_number":"0073-245673.21/47","bank_id":"2","later":1}`, 200, company)
	a.ask(ibanPath, `{"iban":"IR900170000000732456732147"}`, 200, company)
	a.ask(wagePath, `{"amount":700000000,"source_bank_id":1,"destination_bank_id":2}`, 200,
		`{"paya":{"active":true,"wage":30000,"estimated_time":"1403-07-02T18:45:00"},"satna":{"active":true,"wage":140000,"estimated_time":"1403-07-03T07:00:00"},`+
			`"a2a":{"active":false,"wage":0,"estimated_time":null}}`)
}

func TestWellKnownNumbers(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.Inquiry.SetSlowBank(0)
	a.ask(cardPath, body("card_number", inquiry.PersonCard), 200, `{"card_number":"6104330451908761","iban":"`+inquiry.PersonIBAN+`"}`)
	for _, tt := range []struct{ iban, want string }{
		{inquiry.PersonIBAN, "حساب فعال است [map[firstName:زهرا lastName:محمدی]]"},
		{inquiry.JointIBAN, "حساب فعال است [map[firstName:علی lastName:رضایی] map[firstName:مریم lastName:رضایی]]"},
		{inquiry.ArabicIBAN, "حساب فعال است [map[firstName:سيد علي lastName:كريمي]]"},
		{inquiry.InactiveIBAN, "حساب غیرفعال است"},
		{inquiry.BlockedIBAN, "حساب مسدود است"},
		{inquiry.ClosedIBAN, "حساب بسته شده است"},
		{inquiry.SlowIBAN, "حساب فعال است"},
	} {
		got := a.tell(ibanPath, body("iban", tt.iban))
		if text := fmt.Sprint(got["deposit_description"], " ", got["deposit_owners"]); !strings.HasPrefix(text, tt.want) || got["error_description"] != "بدون خطا" {
			t.Errorf("%s: got %s, want %s", tt.iban, text, tt.want)
		}
	}
	account := a.tell(accountPath, `{"account_number":"`+inquiry.PersonAccount+`","bank_id":3}`)
	if account["iban"] != inquiry.PersonIBAN {
		t.Errorf("PersonAccount: got %v, want PersonIBAN", account)
	}
	a.ask(ibanPath, body("iban", inquiry.UnknownIBAN), 400, `{"error_description":"حساب با این مشخصات یافت نشد"}`)
	a.ask(accountPath, `{"account_number":"`+inquiry.UnknownAccount+`","bank_id":2}`, 400, `{"error_description":"حساب با این مشخصات یافت نشد"}`)
	a.ask(cardPath, body("card_number", inquiry.UnknownCard), 400, `{"error_description":"کارت یافت نشد"}`)
	a.ask(cardPath, body("card_number", inquiry.ProseCard), 200, `{"iban":"","error_description":"کارت یافت نشد"}`)
	a.ask(ibanPath, body("iban", inquiry.ProseIBAN), 200, `{"iban":null,"deposit":"","deposit_description":"","deposit_comment":"","bank_name":null,"bank_id":null,`+
		`"deposit_owners":[],"error_description":"حساب با این مشخصات یافت نشد"}`)
	a.ask(ibanPath, body("iban", inquiry.FailingIBAN), 503, `{"error_description":"سامانه بانک مقصد پاسخ نمی‌دهد"}`)
}

func body(name, text string) string { return fmt.Sprintf(`{%q:%q}`, name, text) }

// TestEveryClassAnswersAsItSays walks numbers made to order at several banks; the same number has the same answer twice.
func TestEveryClassAnswersAsItSays(t *testing.T) {
	t.Parallel()
	a := start(t)
	for _, class := range []inquiry.Class{inquiry.Person, inquiry.Company, inquiry.Joint, inquiry.Inactive, inquiry.Blocked, inquiry.Closed, inquiry.Bare} {
		for n := range 8 {
			bank := 1 + n
			number := inquiry.IBAN(bank, class, n)
			got := a.tell(ibanPath, body("iban", number))
			if again := a.tell(ibanPath, body("iban", number)); fmt.Sprint(again) != fmt.Sprint(got) {
				t.Errorf("%s %s: got %v the second time, want %v", class, number, again, got)
			}
			account := a.tell(accountPath, fmt.Sprintf(`{"account_number":%q,"bank_id":%d}`, inquiry.AccountNumber(class, n), bank))
			if fmt.Sprint(account) != fmt.Sprint(got) {
				t.Errorf("%s: got %v by account, %v by IBAN", class, account, got)
			}
			check(t, class, got)
			card := a.tell(cardPath, body("card_number", inquiry.Card(bank, class, n)))
			check(t, class, a.tell(ibanPath, body("iban", card["iban"].(string))))
		}
	}
}

func check(t *testing.T, class inquiry.Class, got map[string]any) {
	t.Helper()
	owners, _ := got["deposit_owners"].([]any)
	first := ""
	if len(owners) > 0 {
		first = owners[0].(map[string]any)["firstName"].(string)
	}
	active := got["deposit_description"] == "حساب فعال است"
	ok := active && len(owners) == 1 && first != ""
	switch class {
	case inquiry.Company:
		ok = active && len(owners) == 1 && first == ""
	case inquiry.Joint:
		ok = active && len(owners) >= 2
	case inquiry.Bare:
		ok = active && owners == nil && got["bank_id"] == nil
	case inquiry.Inactive, inquiry.Blocked, inquiry.Closed:
		ok = !active && len(owners) == 1
	}
	if !ok {
		t.Errorf("%s: got %v", class, got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	a := start(t)
	for _, tt := range []struct{ path, body, want string }{
		{cardPath, `{"card_number":"6789054325678412"}`, `{"card_number":["Card number is not valid."]}`}, // the document's own
		{cardPath, `{"card_number":"603799732456732"}`, `{"card_number":["Card number is not valid."]}`},
		{cardPath, `{"card_number":4111111111111111}`, `{"error_description":"استعلام این بانک پشتیبانی نمی‌شود"}`},
		{cardPath, `{}`, `{"card_number":["This field is required."]}`},
		{cardPath, `{"card_number":null}`, `{"card_number":["This field may not be null."]}`},
		{cardPath, `{"card_number":" "}`, `{"card_number":["This field may not be blank."]}`},
		{cardPath, `{"card_number":["x"]}`, `{"card_number":["Not a valid string."]}`},
		{cardPath, `[]`, `{"detail":"JSON parse error - Expecting value: line 1 column 1 (char 0)"}`},
		{ibanPath, `{"iban":"IR910170000000732456732147"}`, `{"iban":["IBAN is not valid."]}`},
		{ibanPath, `{"iban":"ir900170000000732456732147"}`, `{"iban":["IBAN is not valid."]}`},
		{ibanPath, `{"iban":"900170000000732456732147"}`, `{"iban":["IBAN is not valid."]}`},
		{ibanPath, `{"iban":"IR4432795460000007634516001"}`, `{"iban":["IBAN is not valid."]}`}, // the document's own
		{ibanPath, `{"iban":"` + strings.Repeat("1", 35) + `"}`, `{"iban":["Ensure this field has no more than 34 characters."]}`},
		{accountPath, `{"account_number":"12a4"}`, `{"account_number":["Account number is not valid."],"bank_id":["This field is required."]}`},
		{accountPath, `{"account_number":"00007","bank_id":2}`, `{"account_number":["Account number is not valid."]}`},
		{accountPath, `{"account_number":"732456732147","bank_id":39}`, `{"bank_id":["\"39\" is not a valid choice."]}`},
		{accountPath, `{"account_number":"732456732147","bank_id":"ملی"}`, `{"bank_id":["A valid integer is required."]}`},
		{accountPath, `{"account_number":"732456732147","bank_id":37}`, `{"error_description":"استعلام این بانک پشتیبانی نمی‌شود"}`},
		{wagePath, `{"amount":0,"source_bank_id":1,"destination_bank_id":0}`, `{"amount":["Ensure this value is greater than or equal to 1."],"destination_bank_id":["\"0\" is not a valid choice."]}`},
		{wagePath, `{"amount":1.5,"source_bank_id":1,"destination_bank_id":2}`, `{"amount":["A valid integer is required."]}`},
	} {
		a.ask(tt.path, tt.body, 400, tt.want)
	}
	if asked := a.Inquiry.Asked(); len(asked) != 0 {
		t.Errorf("refused inquiries were carried out: %v", asked)
	}
}

func TestScopesPathsAndMethods(t *testing.T) {
	t.Parallel()
	a := start(t)
	scopes := map[string]string{
		cardPath: inquiry.ScopeCardToIBAN, accountPath: inquiry.ScopeAccountToIBAN, ibanPath: inquiry.ScopeIBANInquiry, wagePath: inquiry.ScopeWage,
	}
	for _, granted := range inquiry.Scopes() {
		token := a.signIn(granted)
		for path, scope := range scopes {
			want := 403
			if scope == granted {
				want = 400
			}
			if resp, text := a.raw("POST", path, `{}`, token); resp.StatusCode != want {
				t.Errorf("%s with %s: got %d %s, want %d", path, granted, resp.StatusCode, text, want)
			}
		}
	}
	for path := range scopes {
		for _, tt := range []struct {
			method, path, token string
			want                int
		}{
			{"POST", path, "", 401},
			{"POST", path, "nonsense", 401},
			{"GET", path, a.token, 405},
			{"POST", path + "x/", a.token, 404},
			{"POST", strings.TrimSuffix(path, "/"), "", 301},
			{"POST", "/.." + path, a.token, 404},
		} {
			resp, text := a.raw(tt.method, tt.path, `{}`, tt.token)
			if resp.StatusCode != tt.want {
				t.Errorf("%s %s: got %d %s, want %d", tt.method, tt.path, resp.StatusCode, text, tt.want)
			}
			if tt.want == 301 && resp.Header.Get("Location") != inquiry.BasePath+path {
				t.Errorf("%s: got Location %q, want the path with its slash", tt.path, resp.Header.Get("Location"))
			}
		}
	}
}

func TestWages(t *testing.T) {
	t.Parallel()
	a := start(t)
	paya, satna, a2a := a.wages(t, 1_000_000, 2, 3)
	if paya != "3000 1403-07-02T18:45:00" || satna != "no" || a2a != "no" {
		t.Errorf("a small amount: got Paya %s, Satna %s, A2A %s", paya, satna, a2a)
	}
	if paya, satna, _ = a.wages(t, 5_000_000_000, 2, 3); paya != "no" || satna != "350000 1403-07-03T07:00:00" {
		t.Errorf("a large amount: got Paya %s, Satna %s", paya, satna)
	}
	if paya, satna, a2a = a.wages(t, 5_000_000_000, 2, 2); paya != "no" || satna != "no" || a2a != "0 1403-07-02T16:10:00" {
		t.Errorf("within a bank: got Paya %s, Satna %s, A2A %s", paya, satna, a2a)
	}
	for _, tt := range []struct {
		at          string // in Tehran
		paya, satna string
	}{
		{"2024-09-23T03:44:59", "1403-07-02T03:45:00", "1403-07-02T07:00:00"},
		{"2024-09-23T03:45:00", "1403-07-02T10:45:00", "1403-07-02T07:00:00"},
		{"2024-09-23T09:12:30", "1403-07-02T10:45:00", "1403-07-02T09:42:30"},
		{"2024-09-23T14:30:00", "1403-07-02T18:45:00", "1403-07-03T07:00:00"},
		{"2024-09-26T19:00:00", "1403-07-07T03:45:00", "1403-07-07T07:00:00"}, // Thursday evening: after Friday
		{"2025-03-19T19:00:00", "1403-12-30T03:45:00", "1403-12-30T07:00:00"}, // a leap day, a Thursday
		{"2025-03-20T19:00:00", "1404-01-02T03:45:00", "1404-01-02T07:00:00"},
	} {
		at, err := time.Parse("2006-01-02T15:04:05-07:00", tt.at+"+03:30")
		if err != nil {
			t.Fatal(err)
		}
		a.Engine.Clock().Advance(at.Sub(a.Engine.Clock().Now()))
		a.token = a.signIn(inquiry.ScopeWage)
		paya, satna, _ := a.wages(t, 600_000_000, 2, 3)
		if paya != "30000 "+tt.paya || satna != "120000 "+tt.satna {
			t.Errorf("at %s: got Paya %s, Satna %s; want %s, %s", tt.at, paya, satna, tt.paya, tt.satna)
		}
	}
}

// wages gives "wage time" or "no" for each way.
func (a *api) wages(t *testing.T, amount, source, destination int) (paya, satna, a2a string) {
	t.Helper()
	got := a.tell(wagePath, fmt.Sprintf(`{"amount":%d,"source_bank_id":%d,"destination_bank_id":%d}`, amount, source, destination))
	show := func(name string) string {
		way := got[name].(map[string]any)
		if way["active"] != true {
			return "no"
		}
		return fmt.Sprintf("%.0f %v", way["wage"], way["estimated_time"])
	}
	return show("paya"), show("satna"), show("a2a")
}

// TestEveryInquiryIsCountedOnce holds the ledger that kill tests are judged by: what was carried out counts, whatever
// became of its answer.
func TestEveryInquiryIsCountedOnce(t *testing.T) {
	t.Parallel()
	a := start(t)
	if _, err := a.Engine.Inject(sandbox.ResetAfterEffect().At("", inquiry.BasePath+cardPath).For(1)); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest("POST", a.InquiryURL+cardPath, strings.NewReader(body("card_number", inquiry.PersonCard)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("Content-Type", "application/json")
	if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
		resp.Body.Close()
		t.Error("the answer was not lost")
	}
	if _, err := a.Engine.Inject(sandbox.Answer(500).At("", inquiry.BasePath+cardPath).For(1)); err != nil {
		t.Fatal(err)
	}
	if resp, _ := a.raw("POST", cardPath, body("card_number", inquiry.CompanyCard), a.token); resp.StatusCode != 500 {
		t.Errorf("got %d, want the fault", resp.StatusCode)
	}
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() { a.raw("POST", ibanPath, body("iban", inquiry.PersonIBAN), a.token) })
	}
	all.Wait()
	a.raw("POST", ibanPath, body("iban", inquiry.UnknownIBAN), a.token)
	a.raw("POST", ibanPath, body("iban", inquiry.FailingIBAN), a.token)
	a.raw("POST", accountPath, `{"account_number":"732456732147","bank_id":2}`, a.token)
	a.raw("POST", accountPath, `{"account_number":"732456732147","bank_id":3}`, a.token)
	a.raw("POST", wagePath, `{"amount":5,"source_bank_id":1,"destination_bank_id":2}`, a.token)

	var got map[string]int
	if err := json.Unmarshal([]byte(a.control(200, "GET", "/asked", "")), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		inquiry.PersonCard: 1, inquiry.PersonIBAN: 40, inquiry.UnknownIBAN: 1, inquiry.FailingIBAN: 1, "2/732456732147": 1, "3/732456732147": 1, "5/1/2": 1,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLatencyAndTheSlowBankDelayTheAnswer(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.control(204, "POST", "/settings", `{"latency_ms":80,"slow_bank_ms":150}`)
	for _, tt := range []struct {
		iban  string
		least time.Duration
	}{{inquiry.PersonIBAN, 80 * time.Millisecond}, {inquiry.SlowIBAN, 230 * time.Millisecond}} {
		began := time.Now()
		a.tell(ibanPath, body("iban", tt.iban))
		if took := time.Since(began); took < tt.least {
			t.Errorf("%s: answered after %v, want at least %v", tt.iban, took, tt.least)
		}
	}
	a.control(204, "POST", "/settings", `{"latency_ms":0}`)
	a.control(400, "POST", "/settings", `{"latency":1}`)
}
