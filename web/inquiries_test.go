package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/htmlcheck"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/money"
	"payportal/web"
)

// clerks is an inquiry provider in memory that answers every question alike, and counts what it was asked.
type clerks struct {
	mu     sync.Mutex
	asked  int
	answer inquiry.Answer
	wage   inquiry.WageEstimate
	err    error
}

func (c *clerks) Inquiry(context.Context, int64) (inquiry.Provider, error) { return c, nil }

func (c *clerks) ask() (inquiry.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return c.answer, c.err
}

func (c *clerks) CardToIBAN(context.Context, iban.Card) (inquiry.Answer, error) { return c.ask() }

func (c *clerks) AccountToIBAN(context.Context, iban.AccountNumber, int) (inquiry.Answer, error) {
	return c.ask()
}

func (c *clerks) InquireIBAN(context.Context, iban.IBAN) (inquiry.Answer, error) { return c.ask() }

func (c *clerks) EstimateWage(context.Context, inquiry.WageQuestion) (inquiry.WageEstimate, error) {
	_, err := c.ask()
	return c.wage, err
}

// times is how often the provider was asked.
func (c *clerks) times() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// will makes the provider answer so from here on.
func (c *clerks) will(answer inquiry.Answer, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.err = answer, err
}

// What the tests ask about, and what they are told.
const (
	askedCard    = "6037997324567321"
	askedIBAN    = "IR900170000000732456732147"
	askedAccount = "732456732147"
)

func plainAnswer() inquiry.Answer {
	return inquiry.Answer{
		IBAN: askedIBAN, Deposit: askedAccount, State: "حساب فعال است", BankID: 2, BankName: "بانک ملی ایران",
		Owners: []inquiry.Owner{{Last: "الکام توسعه آماد"}, {First: "علی", Last: "رضایی"}},
	}
}

// inquiryPages is a portal with a provider for inquiries, and somebody who may ask.
type inquiryPages struct {
	*portal
	provider *clerks
	clerk    *browser
}

func newInquiryPages(t *testing.T, options ...option) inquiryPages {
	t.Helper()
	pages := inquiryPages{provider: &clerks{answer: plainAnswer()}}
	wire := func(p *portal, c *web.Config) { inquiring(p.db, &c.UseCases, pages.provider) }
	pages.portal = newPortal(t, append([]option{wire}, options...)...)
	pages.clerk = pages.user(t, "nasrin", access.Finance)
	return pages
}

var keyField = regexp.MustCompile(`name="key" value="([^"]+)"`)

// key gives the key of the form on a page.
func key(t *testing.T, page string) string {
	t.Helper()
	found := keyField.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("there is no form with a key\n%s", page)
	}
	return found[1]
}

// ask opens a page and sends its form.
func (p inquiryPages) ask(t *testing.T, path string, status int, fields url.Values, checks ...htmlcheck.Check) answer {
	t.Helper()
	fields.Set("key", key(t, p.clerk.get(path, http.StatusOK).body))
	return p.clerk.post(path, status, fields, checks...)
}

// alerts demands an alert with the text.
func alerts(text string) htmlcheck.Check {
	return func(n *html.Node) error {
		for _, alert := range htmlcheck.All(n, ".alert") {
			if strings.Contains(htmlcheck.Text(alert), text) {
				return nil
			}
		}
		return fmt.Errorf("no alert says %q", text)
	}
}

// nth checks the element that is the nth to match, from 1.
func nth(sel string, place int, check htmlcheck.Check) htmlcheck.Check {
	return func(n *html.Node) error {
		found := htmlcheck.All(n, sel)
		if len(found) < place {
			return fmt.Errorf("%s: got %d elements, want at least %d", sel, len(found), place)
		}
		return check(found[place-1])
	}
}

