package pspreporting_test

import (
	"context"
	"encoding/json"
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
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/provider/apiclient"
	"payportal/provider/pspreporting"
)

// token is an Authorizer with one fixed token.
type token struct{}

func (token) Authorize(_ context.Context, r *http.Request) error {
	r.Header.Set("Authorization", "Bearer 5OGgq1FQS7jPITItICRwlDYZv5P91A")
	return nil
}
func (token) Rejected(*http.Request) bool { return false }

// provider answers each request with the next of its answers and writes down what it received.
type provider struct {
	mu       sync.Mutex
	answers  []string
	status   int
	received []string
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	p.received = append(p.received, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s",
		r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body)))
	w.Header().Set("Content-Type", "application/json")
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	_, _ = io.WriteString(w, p.answers[min(len(p.received), len(p.answers))-1])
}

func newClient(t testing.TB, answers ...string) (*pspreporting.Client, *provider) {
	t.Helper()
	p := &provider{answers: answers}
	return clientOf(t, p, nil), p
}

func clientOf(t testing.TB, h http.Handler, egress *apiclient.Egress) *pspreporting.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	api, err := apiclient.New(apiclient.Config{
		Connection: "toman-test", API: "psp_reporting", BaseURL: server.URL + "/base/v2/", Authorizer: token{},
		Limits: apiclient.Limits{Backoff: time.Millisecond, Call: 5 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	return pspreporting.New(api, egress)
}

const bearer = " Bearer 5OGgq1FQS7jPITItICRwlDYZv5P91A"

func (p *provider) want(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := strings.Join(p.received, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("received:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// The samples are those of the documents.
const (
	terminalSample = `{"uuid":"3fa85f64-5717-0000-b3fc-2c963f66afa6","terminal_type":1,"psp_account_uuid":"3fa85f64-5717-0000-b3fc-2c963f66afa6",
		"psp":"TOP","terminal_number":"4259344","acceptor_code":131,"enabled":true,"description":null,
		"created_at":"2024-12-16T10:09:36.110Z","start_fetch_time":"2024-12-16T10:09:36.110Z"}`
	reportSample = `{"uuid":"3fa85f64-0000-4562-b3fc-2c963f66afa6","status":2,"report_type":0,
		"storage_filename":"Toman_1403-06-23 03:30:00:1403-09-27 03:30:00_rIFosb6o8r.xlsx","start_datetime":"2024-12-17T07:35:07.981Z",
		"end_datetime":"2024-12-17T07:35:07.981Z","created_at":"2024-12-17T07:35:07.981Z"}`
	accountSample = `{"uuid":"3fa85f64-5717-0000-b3fc-2c963f66afa6","name":"test","psp":"SEP","enabled":true,"created_at":"2024-12-17T19:57:40.629Z"}`
	paymentSample = `{"id":"01JFA14K25Z6JM78KNT0000ZFD","amount":682500,"masked_paid_card_number":"603799******9999",
		"terminal_number":"14141414","transaction_datetime":"2024-12-17T10:02:55Z","status":1,"psp":"SEP"}`
)

func pageOf(next string, results ...string) string {
	link := "null"
	if next != "" {
		text, _ := json.Marshal(next)
		link = string(text)
	}
	return `{"count":123,"next":` + link + `,"previous":null,"results":[` + strings.Join(results, ",") + `]}`
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCreateTerminal(t *testing.T) {
	client, p := newClient(t, terminalSample, terminalSample)
	created, err := client.CreateTerminal(t.Context(), psp.NewTerminal{
		Type: psp.POS, AccountUUID: "a798ad80-0000-418c-9372-007ed6422163", Number: "4221344", AcceptorCode: 213, Enabled: true,
		StartFetchTime: time.Date(2024, 11, 24, 5, 23, 22, 609789000, time.FixedZone("Tehran", 12600)),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := psp.Terminal{
		UUID: "3fa85f64-5717-0000-b3fc-2c963f66afa6", Type: psp.POS, AccountUUID: "3fa85f64-5717-0000-b3fc-2c963f66afa6", PSP: "TOP",
		Number: "4259344", AcceptorCode: 131, Enabled: true, CreatedAt: at("2024-12-16T10:09:36.110Z"), StartFetchTime: at("2024-12-16T10:09:36.110Z"),
	}
	if created != want {
		t.Errorf("created %+v, want %+v", created, want)
	}
	_, err = client.CreateTerminal(t.Context(), psp.NewTerminal{Description: "صندوق ۲"})
	if err != nil {
		t.Fatal(err)
	}
	p.want(t,
		`POST /base/v2/terminals/`+bearer+` application/json {"terminal_type":1,"psp_account_uuid":"a798ad80-0000-418c-9372-007ed6422163",`+
			`"terminal_number":"4221344","acceptor_code":213,"enabled":true,"description":null,"start_fetch_time":"2024-11-24T01:53:22.609789Z"}`,
		`POST /base/v2/terminals/`+bearer+` application/json {"terminal_type":0,"psp_account_uuid":"",`+
			`"terminal_number":"","acceptor_code":0,"enabled":false,"description":"صندوق ۲","start_fetch_time":"0001-01-01T00:00:00Z"}`,
	)
}

func TestCreateTerminalRefused(t *testing.T) {
	long := strings.Repeat("x", 1000)
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{
			"fields", `{"terminal_number":["already exists","and more"],"psp_account_uuid":"unknown"}`, 400,
			"provider.declined code 400 words <nil>; terminal_number: already exists; psp_account_uuid: unknown",
		},
		{"detail", `{"detail":"quota is used up"}`, 400, "provider.declined_words code 400 words quota is used up"},
		{"code", `{"code":"duplicate_terminal","detail":"exists"}`, 409, "provider.declined_words code duplicate_terminal words exists"},
		{"other shapes", `{"terminal_number":{"deep":["x"]},"x":null,"enabled":[]}`, 400, "provider.declined code 400 words <nil>"},
		{"bidi", `{"terminal_number":["\u202e1234"]}`, 400, "provider.declined code 400 words <nil>; terminal_number: ⟨U+202E⟩1234"},
		{"long", `{"detail":"` + long + `"}`, 422, "provider.declined_words code 422 words " + long[:300] + "…"},
		{"list", `["no"]`, 400, "provider.declined code 400 words <nil>"},
		{"not JSON", `no`, 400, "provider.declined code 400 words <nil>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, p := newClient(t, tt.body)
			p.status = tt.status
			_, err := client.CreateTerminal(t.Context(), psp.NewTerminal{})
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Kind != errs.Declined {
				t.Fatalf("error = %v, want declined", err)
			}
			got := fmt.Sprintf("%s code %s words %v", e.Msg, e.Code, e.Args["Words"])
			for _, f := range e.Fields {
				got += fmt.Sprintf("; %s: %v", f.Name, f.Args["Words"])
			}
			if got != tt.want {
				t.Errorf("refusal = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCreateTerminalUnknownOutcome(t *testing.T) {
	for _, answer := range []string{`{"uuid":"3fa8`, `{}`, `{"uuid":"u","uuid":"v","terminal_type":1,"terminal_number":"1","enabled":true}`} {
		client, p := newClient(t, answer)
		if _, err := client.CreateTerminal(t.Context(), psp.NewTerminal{}); !errs.Is(err, errs.Indeterminate) {
			t.Errorf("answer %s: error = %v, want indeterminate", answer, err)
		}
		if len(p.received) != 1 {
			t.Errorf("sent %d times, want 1", len(p.received))
		}
	}
}

func TestTerminal(t *testing.T) {
	sample := strings.Replace(terminalSample, `"description":null`, `"description":"null","later_field":{"a":[1]}`, 1)
	client, p := newClient(t, sample)
	got, raw, err := client.Terminal(t.Context(), "3fa85f64-5717-0000-b3fc-2c963f66afa6")
	if err != nil {
		t.Fatal(err)
	}
	if got.Number != "4259344" || got.Description != "" || string(raw) != sample {
		t.Errorf("terminal = %+v, raw %s; want the sample, its description empty", got, raw)
	}
	p.want(t, "GET /base/v2/terminals/3fa85f64-5717-0000-b3fc-2c963f66afa6"+bearer)
}

func TestPSPs(t *testing.T) {
	client, p := newClient(t,
		pageOf("https://repigma-staging.qcluster.org/psps/?page=2", `{"id":0,"name":"SEP","enabled":true}`),
		pageOf("", `{"id":1,"name":"TOP","enabled":false}`), `{"id":0,"name":"SEP","enabled":true}`)
	all, err := client.PSPs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(all), "[{0 SEP true} {1 TOP false}]"; got != want {
		t.Errorf("PSPs = %s, want %s", got, want)
	}
	one, err := client.PSP(t.Context(), 0)
	if err != nil || one != (psp.PSP{Name: "SEP", Enabled: true}) {
		t.Errorf("PSP 0 = %+v, %v; want SEP", one, err)
	}
	p.want(t, "GET /base/v2/psps"+bearer, "GET /base/v2/psps?page=2"+bearer, "GET /base/v2/psps/0"+bearer)
}

func TestAccounts(t *testing.T) {
	client, p := newClient(t, pageOf("", accountSample), accountSample)
	all, err := client.Accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := psp.Account{UUID: "3fa85f64-5717-0000-b3fc-2c963f66afa6", Name: "test", PSP: "SEP", Enabled: true, CreatedAt: at("2024-12-17T19:57:40.629Z")}
	if len(all) != 1 || all[0] != want {
		t.Errorf("accounts = %+v, want %+v", all, want)
	}
	one, err := client.Account(t.Context(), want.UUID)
	if err != nil || one != want {
		t.Errorf("account = %+v, %v; want %+v", one, err, want)
	}
	p.want(t, "GET /base/v2/psp-accounts"+bearer, "GET /base/v2/psp-accounts/3fa85f64-5717-0000-b3fc-2c963f66afa6"+bearer)
}

func TestReports(t *testing.T) {
	started := `{"uuid":"u2","status":1,"report_type":7,"storage_filename":null,"start_datetime":null,"end_datetime":null,"created_at":"2024-12-17T07:35:07"}`
	unknown := strings.Replace(started, `"status":1`, `"status":77`, 1)
	client, p := newClient(t, pageOf("http://evil.example/reports/?page=2&token=x", reportSample, started), pageOf("/x?page=3", unknown), pageOf("", started))
	got, err := client.Reports(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	moment := at("2024-12-17T07:35:07.981Z")
	want := []psp.Report{
		{UUID: "3fa85f64-0000-4562-b3fc-2c963f66afa6", Status: psp.ReportSuccess, Filename: "Toman_1403-06-23 03:30:00:1403-09-27 03:30:00_rIFosb6o8r.xlsx", Start: moment, End: moment, CreatedAt: moment},
		{UUID: "u2", Status: psp.ReportInProgress, Type: 7, CreatedAt: at("2024-12-17T07:35:07Z")},
		{UUID: "u2", Status: 77, Type: 7, CreatedAt: at("2024-12-17T07:35:07Z")},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("reports = %+v, want %+v", got, want)
	}
	p.want(t, "GET /base/v2/reports/"+bearer, "GET /base/v2/reports/?page=2"+bearer)
}

func TestPayments(t *testing.T) {
	// The documents' own next has another scheme and host.
	client, p := newClient(t,
		pageOf("http://repigma-staging.qcluster.org/payments/ipg?cursor=bz0xJnA9MjAyNC0xMi0xNyswOSkIwMCUzQTAw", paymentSample), pageOf("", paymentSample))
	page, err := client.Payments(t.Context(), psp.IPG, "")
	if err != nil {
		t.Fatal(err)
	}
	want := psp.Payment{
		ID: "01JFA14K25Z6JM78KNT0000ZFD", Type: psp.IPG, Amount: money.Of(682500, money.IRR), PSP: "SEP", MaskedCard: "603799******9999",
		TerminalNumber: "14141414", TransactedAt: at("2024-12-17T10:02:55Z"), Status: psp.PaymentSuccessful,
	}
	if len(page.Payments) != 1 || page.Payments[0] != want || page.Count != 123 {
		t.Errorf("page = %+v, want %+v", page, want)
	}
	last, err := client.Payments(t.Context(), psp.POS, page.Next)
	if err != nil || last.Next != "" || last.Payments[0].Type != psp.POS {
		t.Errorf("last page = %+v, %v; want POS and no next", last, err)
	}
	p.want(t, "GET /base/v2/payments/ipg"+bearer, "GET /base/v2/payments/pos?cursor=bz0xJnA9MjAyNC0xMi0xNyswOSkIwMCUzQTAw"+bearer)
}

func TestCursorIsSentAsItCame(t *testing.T) {
	client, p := newClient(t, pageOf("https://x.example/payments/ipg?cursor=a%2Bb%3D%26c+d%2Fe"), pageOf(""))
	page, err := client.Payments(t.Context(), psp.IPG, "")
	if err != nil || page.Next != "a+b=&c d/e" {
		t.Fatalf("next = %q, %v; want the decoded cursor", page.Next, err)
	}
	if _, err := client.Payments(t.Context(), psp.IPG, page.Next); err != nil {
		t.Fatal(err)
	}
	p.want(t, "GET /base/v2/payments/ipg"+bearer, "GET /base/v2/payments/ipg?cursor=a%2Bb%3D%26c+d%2Fe"+bearer)
}

func TestPaymentTimesAndWords(t *testing.T) {
	tests := []struct {
		time string
		want time.Time
	}{
		{"2024-12-17T10:02:55Z", at("2024-12-17T10:02:55Z")},
		{"2024-11-24T01:53:22.609789Z", at("2024-11-24T01:53:22.609789Z")},
		{"2024-12-17T10:02:55", at("2024-12-17T10:02:55Z")},
		{"2024-12-17T10:02:55.5", at("2024-12-17T10:02:55.5Z")},
		{"2024-12-17T13:32:55+03:30", at("2024-12-17T10:02:55Z")},
	}
	for _, tt := range tests {
		sample := strings.NewReplacer("2024-12-17T10:02:55Z", tt.time, `"status":1`, `"status":9`).Replace(paymentSample)
		client, _ := newClient(t, pageOf("", sample))
		page, err := client.Payments(t.Context(), psp.IPG, "")
		if err != nil {
			t.Errorf("%s: %v", tt.time, err)
			continue
		}
		if got := page.Payments[0]; !got.TransactedAt.Equal(tt.want) || got.TransactedAt.Location() != time.UTC || got.Status != 9 {
			t.Errorf("%s: payment = %+v, want %s UTC and the unknown status 9", tt.time, got, tt.want)
		}
	}
}

func TestBadPagesAreUnavailable(t *testing.T) {
	change := func(from, to string) string { return pageOf("", strings.Replace(paymentSample, from, to, 1)) }
	tests := []struct{ name, body string }{
		{"cut", pageOf("", paymentSample)[:100]},
		{"trailing data", pageOf("", paymentSample) + "x"},
		{"not a page", `{"detail":"welcome"}`},
		{"list", `[]`},
		{"amount with a fraction", change("682500", "682500.5")},
		{"amount with an exponent", change("682500", "6825e2")},
		{"amount too large", change("682500", "9223372036854775808")},
		{"amount as text", change("682500", `"682500"`)},
		{"amount null", change("682500", "null")},
		{"amount missing", change(`"amount":682500,`, "")},
		{"amount twice", change(`"amount":682500`, `"amount":1,"amount":682500`)},
		{"amount twice by case", change(`"amount":682500`, `"Amount":1,"amount":682500`)},
		{"id empty", change("01JFA14K25Z6JM78KNT0000ZFD", "")},
		{"time missing", change(`"transaction_datetime":"2024-12-17T10:02:55Z",`, "")},
		{"time bad", change("2024-12-17T10:02:55Z", "1403/09/27")},
		{"status beyond a byte", change(`"status":1`, `"status":256`)},
		{"next without a cursor", pageOf("https://x.example/payments/ipg?page=2", paymentSample)},
		{"next is not a link", pageOf("http://[::1/%zz", paymentSample)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := newClient(t, tt.body)
			page, err := client.Payments(t.Context(), psp.IPG, "")
			if !errs.Is(err, errs.Unavailable) || page.Payments != nil {
				t.Errorf("page = %+v, error = %v; want no payments and unavailable", page, err)
			}
			if strings.Contains(fmt.Sprint(err), "603799") {
				t.Errorf("error shows a card: %v", err)
			}
		})
	}
}

func TestPagesThatNeverEnd(t *testing.T) {
	client, _ := newClient(t, pageOf("https://x.example/psps/?page=2", `{"id":0,"name":"SEP","enabled":true}`))
	if _, err := client.PSPs(t.Context()); !errs.Is(err, errs.Unavailable) {
		t.Errorf("PSPs in a circle: %v, want unavailable", err)
	}
	client, _ = newClient(t, pageOf("https://x.example/payments/ipg?cursor=same", paymentSample))
	if _, err := client.Payments(t.Context(), psp.IPG, "same"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("payments whose next is this page: %v, want unavailable", err)
	}
}

func TestOpenReport(t *testing.T) {
	const file = "PK the workbook"
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the storage got a token")
		}
		if r.RequestURI != "/bucket/Toman_1403-06-20%2003%3A30.xlsx?X-Amz-Expires=172800&X-Amz-Signature=280b" {
			t.Errorf("storage received %s", r.RequestURI)
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, file)
	}))
	defer storage.Close()
	egress := apiclient.NewEgress(apiclient.EgressConfig{
		Hosts: []string{storage.Listener.Addr().String()}, Loopback: true, Types: pspreporting.FileTypes,
	})
	p := &provider{answers: []string{
		`{"url":"` + storage.URL + `/bucket/Toman_1403-06-20%2003%3A30.xlsx?X-Amz-Expires=172800&X-Amz-Signature=280b"}`,
		`{"url":"https://evil.example/x?X-Amz-Signature=LINKSECRET"}`, `{}`,
	}}
	client := clientOf(t, p, egress)
	got, err := client.OpenReport(t.Context(), "u-1")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil || string(body) != file || got.Size != int64(len(file)) || got.ContentType != "application/octet-stream" {
		t.Errorf("file = %q, %d, %s, %v; want the workbook", body, got.Size, got.ContentType, err)
	}
	if err := got.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := client.OpenReport(t.Context(), "u-1"); !errs.Is(err, errs.Declined) || strings.Contains(err.Error(), "LINKSECRET") {
		t.Errorf("link to a foreign host: %v, want declined without the link", err)
	}
	if _, err := client.OpenReport(t.Context(), "u-1"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("answer without a link: %v, want unavailable", err)
	}
	p.want(t, "GET /base/v2/reports/u-1/download"+bearer, "GET /base/v2/reports/u-1/download"+bearer, "GET /base/v2/reports/u-1/download"+bearer)
}

func TestOpenReportWithoutAFile(t *testing.T) {
	client, p := newClient(t, `{"detail":"the report has expired"}`)
	p.status = 400
	_, err := client.OpenReport(t.Context(), "u-1")
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Declined || e.Args["Words"] != "the report has expired" {
		t.Errorf("error = %v, want declined with the provider's words", err)
	}
}

func TestChecksReadEachList(t *testing.T) {
	client, p := newClient(t, pageOf(""))
	for _, step := range connection.Run(t.Context(), client.Checks(), nil) {
		if step.Outcome != connection.Passed {
			t.Errorf("step %+v, want passed", step)
		}
	}
	p.want(t, "GET /base/v2/psps"+bearer, "GET /base/v2/psp-accounts"+bearer, "GET /base/v2/reports/"+bearer, "GET /base/v2/payments/ipg"+bearer)
}

// hundred is a page as the sandbox and the documents have it: a hundred payments, about 22 kB.
func hundred() string {
	payments := make([]string, 100)
	for i := range payments {
		payments[i] = fmt.Sprintf(`{"id":"01JFA14K25Z6JM78KNT0%06d","amount":%d,"masked_paid_card_number":"603799******%04d","terminal_number":"141414%02d",`+
			`"transaction_datetime":"2024-12-17T10:%02d:55.609789Z","status":1,"psp":"SEP"}`, i, 682500+i, i, i, i%60)
	}
	return pageOf("https://repigma.toman.ir/payments/ipg?cursor=bz0xJnA9MjAyNC0xMi0xNyswOSkIwMCUzQTAw", payments...)
}

// BenchmarkPayments measures a page of a hundred from the request to the domain's types, over loopback.
func BenchmarkPayments(b *testing.B) {
	body := []byte(hundred())
	client := clientOf(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Payments(b.Context(), psp.IPG, ""); err != nil {
			b.Fatal(err)
		}
	}
}
