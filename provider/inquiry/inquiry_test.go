package inquiry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/iban"
	domain "payportal/internal/inquiry"
	"payportal/internal/money"
	"payportal/provider/apiclient"
	"payportal/provider/inquiry"
)

// token is an Authorizer with one fixed token.
type token struct{}

func (token) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer 5OGgq1FQS7jPITItICRwlDYZv5P91A")
	return nil
}
func (token) Rejected(*http.Request) bool { return false }

// provider answers every request alike and writes down what it received.
type provider struct {
	mu       sync.Mutex
	answer   string
	status   int
	received []string
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	p.received = append(p.received, fmt.Sprintf("%s %s %s %s %s", r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body))
	w.Header().Set("Content-Type", "application/json")
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	_, _ = io.WriteString(w, p.answer)
}

func newClient(t testing.TB, status int, answer string) (*inquiry.Client, *provider) {
	t.Helper()
	p := &provider{answer: answer, status: status}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	api, err := apiclient.New(apiclient.Config{
		Connection: "toman-test", API: "inquiry", BaseURL: server.URL + "/base/v1/", Authorizer: token{},
		Limits: apiclient.Limits{Backoff: time.Millisecond, Call: 5 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	return inquiry.New(api), p
}

func (p *provider) want(t *testing.T, path, body string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	want := "POST /base/v1" + path + " Bearer 5OGgq1FQS7jPITItICRwlDYZv5P91A application/json " + body
	if len(p.received) != 1 || p.received[0] != want {
		t.Errorf("received:\n%s\nwant:\n%s", strings.Join(p.received, "\n"), want)
	}
}

// The numbers are valid; the answers are the document's samples, but for an IBAN that has a digit too many there.
const (
	cardNumber    = "6037997324567321"
	ibanNumber    = "IR900170000000732456732147"
	accountNumber = "732456732147"

	cardSample    = `{"card_number":"234123465431245","iban":"IR346786453214598456708342"}`
	depositSample = `{"iban":"IR900170000000732456732147","deposit":"732456732147","deposit_description":"حساب فعال است","deposit_comment":"",
		"bank_name":"بانک ملی ایران","bank_id":"2","deposit_owners":[{"firstName":"","lastName":"الکام توسعه آماد"}],"error_description":"بدون خطا"}`
	wageSample = `{"paya":{"active":true,"wage":30000,"estimated_time":"1403-07-02T18:45:00"},
		"satna":{"active":true,"wage":140000,"estimated_time":"1403-07-03T07:00:00"},"a2a":{"active":false,"wage":0,"estimated_time":null}}`
)

func cardOf(t testing.TB, text string) iban.Card {
	t.Helper()
	n, err := iban.ParseCard(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ibanOf(t testing.TB, text string) iban.IBAN {
	t.Helper()
	n, err := iban.ParseIBAN(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func accountOf(t testing.TB, text string) iban.AccountNumber {
	t.Helper()
	n, err := iban.ParseAccountNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// show writes an answer's fields, which do not print by themselves.
func show(a domain.Answer) string {
	return fmt.Sprint([]any{a.IBAN, a.Deposit, a.State, a.Comment, a.BankID, a.BankName, a.Owners, a.Remark})
}

func TestCardToIBAN(t *testing.T) {
	client, p := newClient(t, 200, cardSample)
	got, err := client.CardToIBAN(t.Context(), cardOf(t, cardNumber))
	if err != nil {
		t.Fatal(err)
	}
	if want := (domain.Answer{IBAN: "IR346786453214598456708342"}); show(got) != show(want) {
		t.Errorf("answer = %s, want %s", show(got), show(want))
	}
	if _, ok := got.Verified(); ok {
		t.Error("the document's sample is verified, and its check digits fail")
	}
	p.want(t, "/card_to_iban/", `{"card_number":"6037997324567321"}`)
}

func TestAccountToIBAN(t *testing.T) {
	client, p := newClient(t, 200, depositSample)
	got, err := client.AccountToIBAN(t.Context(), accountOf(t, "۷۳۲۴-۵۶۷۳.2147"), 2)
	if err != nil {
		t.Fatal(err)
	}
	want := domain.Answer{
		IBAN: ibanNumber, Deposit: accountNumber, State: "حساب فعال است", BankID: 2, BankName: "بانک ملی ایران",
		Owners: []domain.Owner{{Last: "الکام توسعه آماد"}},
	}
	if show(got) != show(want) {
		t.Errorf("answer = %s, want %s", show(got), show(want))
	}
	p.want(t, "/account_number_to_iban/", `{"account_number":"7324-5673.2147","bank_id":2}`)
}

func TestInquireIBAN(t *testing.T) {
	tests := []struct {
		name, old, changed string
		change             func(*domain.Answer)
	}{
		{"the sample", "", "", func(*domain.Answer) {}},
		{"bank id as a number", `"2"`, `2`, func(*domain.Answer) {}},
		{"bank id null", `"2"`, `null`, func(a *domain.Answer) { a.BankID = 0 }},
		{"bank id beyond the list", `"2"`, `"39"`, func(a *domain.Answer) { a.BankID = 0 }},
		{"bank id of words", `"2"`, `"melli"`, func(a *domain.Answer) { a.BankID = 0 }},
		{"no IBAN", `"IR900170000000732456732147"`, `null`, func(a *domain.Answer) { a.IBAN = "" }},
		{"no owners", `[{"firstName":"","lastName":"الکام توسعه آماد"}]`, `null`, func(a *domain.Answer) { a.Owners = nil }},
		{"empty owners", `{"firstName":"","lastName":"الکام توسعه آماد"}`, ``, func(a *domain.Answer) { a.Owners = nil }},
		{
			"persons", `{"firstName":""`, `{"firstName":" علی ","lastName":"رضایی"},{"firstName":null,"lastName":""},{"firstName":"مینا"},{"later":[1],"firstName":""`,
			func(a *domain.Answer) {
				a.Owners = []domain.Owner{{First: "علی", Last: "رضایی"}, {Last: "مینا"}, {Last: "الکام توسعه آماد"}}
			},
		},
		{"no remark", `"بدون خطا"`, `null`, func(*domain.Answer) {}},
		{"remark with a full stop", `"بدون خطا"`, `" بدون‌خطا. "`, func(*domain.Answer) {}},
		{"remark with two spaces", `"بدون خطا"`, `"بدون  خطا"`, func(*domain.Answer) {}},
		{"a remark beside the answer", `"بدون خطا"`, `"پاسخ از حافظه"`, func(a *domain.Answer) { a.Remark = "پاسخ از حافظه" }},
		{"state without owners and with a remark", `[{"firstName":"","lastName":"الکام توسعه آماد"}],"error_description":"بدون خطا"`, `[],"error_description":"مسدود"`, func(a *domain.Answer) { a.Owners, a.Remark = nil, "مسدود" }},
		{"direction characters", `حساب فعال`, `\u202eحساب فعال`, func(a *domain.Answer) { a.State = "⟨U+202E⟩حساب فعال است" }},
		{"a name that looks like another", `الکام`, `\u2066الکام`, func(a *domain.Answer) {
			a.Owners = []domain.Owner{{Last: "⟨U+2066⟩الکام توسعه آماد"}}
		}},
		{"a comment without end", `"deposit_comment":""`, `"deposit_comment":"` + strings.Repeat("ب", 400) + `"`, func(a *domain.Answer) { a.Comment = strings.Repeat("ب", 300) + "…" }},
		{"later fields", `"deposit":`, `"later":{"iban":"x"},"deposit":`, func(*domain.Answer) {}},
		{"fields missing", `"deposit":"732456732147","deposit_description":"حساب فعال است","deposit_comment":"",`, ``, func(a *domain.Answer) { a.Deposit, a.State = "", "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(depositSample, tt.old) {
				t.Fatalf("the sample has no %s", tt.old)
			}
			client, p := newClient(t, 200, strings.Replace(depositSample, tt.old, tt.changed, 1))
			got, err := client.InquireIBAN(t.Context(), ibanOf(t, ibanNumber))
			if err != nil {
				t.Fatal(err)
			}
			want := domain.Answer{
				IBAN: ibanNumber, Deposit: accountNumber, State: "حساب فعال است", BankID: 2, BankName: "بانک ملی ایران",
				Owners: []domain.Owner{{Last: "الکام توسعه آماد"}},
			}
			tt.change(&want)
			if show(got) != show(want) {
				t.Errorf("answer = %s, want %s", show(got), show(want))
			}
			p.want(t, "/iban_inquiry/", `{"iban":"IR900170000000732456732147"}`)
		})
	}
}

func TestEstimateWage(t *testing.T) {
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	client, p := newClient(t, 200, wageSample)
	got, err := client.EstimateWage(t.Context(), domain.WageQuestion{Amount: money.Of(700_000_000, money.IRR), SourceBank: 1, DestinationBank: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := domain.WageEstimate{
		Paya:  domain.WageRoute{Possible: true, Wage: money.Of(30_000, money.IRR), Arrival: at("2024-09-23T15:15:00Z")},
		Satna: domain.WageRoute{Possible: true, Wage: money.Of(140_000, money.IRR), Arrival: at("2024-09-24T03:30:00Z")},
		A2A:   domain.WageRoute{Wage: money.Of(0, money.IRR)},
	}
	if got != want {
		t.Errorf("estimate = %+v, want %+v", got, want)
	}
	p.want(t, "/wage-estimation/", `{"amount":700000000,"source_bank_id":1,"destination_bank_id":2}`)

	if _, err := client.EstimateWage(t.Context(), domain.WageQuestion{Amount: money.Of(5, money.EUR)}); err == nil || len(p.received) != 1 {
		t.Errorf("an amount in euro: error %v after %d requests, want it not sent", err, len(p.received))
	}
}

func TestArrivalTimes(t *testing.T) {
	tests := []struct{ told, want string }{
		{`"1403-12-30T00:00:00"`, "2025-03-19T20:30:00Z"},   // a leap day
		{`"1404-01-01T23:59:59.5"`, "2025-03-21T20:29:59Z"}, // fractions are cut off in this table alone
		{`"1401-01-02T01:30:00"`, "2022-03-21T21:00:00Z"},   // the last summer time
		{`null`, "0001-01-01T00:00:00Z"},
		{`"1404-12-30T10:00:00"`, "unreadable"},
		{`"1403-07-31T10:00:00"`, "unreadable"},
		{`"1403-07-02"`, "unreadable"},
		{`"1403-07-02T24:00:00"`, "unreadable"},
		{`"1403-07-02T18:45:00Z"`, "unreadable"},
		{`"2024-09-23T18:45:00"`, "unreadable"},
		{`""`, "unreadable"},
		{`14030702`, "unreadable"},
	}
	for _, tt := range tests {
		client, _ := newClient(t, 200, strings.Replace(wageSample, `"1403-07-02T18:45:00"`, tt.told, 1))
		got, err := client.EstimateWage(t.Context(), domain.WageQuestion{Amount: money.Of(1, money.IRR), SourceBank: 1, DestinationBank: 2})
		if tt.want == "unreadable" {
			if !errs.Is(err, errs.Indeterminate) {
				t.Errorf("%s: %v, error %v; want indeterminate", tt.told, got.Paya.Arrival, err)
			}
			continue
		}
		if text := got.Paya.Arrival.Format("2006-01-02T15:04:05Z07:00"); err != nil || text != tt.want {
			t.Errorf("%s: got %s, %v; want %s", tt.told, text, err, tt.want)
		}
	}
}

// TestUnreadableAnswersAreIndeterminate: the inquiry was made and paid for, and what it found is not known.
func TestUnreadableAnswersAreIndeterminate(t *testing.T) {
	deposit := func(old, changed string) string { return strings.Replace(depositSample, old, changed, 1) }
	wage := func(old, changed string) string { return strings.Replace(wageSample, old, changed, 1) }
	owners := strings.Repeat(`{"firstName":"x","lastName":"y"},`, 100)
	tests := []struct{ name, path, answer string }{
		{"cut", "iban", depositSample[:200]},
		{"two documents", "iban", depositSample + depositSample},
		{"a list", "iban", `[]`},
		{"nothing told", "iban", `{"iban":"IR900170000000732456732147","error_description":"بدون خطا"}`},
		{"empty", "iban", `{}`},
		{"IBAN of the document, 25 digits", "account", deposit(ibanNumber, "IR4432795460000007634516001")},
		{"IBAN without its country", "account", deposit(ibanNumber, "900170000000732456732147")},
		{"IBAN of another country", "account", deposit(ibanNumber, "DE900170000000732456732147")},
		{"IBAN with a space", "account", deposit(ibanNumber, "IR90 170000000732456732147")},
		{"IBAN in Persian digits", "account", deposit(ibanNumber, "IR۹۰۰۱۷۰۰۰۰۰۰۰۷۳۲۴۵۶۷۳۲۱۴۷")},
		{"another IBAN than asked", "iban", deposit(ibanNumber, "IR480120000000004519087612")},
		{"no IBAN for an account", "account", deposit(`"IR900170000000732456732147"`, "null")},
		{"no IBAN for a card", "card", `{"card_number":"6037997324567321"}`},
		{"IBAN twice", "card", `{"iban":"IR346786453214598456708342","IBAN":"IR346786453214598456708343"}`},
		{"IBAN as a number", "card", `{"iban":346786453214598456708342}`},
		{"bank id as an object", "iban", deposit(`"2"`, `{"id":2,"id":3}`)},
		{"owners as an object", "iban", deposit(`[{"firstName":"","lastName":"الکام توسعه آماد"}]`, `{}`)},
		{"an owner as a text", "iban", deposit(`{"firstName":"","lastName":"الکام توسعه آماد"}`, `"x"`)},
		{"too many owners", "iban", deposit(`{"firstName":""`, owners+`{"firstName":""`)},
		{"a name without end", "iban", deposit("الکام", strings.Repeat("ب", 250))},
		{"a name as a number", "iban", deposit(`"firstName":""`, `"firstName":5`)},
		{"wage with a fraction", "wage", wage("30000", "30000.0")},
		{"wage as a text", "wage", wage("30000", `"30000"`)},
		{"wage below zero", "wage", wage("30000", "-1")},
		{"wage too large", "wage", wage("30000", "9223372036854775808")},
		{"possible without a wage", "wage", wage(`"wage":30000,`, "")},
		{"possible and the wage null", "wage", wage("30000", "null")},
		{"neither possible nor not", "wage", wage(`"active":true,`, "")},
		{"possible as a text", "wage", wage(`true`, `"true"`)},
		{"a way missing", "wage", wage(`"a2a"`, `"pol"`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, p := newClient(t, 200, tt.answer)
			a, err := ask(t, client, tt.path)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Kind != errs.Indeterminate {
				t.Fatalf("answer %s, error = %v; want indeterminate", a, err)
			}
			if text := fmt.Sprintf("%v %+v", err, e.Args); strings.Contains(text, "732456732147") || strings.Contains(text, "3467864") {
				t.Errorf("the error shows a number: %s", text)
			}
			if len(p.received) != 1 {
				t.Errorf("sent %d times, want 1", len(p.received))
			}
		})
	}
}

// ask makes the inquiry of a kind about a number that is valid.
func ask(t testing.TB, client *inquiry.Client, kind string) (string, error) {
	t.Helper()
	var a domain.Answer
	var err error
	switch kind {
	case "card":
		a, err = client.CardToIBAN(t.Context(), cardOf(t, cardNumber))
	case "account":
		a, err = client.AccountToIBAN(t.Context(), accountOf(t, accountNumber), 2)
	case "iban":
		a, err = client.InquireIBAN(t.Context(), ibanOf(t, ibanNumber))
	default:
		e, err := client.EstimateWage(t.Context(), domain.WageQuestion{Amount: money.Of(1, money.IRR), SourceBank: 1, DestinationBank: 2})
		return fmt.Sprint(e), err
	}
	return show(a), err
}

func TestWagesThatAreNull(t *testing.T) {
	client, _ := newClient(t, 200, `{"paya":null,"satna":{"active":false,"wage":null},"a2a":{"active":true,"wage":0}}`)
	got, err := client.EstimateWage(t.Context(), domain.WageQuestion{Amount: money.Of(1, money.IRR), SourceBank: 1, DestinationBank: 1})
	free := domain.WageRoute{Wage: money.Of(0, money.IRR)}
	if want := (domain.WageEstimate{Paya: free, Satna: free, A2A: domain.WageRoute{Possible: true, Wage: free.Wage}}); err != nil || got != want {
		t.Errorf("estimate = %+v, %v; want %+v", got, err, want)
	}
}

func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", 1000)
	tests := []struct {
		name, path string
		status     int
		body, want string
	}{
		{"prose", "iban", 400, `{"error_description":"حساب یافت نشد"}`, `declined (provider.declined_words) code "400" words حساب یافت نشد`},
		{"prose in a 200", "iban", 200, `{"iban":null,"deposit_owners":[],"error_description":"حساب یافت نشد"}`, `declined (provider.declined_words) code "" words حساب یافت نشد`},
		{"prose in a 200 that repeats the IBAN", "iban", 200, `{"iban":"IR900170000000732456732147","error_description":"حساب یافت نشد"}`, `declined (provider.declined_words) code "" words حساب یافت نشد`},
		{"prose in a 200 for a card", "card", 200, `{"iban":"","error_description":"کارت یافت نشد"}`, `declined (provider.declined_words) code "" words کارت یافت نشد`},
		{"prose in a 200 for an account", "account", 200, `{"iban":null,"deposit_owners":null,"error_description":"حساب یافت نشد"}`, `declined (provider.declined_words) code "" words حساب یافت نشد`},
		{"detail after prose", "card", 422, `{"detail":"Bad.","error_description":"کارت یافت نشد"}`, `declined (provider.declined_words) code "422" words کارت یافت نشد`},
		{"fields", "account", 400, `{"account_number":["is wrong","and more"],"bank_id":"unknown"}`, `declined (provider.declined_words) code "400" words is wrong unknown`},
		{"code", "card", 409, `{"code":"card_expired","detail":"Expired."}`, `declined (provider.declined_words) code "card_expired" words Expired.`},
		{"prose where a code is", "card", 400, `{"error":"no such card"}`, `declined (provider.declined_words) code "400" words no such card`},
		{"the number quoted", "card", 400, `{"detail":"Card 6037-9973 2456۷۳۲۱ at 2/73245 (IR900170000000732456732147) failed 3 times"}`, `declined (provider.declined_words) code "400" words Card … at … (…) failed 3 times`},
		{"the number as a code", "card", 400, `{"code":"6037997324567321"}`, `declined (provider.declined_words) code "400" words …`},
		{"the number quoted in a 200", "card", 200, `{"error_description":"کارت ۶۰۳۷۹۹۷۳۲۴۵۶۷۳۲۱ یافت نشد"}`, `declined (provider.declined_words) code "" words کارت … یافت نشد`},
		{"bidi", "iban", 400, `{"detail":"\u202eno"}`, `declined (provider.declined_words) code "400" words ⟨U+202E⟩no`},
		{"long", "iban", 400, `{"detail":"` + long + `"}`, `declined (provider.declined_words) code "400" words ` + long[:300] + "…"},
		{"other shapes", "iban", 400, `{"iban":{"deep":["x"]},"x":null,"y":[]}`, `declined (provider.declined) code "400" words <nil>`},
		{"a list", "iban", 400, `["no"]`, `declined (provider.declined) code "400" words <nil>`},
		{"not JSON", "wage", 400, `no`, `declined (provider.declined) code "400" words <nil>`},
		{"wage", "wage", 400, `{"amount":["too much"]}`, `declined (provider.declined_words) code "400" words too much`},
		{"not found", "iban", 404, `{"detail":"Not found."}`, `not found (provider.declined_words) code "" words Not found.`},
		{"not found without words", "iban", 404, `<html>`, `not found (provider.not_found) code "" words <nil>`},
		{"scope", "iban", 403, `{"detail":"You do not have permission."}`, `forbidden (provider.forbidden_scope) code "" words <nil>`},
		{"token", "iban", 401, `{"detail":"Invalid token."}`, `forbidden (provider.unauthorized) code "" words <nil>`},
		{"too often", "iban", 429, `{"detail":"Request was throttled."}`, `rate limited (provider.rate_limited) code "" words <nil>`},
		{"a redirect", "iban", 301, ``, `indeterminate (provider.unknown_outcome) code "" words <nil>`},
		{"down", "iban", 503, `{"error_description":"بانک پاسخ نمی‌دهد"}`, `indeterminate (provider.unknown_outcome) code "" words <nil>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, p := newClient(t, tt.status, tt.body)
			_, err := ask(t, client, tt.path)
			e, ok := errors.AsType[*errs.Error](err)
			if !ok {
				t.Fatalf("error = %v, want a refusal", err)
			}
			if got := fmt.Sprintf("%s (%s) code %q words %v", e.Kind, e.Msg, e.Code, e.Args["Words"]); got != tt.want {
				t.Errorf("refusal = %s, want %s", got, tt.want)
			}
			if e.Args["Connection"] != "toman-test" {
				t.Errorf("args = %v, want the connection's name", e.Args)
			}
			if len(p.received) != 1 {
				t.Errorf("sent %d times, want 1", len(p.received))
			}
		})
	}
}

func TestChecksAskNothing(t *testing.T) {
	client, p := newClient(t, 200, `{}`)
	steps := connection.Run(t.Context(), client.Checks(), nil)
	if len(steps) != 2 || !connection.AllPassed(steps) || steps[0].API != "inquiry" {
		t.Errorf("steps = %+v, want address and TLS passed", steps)
	}
	if len(p.received) != 0 {
		t.Errorf("received %v, want no inquiry, which costs money", p.received)
	}
}