func TestACardIsAskedForItsIBAN(t *testing.T) {
	pages := newInquiryPages(t)
	page := pages.ask(t, "/inquiries/card", http.StatusOK, url.Values{"number": {"۶۰۳۷-۹۹۷۳ 2456\u200c٧٣٢١"}})
	htmlcheck.Run(t, page.body,
		htmlcheck.In("[data-result]", htmlcheck.HasText("6037 9973 2456 7321")),
		htmlcheck.In("[data-result]", htmlcheck.HasText("IR90 0170 0000 0073 2456 7321 47")),
		htmlcheck.In(`[data-copy="`+askedIBAN+`"]`),
		htmlcheck.In("[data-result] .bank", htmlcheck.HasText("Melli")),
		htmlcheck.In("[data-result]", htmlcheck.HasText("Check digits hold")),
		htmlcheck.In("#f-number[autofocus]", htmlcheck.NoAttr("value")),
		htmlcheck.In(".ask-actions .hint", htmlcheck.HasText("1 of 50,000 used today; 49,999 left")),
	)
	if strings.Contains(page.body, "Owners") {
		t.Error("a card's inquiry tells no owner, and the page speaks of owners")
	}
	if got := pages.provider.times(); got != 1 {
		t.Errorf("the provider was asked %d times, want 1", got)
	}
}

func TestAnAccountIsAskedWithItsBank(t *testing.T) {
	pages := newInquiryPages(t)
	pages.clerk.get("/inquiries/account", http.StatusOK, htmlcheck.Count("#f-bank option", 39), nth("#f-bank option", 2, htmlcheck.HasExactText("Ansar")))
	pages.ask(t, "/inquiries/account", http.StatusOK, url.Values{"number": {askedAccount}, "bank": {"2"}, "name": {"علي  رضائی"}},
		htmlcheck.In("[data-result] .owners", htmlcheck.HasText("الکام توسعه آماد")), htmlcheck.In("[data-result] .owners", htmlcheck.HasText("Company")),
		htmlcheck.In("[data-result]", htmlcheck.HasText("Match")), htmlcheck.In("[data-result]", htmlcheck.HasText("حساب فعال است")),
		htmlcheck.In(`#f-bank option[value="2"][selected]`))
	pages.ask(t, "/inquiries/account", http.StatusUnprocessableEntity, url.Values{"number": {"12"}, "name": {"رضا"}},
		htmlcheck.In("title", htmlcheck.HasText("Error:")), htmlcheck.In("#f-number-err", htmlcheck.HasText("This has 2 digits.")), htmlcheck.In("#f-bank-err", htmlcheck.HasText("Choose a bank.")),
		htmlcheck.In(`#f-number[value="12"]`), htmlcheck.In(`#f-name[value="رضا"]`), htmlcheck.In("#form-errors[autofocus]"))
}

func TestAWrongNumberIsNeverSent(t *testing.T) {
	pages := newInquiryPages(t)
	for _, tt := range []struct{ path, number, want string }{
		{"/inquiries/iban", "", "Enter the number."},
		{"/inquiries/iban", "IR91 0170 0000 0073 2456 7321 47", "The check digits (the two after IR) do not fit the rest"},
		{"/inquiries/iban", "IR90 0170 0000 0073 2456 7321", "This has 22 digits."},
		{"/inquiries/iban", "PL90 0170 0000 0073 2456 7321 47", "This IBAN begins with PL."},
		{"/inquiries/iban", askedCard, "This is a card number."},
		{"/inquiries/card", "6037997324567322", "The last digit, which checks the others, does not fit"},
		{"/inquiries/card", "60379973x4567321", "The character at place 9 does not belong in a card number."},
		{"/inquiries/card", askedIBAN, "This is an IBAN."},
		{"/inquiries/card", strings.Repeat("6", 201), "Use at most 200 characters."},
	} {
		page := pages.ask(t, tt.path, http.StatusUnprocessableEntity, url.Values{"number": {tt.number}}, htmlcheck.In("#f-number-err", htmlcheck.HasText(tt.want)))
		if tt.number != "" && len(tt.number) <= 200 {
			htmlcheck.Run(t, page.body, htmlcheck.In(`#f-number[value="`+tt.number+`"][aria-invalid="true"]`))
		}
	}
	if got := pages.provider.times(); got != 0 {
		t.Errorf("the provider was asked %d times about wrong numbers, want never", got)
	}
}

