package inquiry_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"payportal/internal/errs"
	"payportal/internal/iban"
	domain "payportal/internal/inquiry"
	"payportal/internal/money"
	"payportal/internal/seal"
	"payportal/provider/apiclient"
	"payportal/provider/inquiry"
	"payportal/provider/sandbox"
	sandboxinquiry "payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
	"payportal/provider/tomanauth"
)

// connect starts the sandbox and gives a client of it with tokens of its own.
func connect(t testing.TB, clock *sandbox.Clock, limits apiclient.Limits) (*inquiry.Client, *toman.Toman) {
	t.Helper()
	s, err := toman.Start(t.Context(), toman.Config{Clock: clock, Seed: pspreporting.SeedConfig{Payments: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	part := func(api, base string, tokens apiclient.Authorizer) *apiclient.Client {
		client, err := apiclient.New(apiclient.Config{Connection: "toman-test", API: api, BaseURL: base, Authorizer: tokens, Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return client
	}
	tokens := tomanauth.New(tomanauth.Config{
		Client: part("auth", s.AuthURL, nil), Connection: "toman-test", Scopes: sandboxinquiry.Scopes(),
		Username: seal.NewSecret(toman.Username), Password: seal.NewSecret(toman.Password),
		ClientID: seal.NewSecret(toman.ClientID), ClientSecret: seal.NewSecret(toman.ClientSecret),
	})
	return inquiry.New(part("inquiry", s.InquiryURL, tokens)), s
}

// TestAgainstTheSandbox asks what the sandbox's README lists.
func TestAgainstTheSandbox(t *testing.T) {
	clock := sandbox.FrozenClock(time.Date(2024, 9, 23, 12, 40, 0, 0, time.UTC))
	client, s := connect(t, clock, apiclient.Limits{})
	s.Inquiry.SetSlowBank(time.Millisecond)
	for _, tt := range []struct {
		number, want string
		err          errs.Kind
	}{
		{sandboxinquiry.PersonIBAN, "4519087612 حساب فعال است, , 3 بانک ملت, زهرا محمدی, ", 0},
		{sandboxinquiry.CompanyIBAN, "732456732147 حساب فعال است, , 2 بانک ملی ایران, الکام توسعه آماد, ", 0},
		{sandboxinquiry.JointIBAN, "1902837465 حساب فعال است, , 4 بانک تجارت, علی رضایی and مریم رضایی, ", 0},
		{sandboxinquiry.ArabicIBAN, "203040506 حساب فعال است, , 9 بانک صادرات ایران, سيد علي كريمي, ", 0},
		{sandboxinquiry.UnknownIBAN, "حساب با این مشخصات یافت نشد", errs.Declined},
		{sandboxinquiry.ProseIBAN, "حساب با این مشخصات یافت نشد", errs.Declined},
		{sandboxinquiry.FailingIBAN, "", errs.Indeterminate},
	} {
		a, err := client.InquireIBAN(t.Context(), ibanOf(t, tt.number))
		if got := describe(a); got != tt.want && err == nil || (err != nil && errs.KindOf(err) != tt.err) || (err == nil && tt.err != 0) {
			t.Errorf("%s: answer %s, error %v; want %s", tt.number, got, err, tt.want)
		}
	}
	for _, number := range []string{sandboxinquiry.InactiveIBAN, sandboxinquiry.BlockedIBAN, sandboxinquiry.ClosedIBAN, sandboxinquiry.SlowIBAN} {
		a, err := client.InquireIBAN(t.Context(), ibanOf(t, number))
		if active := a.State == "حساب فعال است"; err != nil || len(a.Owners) != 1 || active != (number == sandboxinquiry.SlowIBAN) {
			t.Errorf("%s: %s, %v", number, describe(a), err)
		}
	}
	if a, err := client.InquireIBAN(t.Context(), ibanOf(t, sandboxinquiry.IBAN(2, sandboxinquiry.Bare, 0))); err != nil || a.Owners != nil || a.BankID != 0 {
		t.Errorf("a bank that tells little: %s, %v", describe(a), err)
	}
	if a, err := client.CardToIBAN(t.Context(), cardOf(t, sandboxinquiry.PersonCard)); err != nil || a.IBAN != sandboxinquiry.PersonIBAN {
		t.Errorf("card: %s, %v", describe(a), err)
	} else if _, ok := a.Verified(); !ok {
		t.Error("the IBAN of a card is not verified")
	}
	for _, number := range []string{sandboxinquiry.UnknownCard, sandboxinquiry.ProseCard} {
		if a, err := client.CardToIBAN(t.Context(), cardOf(t, number)); !errs.Is(err, errs.Declined) {
			t.Errorf("card %s: %s, %v; want declined", number, describe(a), err)
		}
	}
	if a, err := client.AccountToIBAN(t.Context(), accountOf(t, sandboxinquiry.PersonAccount), sandboxinquiry.PersonBank); err != nil || a.IBAN != sandboxinquiry.PersonIBAN {
		t.Errorf("account: %s, %v", describe(a), err)
	}
	if _, err := client.AccountToIBAN(t.Context(), accountOf(t, sandboxinquiry.PersonAccount), 37); !errs.Is(err, errs.Declined) {
		t.Errorf("account at a bank without IBANs: %v, want declined", err)
	}
	e, err := client.EstimateWage(t.Context(), domain.WageQuestion{Amount: money.Of(700_000_000, money.IRR), SourceBank: 1, DestinationBank: 2})
	if want := time.Date(2024, 9, 23, 15, 15, 0, 0, time.UTC); err != nil || !e.Paya.Arrival.Equal(want) || e.Satna.Wage.Minor != 140_000 || e.A2A.Possible {
		t.Errorf("wages: %+v, %v; want the document's sample", e, err)
	}
}

func describe(a domain.Answer) string {
	var owners []string
	for _, o := range a.Owners {
		owners = append(owners, o.Name())
	}
	return fmt.Sprintf("%s %s, %s, %d %s, %s, %s", a.Deposit, a.State, a.Comment, a.BankID, a.BankName, strings.Join(owners, " and "), a.Remark)
}

// TestSandboxNumbersAreOurNumbers: the sandbox and the portal compute check digits and banks independently of each other.
func TestSandboxNumbersAreOurNumbers(t *testing.T) {
	for _, bank := range iban.Banks() {
		if bank.IBANCode() == "" {
			continue
		}
		for n := range 50 {
			if b, ok := ibanOf(t, sandboxinquiry.IBAN(bank.ID, sandboxinquiry.Person, n)).Bank(); !ok || b.ID != bank.ID {
				t.Errorf("IBAN %d of bank %d is of bank %d here", n, bank.ID, b.ID)
			}
			if b, ok := cardOf(t, sandboxinquiry.Card(bank.ID, sandboxinquiry.Company, n)).Bank(); !ok || b.ID != bank.ID {
				t.Errorf("card %d of bank %d is of bank %d here", n, bank.ID, b.ID)
			}
			accountOf(t, sandboxinquiry.AccountNumber(sandboxinquiry.Joint, n))
		}
	}
}

// TestFaults gives each bad day its kind, and asks once.
func TestFaults(t *testing.T) {
	quick := apiclient.Limits{Header: 300 * time.Millisecond, Body: 64 << 10, Backoff: time.Millisecond}
	for _, tt := range []struct {
		name   string
		fault  sandbox.Fault
		kind   errs.Kind
		asked  int // how often the provider carried it out
		called int // how often it was called
	}{
		{"slow", sandbox.SlowBy(20 * time.Millisecond), 0, 1, 1},
		{"too slow", sandbox.Fault{Kind: sandbox.Slow, DelayMS: 600, AfterEffect: true}, errs.Indeterminate, 1, 1},
		{"hang", sandbox.Fault{Kind: sandbox.Hang}, errs.Indeterminate, 0, 1},
		{"hang after the effect", sandbox.Fault{Kind: sandbox.Hang, AfterEffect: true}, errs.Indeterminate, 1, 1},
		{"401 once", sandbox.Answer(401), 0, 1, 2},
		{"403", sandbox.Answer(403), errs.Forbidden, 0, 1},
		{"404", sandbox.Answer(404), errs.NotFound, 0, 1},
		{"409", sandbox.Answer(409), errs.Declined, 0, 1},
		{"429", sandbox.RateLimited(7 * time.Second), errs.RateLimited, 0, 1},
		{"500", sandbox.Answer(500), errs.Indeterminate, 0, 1},
		{"500 after the effect", sandbox.ErrorAfterEffect(), errs.Indeterminate, 1, 1},
		{"502 of a proxy", sandbox.Answer(502), errs.Indeterminate, 0, 1},
		{"redirect", sandbox.Fault{Kind: sandbox.Status, Status: 302, Header: map[string]string{"Location": "http://127.0.0.1:9/"}}, errs.Indeterminate, 0, 1},
		{"reset", sandbox.Fault{Kind: sandbox.Reset}, errs.Indeterminate, 0, 1},
		{"reset after the effect", sandbox.ResetAfterEffect(), errs.Indeterminate, 1, 1},
		{"cut JSON", sandbox.Fault{Kind: sandbox.CutJSON}, errs.Indeterminate, 1, 1},
		{"cut body", sandbox.Fault{Kind: sandbox.CutBody}, errs.Indeterminate, 1, 1},
		{"HTML", sandbox.Fault{Kind: sandbox.HTML}, errs.Indeterminate, 0, 1},
		{"wrong shape", sandbox.Fault{Kind: sandbox.WrongShape}, errs.Indeterminate, 1, 1},
		{"huge body", sandbox.Fault{Kind: sandbox.HugeBody}, errs.Indeterminate, 0, 1},
	} {
		for kind, number := range map[string]string{"card": cardNumber, "account": "2/" + accountNumber, "iban": ibanNumber, "wage": "1/1/2"} {
			t.Run(tt.name+" "+kind, func(t *testing.T) {
				t.Parallel()
				client, s := connect(t, nil, quick)
				if _, err := s.Engine.Inject(tt.fault.Of("inquiry").For(1)); err != nil {
					t.Fatal(err)
				}
				answer, err := ask(t, client, kind)
				if tt.kind == 0 && err != nil || tt.kind != 0 && !errs.Is(err, tt.kind) {
					t.Errorf("answer %s, error %v; want kind %v", answer, err, tt.kind)
				}
				if got := s.Inquiry.Asked()[number]; got != tt.asked {
					t.Errorf("carried out %d times, want %d", got, tt.asked)
				}
				if got := calls(s, "inquiry"); got != tt.called {
					t.Errorf("called %d times, want %d", got, tt.called)
				}
			})
		}
	}
}

func calls(s *toman.Toman, service string) int {
	return len(s.Engine.Requests(sandbox.Match{Service: service, Method: http.MethodPost}))
}

// TestATokenThatEndsInTheMidstMakesOneRefresh sends thousands of inquiries, 200 at a time, through an API that forgets all
// tokens in between: each is answered and carried out once, and one token request is made.
func TestATokenThatEndsInTheMidstMakesOneRefresh(t *testing.T) {
	const workers, each = 200, 10
	client, s := connect(t, nil, apiclient.Limits{Concurrency: 64})
	if _, err := ask(t, client, "wage"); err != nil {
		t.Fatal(err)
	}
	before := calls(s, "auth")
	var half, all sync.WaitGroup
	half.Add(workers)
	for w := range workers {
		all.Go(func() {
			for i := range each {
				if i == each/2 {
					half.Done()
					if half.Wait(); w == 0 {
						s.Auth.ExpireAccessTokens()
					}
				}
				number := ibanOf(t, sandboxinquiry.IBAN(2, sandboxinquiry.Person, w*each+i))
				if _, err := client.InquireIBAN(t.Context(), number); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := calls(s, "auth") - before; got != 1 {
		t.Errorf("%d token requests after the token ended, want 1", got)
	}
	asked := s.Inquiry.Asked()
	if got, want := len(asked), workers*each+1; got != want {
		t.Errorf("%d numbers were inquired about, want %d", got, want)
	}
	for number, times := range asked {
		if times != 1 {
			t.Errorf("a number was inquired about %d times, want once: %s", times, number)
		}
	}
}

// BenchmarkInquireIBAN measures one inquiry over loopback, the sandbox's work included.
func BenchmarkInquireIBAN(b *testing.B) {
	client, _ := connect(b, nil, apiclient.Limits{})
	number := ibanOf(b, sandboxinquiry.PersonIBAN)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.InquireIBAN(b.Context(), number); err != nil {
			b.Fatal(err)
		}
	}
}