func TestTheHintKnowsANumberBeforeItIsAsked(t *testing.T) {
	pages := newInquiryPages(t)
	for _, tt := range []struct {
		kind, number, bank string
		want               []string
	}{
		{"card", askedCard, "", []string{"MLI", "Melli", "Check digits fit"}},
		{"card", "6037 9973", "", []string{"8 of 16 digits"}},
		{"card", "6037997324567322", "", []string{"The last digit"}},
		{"iban", "ir۹۰ ۰۱۷۰ ۰۰۰۰ ۰۰۷۳ ۲۴۵۶ ۷۳۲۱ ۴۷", "", []string{"Melli"}},
		{"iban", "IR91 0170 0000 0073 2456 7321 47", "", []string{"the two after IR"}},
		{"account", askedAccount, "3", []string{"Mellat", "Can be an account number"}},
		{"account", askedAccount, "", []string{"Can be an account number"}},
	} {
		got := pages.clerk.htmx().post("/inquiries/"+tt.kind+"/check", http.StatusOK, url.Values{"number": {tt.number}, "bank": {tt.bank}}).body
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s %s: got %s, want %s in it", tt.kind, tt.number, got, want)
			}
		}
	}
	if got := pages.clerk.htmx().post("/inquiries/iban/check", http.StatusOK, url.Values{"number": {" "}}).body; strings.TrimSpace(got) != "" {
		t.Errorf("an empty field: got %s, want nothing", got)
	}
	if got := pages.provider.times(); got != 0 {
		t.Errorf("the provider was asked %d times while somebody typed, want never", got)
	}
}

func TestAnAnswerWarnsOfWhatIsWrong(t *testing.T) {
	pages := newInquiryPages(t)
	answer := plainAnswer()
	answer.IBAN, answer.State, answer.Comment, answer.Remark = "IR910170000000732456732147", "حساب غیر\u200cفعال است", "به شعبه مراجعه شود", "از نسخه دیروز"
	pages.provider.will(answer, nil)
	pages.ask(t, "/inquiries/iban", http.StatusOK, url.Values{"number": {askedIBAN}, "name": {"محمد کریمی"}},
		alerts("The check digits of this IBAN do not hold"), alerts("This account may not take a transfer"),
		htmlcheck.In("[data-result]", htmlcheck.HasText("به شعبه مراجعه شود")), htmlcheck.In("[data-result]", htmlcheck.HasText("از نسخه دیروز")),
		htmlcheck.In("[data-result]", htmlcheck.HasText("Differs")), htmlcheck.In("[data-result] mark"), htmlcheck.In("[data-result]", htmlcheck.HasText("Only in the typed name")))
}

func TestAFreshAnswerCostsNothingUntilItIsAskedAgain(t *testing.T) {
	pages := newInquiryPages(t)
	question := func() url.Values { return url.Values{"number": {askedIBAN}} }
	pages.ask(t, "/inquiries/iban", http.StatusOK, question(), htmlcheck.NotIn("[data-again]"))
	page := pages.ask(t, "/inquiries/iban", http.StatusOK, question(), alerts("Earlier answer (just now), not charged"), htmlcheck.In("form [data-again]"))
	if got := pages.provider.times(); got != 1 {
		t.Fatalf("the provider was asked %d times, want 1", got)
	}
	again := question()
	again.Set("again", "1")
	again.Set("key", key(t, page.body))
	htmlcheck.Run(t, page.body, htmlcheck.In(`form input[name="again"][value="1"]`), htmlcheck.In(`form input[name="number"][value="`+askedIBAN+`"]`))
	pages.clerk.post("/inquiries/iban", http.StatusOK, again, htmlcheck.NotIn("[data-again]"))
	if got := pages.provider.times(); got != 2 {
		t.Errorf("the provider was asked %d times, want 2", got)
	}
}

func TestTheSameFormSentTwiceAsksOnce(t *testing.T) {
	pages := newInquiryPages(t)
	fields := url.Values{"number": {askedIBAN}, "again": {"1"}}
	pages.ask(t, "/inquiries/iban", http.StatusOK, fields)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { pages.clerk.send(http.MethodPost, "/inquiries/iban", fields) })
	}
	all.Wait()
	pages.clerk.post("/inquiries/iban", http.StatusOK, fields, htmlcheck.In("[data-result]", htmlcheck.HasText("IR90 0170")))
	if got := pages.provider.times(); got != 1 {
		t.Errorf("the provider was asked %d times, want 1", got)
	}
	fields.Set("number", ibanOf("12345678").Reveal())
	page := pages.clerk.post("/inquiries/iban", http.StatusConflict, fields, alerts("This form had already been sent with another question."))
	if key(t, page.body) == fields.Get("key") {
		t.Error("the form came back with the key that was used up")
	}
	fields.Set("key", "no key of ours")
	pages.clerk.post("/inquiries/iban", http.StatusUnprocessableEntity, fields, htmlcheck.In("#form-errors"))
}

func TestWhatAProviderDoesNotAnswer(t *testing.T) {
	pages := newInquiryPages(t)
	refusal := &errs.Error{
		Kind: errs.Declined, Op: "card to IBAN", Msg: "provider.declined_words", Args: map[string]any{"Connection": "toman", "Words": "کارت یافت نشد"},
	}
	for _, tt := range []struct {
		name   string
		err    error
		status int
		want   string
		retry  bool
	}{
		{"refused", refusal, http.StatusOK, "کارت یافت نشد", false},
		{"down", errs.New(errs.Unavailable, "ask", "provider.failure.refused", nil), http.StatusServiceUnavailable, "Nothing was asked", true},
		{"busy", errs.New(errs.RateLimited, "ask", "provider.rate_limited", nil), http.StatusServiceUnavailable, "Nothing was asked", true},
		{"without scope", errs.New(errs.Forbidden, "ask", "provider.forbidden", nil), http.StatusServiceUnavailable, "Nothing was asked", true},
		{"lost", errs.New(errs.Indeterminate, "ask", "provider.unknown_outcome", nil), http.StatusBadGateway, "The answer was lost", true},
		{"unclear", context.DeadlineExceeded, http.StatusBadGateway, "The answer was lost", true},
	} {
		pages.provider.will(inquiry.Answer{}, tt.err)
		fields := url.Values{"number": {askedCard}, "again": {"1"}}
		page := pages.ask(t, "/inquiries/card", tt.status, fields, alerts(tt.want), htmlcheck.In(`#f-number[value="`+askedCard+`"]`), htmlcheck.NotIn("[data-result]"))
		if got := strings.Contains(page.body, `form="inquiry-form"`); got != tt.retry {
			t.Errorf("%s: a retry is offered: %v, want %v", tt.name, got, tt.retry)
		}
		if tt.retry && !strings.Contains(page.body, page.header.Get("X-Request-Id")) {
			t.Errorf("%s: the page does not say its request id", tt.name)
		}
		if key(t, page.body) == fields.Get("key") {
			t.Errorf("%s: the form came back with the key that was used up", tt.name)
		}
		if fragment := pages.clerk.htmx().post("/inquiries/card", tt.status, fields).body; !strings.HasPrefix(strings.TrimSpace(fragment), `<div id="inquiry"`) {
			t.Errorf("%s: htmx got %.80s, want the part of the page", tt.name, fragment)
		}
	}
}

func TestAllowancesEnd(t *testing.T) {
	pages := newInquiryPages(t)
	setLimits(t, pages, func(s *inquiry.Settings) { s.Roles[access.Finance] = inquiry.Limits{PerDay: 1, LinesPerFile: 10} })
	pages.ask(t, "/inquiries/iban", http.StatusOK, url.Values{"number": {askedIBAN}}, htmlcheck.In("[data-used-up]", htmlcheck.HasText("Nothing is left of today's 1.")))
	pages.ask(t, "/inquiries/card", http.StatusTooManyRequests, url.Values{"number": {askedCard}},
		alerts("Today's allowance is used up"), alerts("0 left, 1 needed"), htmlcheck.In(`#f-number[value="`+askedCard+`"]`))
	pages.ask(t, "/inquiries/iban", http.StatusOK, url.Values{"number": {askedIBAN}}, alerts("not charged"))
	if got := pages.provider.times(); got != 1 {
		t.Errorf("the provider was asked %d times, want 1", got)
	}
}

// setLimits changes the settings as an administrator does.
func setLimits(t *testing.T, pages inquiryPages, change func(*inquiry.Settings)) {
	t.Helper()
	rules := inquiry.NewRules(pages.db, time.UTC, time.Now)
	settings, err := rules.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	change(&settings)
	if err := rules.Change(t.Context(), audit.System("test"), settings); err != nil {
		t.Fatal(err)
	}
}

// TestNoNumberLeavesTheAnswer asks in every way and looks for what was asked and told where it must not be: addresses, titles,
// headers, log lines and the trail.
func TestNoNumberLeavesTheAnswer(t *testing.T) {
	pages := newInquiryPages(t)
	administrator := pages.user(t, "amir", access.Administrator)
	secrets := []string{askedCard, askedCard[6:], askedIBAN, askedIBAN[12:], askedAccount, "الکام", "رضایی"}
	questions := map[string]url.Values{
		"/inquiries/card":    {"number": {askedCard}},
		"/inquiries/account": {"number": {askedAccount}, "bank": {"2"}, "name": {"رضایی"}},
		"/inquiries/iban":    {"number": {askedIBAN}, "name": {"رضایی"}},
	}
	for _, failure := range []error{nil, errs.New(errs.Indeterminate, "ask", "", nil), errs.New(errs.Declined, "ask", "", nil)} {
		pages.provider.will(plainAnswer(), failure)
		for path, fields := range questions {
			fields.Set("again", "1")
			fields.Set("key", key(t, pages.clerk.get(path, http.StatusOK).body))
			page := pages.clerk.send(http.MethodPost, path, fields)
			title := regexp.MustCompile(`<title>[^<]*</title>`).FindString(page.body)
			for _, secret := range secrets {
				if strings.Contains(title, secret) {
					t.Errorf("%s: %q stands in the title", path, secret)
				}
				for name, values := range page.header {
					if strings.Contains(strings.Join(values, " "), secret) {
						t.Errorf("%s: %q stands in the header %s", path, secret, name)
					}
				}
				for _, address := range regexp.MustCompile(`(href|action|hx-[a-z-]+)="[^"]*"`).FindAllString(page.body, -1) {
					if strings.Contains(address, secret) {
						t.Errorf("%s: %q stands in %s", path, secret, address)
					}
				}
			}
			pages.clerk.post(path+"/check", http.StatusOK, fields)
		}
	}
	trail := administrator.get("/admin/audit?act=inquiry.", http.StatusOK).body
	if !strings.Contains(trail, "Asked whose an IBAN is") {
		t.Error("the trail does not name the inquiries")
	}
	for _, secret := range secrets {
		if strings.Contains(pages.log.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
		if strings.Contains(trail, secret) {
			t.Errorf("%q stands in the trail", secret)
		}
	}
}

func TestWagesOfATransfer(t *testing.T) {
	pages := newInquiryPages(t)
	now := time.Now().UTC().Truncate(time.Second)
	pages.provider.wage = inquiry.WageEstimate{
		Paya:  inquiry.WageRoute{Possible: true, Wage: money.Of(30_000, money.IRR), Arrival: now.Add(40 * time.Minute)},
		Satna: inquiry.WageRoute{Possible: true, Wage: money.Of(140_000, money.IRR), Arrival: now.Add(20*time.Minute + 10*time.Second)},
	}
	fields := url.Values{"amount": {"۷۰۰,۰۰۰,۰۰۰"}, "source": {"1"}, "destination_iban": {askedIBAN}}
	pages.ask(t, "/inquiries/wage", http.StatusOK, fields,
		htmlcheck.In("[data-result]", htmlcheck.HasText("700,000,000 rial")), htmlcheck.In("[data-result]", htmlcheck.HasText("seven hundred million")), htmlcheck.In("[data-result]", htmlcheck.HasText("Melli")),
		nth(".route", 1, htmlcheck.HasText("Cheapest")), nth(".route", 1, htmlcheck.HasText("30,000")), nth(".route", 1, htmlcheck.HasText("in 40 minutes")),
		nth(".route", 2, htmlcheck.HasText("Fastest")), nth(".route", 3, htmlcheck.HasText("It works within one bank only")),
		htmlcheck.In(".route time[title]"))
	pages.provider.wage = inquiry.WageEstimate{}
	fields.Set("destination", "2")
	fields.Set("again", "1")
	pages.ask(t, "/inquiries/wage", http.StatusOK, fields, alerts("No way of transfer is possible"))
}

func TestWrongTransfersAreNotEstimated(t *testing.T) {
	pages := newInquiryPages(t)
	good := url.Values{"amount": {"1,000"}, "source": {"1"}, "destination": {"2"}}
	for _, tt := range []struct{ field, value, at, want string }{
		{"amount", "", "amount", "Fill in this field."},
		{"amount", "a lot", "amount", "Enter an amount such as"},
		{"amount", "0", "amount", "at least one rial"},
		{"source", "", "source", "Choose a bank."},
		{"source", "39", "source", "Choose a bank."},
		{"destination", "", "destination", "Choose the bank that the money goes to"},
		{"destination_iban", "IR00", "destination_iban", "This has 2 digits."},
		{"destination_iban", ibanAtMellat(t), "destination_iban", "This IBAN is at Mellat"},
	} {
		fields := url.Values{}
		for name, values := range good {
			fields[name] = values
		}
		fields.Set(tt.field, tt.value)
		pages.ask(t, "/inquiries/wage", http.StatusUnprocessableEntity, fields, htmlcheck.In("#f-"+tt.at+"-err", htmlcheck.HasText(tt.want)), htmlcheck.Count("#form-errors li", 1))
	}
	if got := pages.provider.times(); got != 0 {
		t.Errorf("the provider was asked %d times, want never", got)
	}
	for amount, want := range map[string]string{"1,500": "150 toman, one thousand five hundred rials", "many": ""} {
		if got := pages.clerk.get("/inquiries/wage/words?amount="+url.QueryEscape(amount), http.StatusOK).body; got != want {
			t.Errorf("%s in words: got %q, want %q", amount, got, want)
		}
	}
}

func ibanAtMellat(t *testing.T) string {
	t.Helper()
	number, err := iban.MakeIBAN("012", "4711")
	if err != nil {
		t.Fatal(err)
	}
	return number.Reveal()
}

func TestInquiriesNeedAConnection(t *testing.T) {
	pages := newInquiryPages(t, func(_ *portal, c *web.Config) {
		c.InquiryConnections = func(context.Context) ([]web.OfferedConnection, error) { return nil, nil }
	})
	for _, path := range []string{"/inquiries/card", "/inquiries/account", "/inquiries/iban", "/inquiries/wage"} {
		pages.clerk.get(path, http.StatusOK, htmlcheck.In(".empty-state", htmlcheck.HasText("No connection for inquiries")), htmlcheck.NotIn(".empty-state a"))
	}
	pages.user(t, "amir", access.Administrator).get("/inquiries/card", http.StatusOK, htmlcheck.In(`.empty-state a[href="/admin/connections"]`))
}

func TestInquiriesThatOneMayNotAskAreNotOffered(t *testing.T) {
	pages := newInquiryPages(t)
	pages.user(t, "omid", access.Support).get("/", http.StatusOK, htmlcheck.NotIn(`#side a[href="/inquiries/card"]`))
	pages.clerk.get("/", http.StatusOK, htmlcheck.In(`#side a[href="/inquiries/card"][data-key="k"]`), htmlcheck.NotIn(`#side a[href="/inquiries/settings"]`))
	pages.clerk.get("/inquiries/settings", http.StatusForbidden, htmlcheck.In(".error-page", htmlcheck.HasText("inquiry.manage")))
}
