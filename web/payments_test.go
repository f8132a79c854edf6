package web_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/htmlcheck"
	"payportal/internal/mirror"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/store/storetest"
	"payportal/web"
)

// withPayments mirrors n payments of connection 1, the newest at storetest.Newest, which is an hour ago for the portal.
func withPayments(t testing.TB, n int) option {
	t.Helper()
	return func(p *portal, c *web.Config) {
		if err := storetest.FillPayments(t.Context(), p.db, n, 1); err != nil {
			t.Fatal(err)
		}
		c.Now = func() time.Time { return storetest.Newest.Add(time.Hour) }
		c.Payments = &psp.Payments{Store: p.db}
		c.Directory = psp.NewDirectory(p.db, nil)
		c.ReportingConnections = func(context.Context) ([]web.OfferedConnection, error) {
			return []web.OfferedConnection{{ID: 1, Name: "toman", Environment: "sandbox"}}, nil
		}
		c.MirrorProgress = func(context.Context) ([]mirror.Progress, error) { return nil, nil }
		c.RecordAudit = p.db.RecordAudit
		c.Views = &psp.Views{Store: p.db}
	}
}

// ids are the payments of a page, in order, from the links of its rows.
func ids(t testing.TB, page string) []string {
	t.Helper()
	var found []string
	for _, a := range htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(page)), "tbody th a") {
		href, _ := htmlcheck.Attr(a, "href")
		id, _, _ := strings.Cut(strings.TrimPrefix(href, "/payments/"), "?")
		found = append(found, id)
	}
	return found
}

// href gives the address of the first link that the selector finds.
func href(t testing.TB, page, selector string) string {
	t.Helper()
	found := htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(page)), selector)
	if len(found) == 0 {
		t.Fatalf("no %s in the page", selector)
	}
	address, _ := htmlcheck.Attr(found[0], "href")
	return address
}

func nodes(t testing.TB, page, selector string) []*html.Node {
	t.Helper()
	return htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(page)), selector)
}

func TestPaymentsPageThroughTheList(t *testing.T) {
	p := newPortal(t, withPayments(t, 70))
	b := p.user(t, "nasrin", access.Finance)
	first := b.get("/payments", http.StatusOK, htmlcheck.Count("tbody tr", 25), htmlcheck.In("a[rel=next]"), htmlcheck.NotIn("a[rel=prev]"),
		htmlcheck.Count("th[aria-sort]", 1))
	second := b.get(href(t, first.body, "a[rel=next]"), http.StatusOK, htmlcheck.In("a[rel=prev]"))
	third := b.get(href(t, second.body, "a[rel=next]"), http.StatusOK, htmlcheck.Count("tbody tr", 20), htmlcheck.NotIn("a[rel=next]"))
	all := slices.Concat(ids(t, first.body), ids(t, second.body), ids(t, third.body))
	slices.Sort(all)
	if got := len(slices.Compact(all)); got != 70 {
		t.Errorf("three pages have %d different payments, want 70", got)
	}
	back := b.get(href(t, third.body, "a[rel=prev]"), http.StatusOK)
	if got, want := ids(t, back.body), ids(t, second.body); !slices.Equal(got, want) {
		t.Errorf("the page before the third = %v, want the second %v", got, want)
	}
}

func TestPaymentsSortLinksSwapTheOrder(t *testing.T) {
	b := newPortal(t, withPayments(t, 30)).user(t, "nasrin", access.Finance)
	page := b.get("/payments?status=successful", http.StatusOK, htmlcheck.In("th[aria-sort=descending] #payments-table-sort-time"))
	page = b.get(href(t, page.body, "#payments-table-sort-amount"), http.StatusOK,
		htmlcheck.In("th[aria-sort=descending] #payments-table-sort-amount"), htmlcheck.Count("th[aria-sort]", 1))
	if got, want := href(t, page.body, "#payments-table-sort-amount"), "/payments?status=successful&sort=amount"; got != want {
		t.Errorf("the link of the sorted column = %q, want %q", got, want)
	}
	b.get("/payments?sort=amount", http.StatusOK, htmlcheck.In("th[aria-sort=ascending] #payments-table-sort-amount"))
	b.get("/payments", http.StatusOK, htmlcheck.In("form[data-filter] input[name=sort]"), htmlcheck.In("form[data-filter] input[name=size]"),
		htmlcheck.In("form[data-filter] input[name=view]"))
}

func TestPaymentsFiltersAreChipsThatCanBeRemoved(t *testing.T) {
	b := newPortal(t, withPayments(t, 200)).user(t, "nasrin", access.Finance)
	page := b.get("/payments?psp=SEP&status=failed&type=pos&min=10000&sort=amount", http.StatusOK,
		htmlcheck.Count(".chips .chip", 4), htmlcheck.In("#f-status option[selected]", htmlcheck.HasText("Failed")),
		htmlcheck.In("input[name=sort]", htmlcheck.HasAttr("value", "amount")))
	for _, chip := range nodes(t, page.body, ".chip a") {
		address, _ := htmlcheck.Attr(chip, "href")
		b.get(address, http.StatusOK, htmlcheck.Count(".chips .chip", 3))
	}
	if got, want := href(t, page.body, ".chips .clear"), "/payments?sort=amount"; got != want {
		t.Errorf("clear all leads to %q, want %q", got, want)
	}
}

func TestPaymentsAreFoundByWhatPeoplePaste(t *testing.T) {
	p := newPortal(t, withPayments(t, 200))
	list, err := p.Payments.List(t.Context(), psp.PaymentQuery{Size: 25})
	if err != nil {
		t.Fatal(err)
	}
	wanted := list.Payments[7]
	last := wanted.MaskedCard[len(wanted.MaskedCard)-4:]
	persian := strings.Map(func(r rune) rune { return r - '0' + '۰' }, last)
	b := p.user(t, "nasrin", access.Finance)
	for _, text := range []string{
		wanted.ID, strings.ToLower(wanted.ID[:12]), last, persian, wanted.MaskedCard[:6], wanted.MaskedCard, " " + wanted.TerminalNumber + " ",
	} {
		page := b.get("/payments?q="+url.QueryEscape(text), http.StatusOK)
		if !slices.Contains(ids(t, page.body), wanted.ID) {
			t.Errorf("q=%q does not find the payment %s", text, wanted.ID)
		}
	}
}

func TestPaymentsKeepNoCardNumberInTheAddress(t *testing.T) {
	b := newPortal(t, withPayments(t, 1)).user(t, "nasrin", access.Finance)
	a := b.get("/payments?status=failed&q=6037-9912-3456-9999", http.StatusSeeOther)
	if got, want := a.header.Get("Location"), "/payments?q=603799%2A%2A%2A%2A%2A%2A9999&status=failed"; got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
	b.get(a.header.Get("Location"), http.StatusOK, htmlcheck.In("#f-q", htmlcheck.HasAttr("value", "603799******9999")))
}

func TestPaymentsRefuseBadParametersWithThePageIntact(t *testing.T) {
	b := newPortal(t, withPayments(t, 3)).user(t, "nasrin", access.Finance)
	tests := []struct{ query, field string }{
		{"status=lost", "status"},
		{"type=atm", "type"},
		{"period=decade", "period"},
		{"from=1404/13/01", "from"},
		{"to=tomorrow", "to"},
		{"min=12x", "min"},
		{"max=-5", "max"},
		{"q=%2500", "q"},
		{"q=a%E2%80%AEb", "q"},
		{"q=1&q=2", "q"},
		{"status=failed&status=failed", "status"},
		{"from=2026-02-10&to=2026-02-01", "to"},
		{"min=2000&max=1000", "max"},
		{"period=7d&from=2026-02-01", "period"},
		{"connection=nobody", "connection"},
		{"psp=" + strings.Repeat("x", 101), "psp"},
		{"sort=id%3Bdrop", ""},
		{"size=1000", ""},
		{"after=forged", ""},
		{"after=AQA", ""},
		{"view=x", ""},
		{"unit=dollar", ""},
	}
	for _, tt := range tests {
		page := b.get("/payments?"+tt.query, http.StatusUnprocessableEntity, htmlcheck.In("title", htmlcheck.HasText("Error:")),
			htmlcheck.In("#form-errors li"), htmlcheck.In("form[data-filter]"), htmlcheck.In("nav"), htmlcheck.NotIn("tbody tr"))
		if tt.field != "" && tt.field != "connection" {
			htmlcheck.Run(t, page.body, htmlcheck.In("#form-errors a", htmlcheck.HasHref("#f-"+tt.field)),
				htmlcheck.In("#f-"+tt.field, htmlcheck.HasAttr("aria-invalid", "true")))
		}
		b.get(href(t, page.body, "#payments a.btn"), http.StatusOK, htmlcheck.NotIn("#form-errors"))
		b.htmx().get("/payments?"+tt.query, http.StatusUnprocessableEntity, htmlcheck.In("section#payments #form-errors li"), htmlcheck.NotIn("html"))
	}
	b.get("/payments?min=12x", http.StatusUnprocessableEntity, htmlcheck.In("#f-min", htmlcheck.HasAttr("value", "12x")))
	b.get("/payments?q=%zz", http.StatusUnprocessableEntity)
	b.get("/payments?q="+strings.Repeat("x", 9000), http.StatusUnprocessableEntity)
	b.get("/payments/totals?status=lost", http.StatusUnprocessableEntity)
}

func TestPaymentsFragmentIsTheLivePartAlone(t *testing.T) {
	b := newPortal(t, withPayments(t, 30)).user(t, "nasrin", access.Finance)
	full := b.get("/payments?status=successful&size=50", http.StatusOK)
	part := b.htmx().get("/payments?status=successful&size=50", http.StatusOK, htmlcheck.NotIn("html"), htmlcheck.NotIn("form[data-filter]"),
		htmlcheck.In("section#payments[data-announce]"))
	if got, want := ids(t, part.body), ids(t, full.body); !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("the fragment has %v, want the rows of the page %v", got, want)
	}
	if !strings.Contains(full.body, strings.TrimSpace(part.body)) {
		t.Error("the fragment is not a part of the page as it stands")
	}
}

func TestPaymentsTotalsAreOfTheSameFilter(t *testing.T) {
	p := newPortal(t, withPayments(t, 300))
	b := p.user(t, "nasrin", access.Finance)
	page := b.get("/payments?status=failed&period=90d&size=100&sort=amount", http.StatusOK)
	rows := ids(t, page.body)
	lazy, _ := htmlcheck.Attr(nodes(t, page.body, "#payments-totals")[0], "hx-get")
	if got, want := lazy, "/payments/totals?period=90d&status=failed"; got != want {
		t.Errorf("totals come from %q, want %q", got, want)
	}
	var sum int64
	for _, id := range rows {
		detail, err := p.Payments.Detail(t.Context(), 1, id)
		if err != nil {
			t.Fatal(err)
		}
		sum += detail.Amount.Minor
	}
	want := money.FormatMinor(money.Of(sum, money.IRR), money.Rial)
	b.htmx().get(lazy, http.StatusOK, htmlcheck.NotIn("html"),
		htmlcheck.In("#payments-totals", htmlcheck.HasText(want), htmlcheck.HasAttr("data-announce", p.count(len(rows)))))
	b.get(lazy, http.StatusOK, htmlcheck.In("html"), htmlcheck.In("main", htmlcheck.HasText(want)),
		htmlcheck.In(`a[href="/payments?period=90d&status=failed"]`))
}

func (p *portal) count(n int) string {
	return money.FormatMinor(money.Of(int64(n), money.IRR), money.Rial) + " payments"
}

func TestPaymentsColumnsAndPageSizeAreKept(t *testing.T) {
	p := newPortal(t, withPayments(t, 60))
	b := p.user(t, "nasrin", access.Finance)
	page := b.get("/payments?status=successful&sort=amount", http.StatusOK, htmlcheck.Count("#payments-display input[type=checkbox]", 7))
	back, _ := htmlcheck.Attr(nodes(t, page.body, "#payments-display input[name=return]")[0], "value")
	a := b.post("/payments/display", http.StatusSeeOther, url.Values{
		"columns": {"1"}, "column-card": {"on"}, "column-amount": {"on"}, "size": {"50"}, "return": {back},
	})
	if got, want := a.header.Get("Location"), "/payments?status=successful&sort=amount&size=50"; got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
	again := p.visitor(t)
	again.post("/sign-in", http.StatusSeeOther, url.Values{"username": {"nasrin"}, "password": {password}})
	again.get("/payments", http.StatusOK, htmlcheck.Count("thead th", 3), htmlcheck.Count("tbody tr", 50), htmlcheck.Count("tbody td", 100),
		htmlcheck.In(".pager strong", htmlcheck.HasText("50")))
	p.user(t, "omid", access.Finance).get("/payments", http.StatusOK, htmlcheck.Count("thead th", 8), htmlcheck.Count("tbody tr", 25))

	b.post("/payments/display", http.StatusSeeOther, url.Values{"size": {"100"}, "return": {"https://evil.example/payments"}})
	b.get("/payments", http.StatusOK, htmlcheck.Count("thead th", 3), htmlcheck.Count("tbody tr", 60))
	b.post("/payments/display", http.StatusUnprocessableEntity, url.Values{"size": {"7"}})
}

func TestPaymentsSpeakTheUsersLanguage(t *testing.T) {
	p := newPortal(t, withPayments(t, 30))
	b := p.user(t, "nasrin", access.Finance)
	english := b.get("/payments?min=1000000&to=2026-02-28", http.StatusOK, htmlcheck.In(".chips", htmlcheck.HasText("1,000,000 rial"), htmlcheck.HasText("28 February 2026")))
	b.post("/account/preferences", http.StatusSeeOther, url.Values{"lang": {"fa"}, "unit": {"toman"}, "return": {"/payments"}})
	persian := b.get("/payments?min=1000000&to=2026-02-28", http.StatusOK,
		htmlcheck.In("html", htmlcheck.HasAttr("dir", "rtl")), htmlcheck.In("#f-min", htmlcheck.HasAttr("value", "100,000")),
		htmlcheck.In("#f-to", htmlcheck.HasAttr("value", "1404/12/09")), htmlcheck.In("input[name=unit]", htmlcheck.HasAttr("value", "toman")),
		htmlcheck.In(".chips", htmlcheck.HasText("۱۰۰٬۰۰۰ تومان"), htmlcheck.HasText("۹ اسفند ۱۴۰۴")))
	if got, want := ids(t, persian.body), ids(t, english.body); !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("in Persian the address has the payments %v, want %v", got, want)
	}
	amounts := nodes(t, persian.body, "tbody [data-amount]")
	for i, n := range nodes(t, english.body, "tbody [data-amount]") {
		was, _ := htmlcheck.Attr(n, "data-amount")
		rial, err := money.ParseAmount(strings.TrimSuffix(htmlcheck.Text(n), " rial"), money.IRR, money.Rial)
		toman, err2 := money.ParseAmount(strings.TrimSuffix(htmlcheck.Text(amounts[i]), " تومان"), money.IRR, money.Toman)
		if err != nil || err2 != nil || rial != toman {
			t.Errorf("%s rial reads %q and %q", was, htmlcheck.Text(n), htmlcheck.Text(amounts[i]))
		}
	}
	same := b.get(href(t, persian.body, "#payments-table-sort-amount"), http.StatusOK, htmlcheck.In("#f-min", htmlcheck.HasAttr("value", "100,000")))
	if got, want := len(ids(t, same.body)), len(ids(t, english.body)); got != want {
		t.Errorf("sorted, the same filter has %d payments, want %d", got, want)
	}
	b.get("/payments?from=1403/12/30", http.StatusOK)
	b.get("/payments?from=1404/12/30", http.StatusUnprocessableEntity, htmlcheck.In("#f-from-err"))
}

func TestPaymentsDaysFollowTheZone(t *testing.T) {
	p := newPortal(t, withPayments(t, 0))
	at := time.Date(2026, 2, 10, 20, 40, 0, 0, time.UTC) // the next day in Tehran alone
	err := p.db.SaveMirror(t.Context(), mirror.State{Key: mirror.Key{ConnectionID: 1}}, []psp.Payment{{
		ID: "01KH4M0000000000000000000A", Amount: money.Of(15000, money.IRR), PSP: "SEP", MaskedCard: "603799******9999",
		TerminalNumber: "14140001", TransactedAt: at, Status: psp.PaymentSuccessful,
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := p.user(t, "nasrin", access.Finance)
	for zone, day := range map[string]string{"Asia/Tehran": "2026-02-11", "Europe/Warsaw": "2026-02-10", "America/Lima": "2026-02-10", "UTC": "2026-02-10"} {
		b.post("/account/preferences", http.StatusSeeOther, url.Values{"zone": {zone}, "return": {"/payments"}})
		page := b.get("/payments?from="+day+"&to="+day, http.StatusOK, htmlcheck.Count("tbody tr", 1), htmlcheck.In("tbody time", htmlcheck.HasText(day)))
		htmlcheck.Run(t, page.body, htmlcheck.In("tbody time", htmlcheck.HasAttr("datetime", "2026-02-10T20:40:00Z")))
		other := map[string]string{"2026-02-10": "2026-02-11", "2026-02-11": "2026-02-10"}[day]
		b.get("/payments?from="+other+"&to="+other, http.StatusOK, htmlcheck.NotIn("tbody tr"))
	}
}

func TestPaymentsEmptyStatesDiffer(t *testing.T) {
	none := func(_ *portal, c *web.Config) {
		c.ReportingConnections = func(context.Context) ([]web.OfferedConnection, error) { return nil, nil }
	}
	p := newPortal(t, withPayments(t, 0))
	b := p.user(t, "nasrin", access.Finance)
	b.get("/payments", http.StatusOK, htmlcheck.In(".empty-state", htmlcheck.HasText("No payments yet")))
	b.get("/payments?status=failed", http.StatusOK, htmlcheck.In(".empty-state a", htmlcheck.HasHref("/payments"), htmlcheck.HasText("Clear all")))
	unconnected := newPortal(t, withPayments(t, 0), none)
	unconnected.user(t, "nasrin", access.Finance).get("/payments", http.StatusOK,
		htmlcheck.In(".empty-state", htmlcheck.HasText("No provider is connected")), htmlcheck.NotIn(".empty-state a"))
	unconnected.user(t, "admin", access.Administrator).get("/payments", http.StatusOK,
		htmlcheck.In(".empty-state a", htmlcheck.HasHref("/admin/connections")))
}

func TestPaymentsSayHowFreshTheyAre(t *testing.T) {
	now := storetest.Newest.Add(time.Hour)
	ipg, pos := mirror.Key{ConnectionID: 1, Type: psp.IPG}, mirror.Key{ConnectionID: 1, Type: psp.POS}
	tests := []struct {
		name, query string
		lists       []mirror.Progress
		checks      []htmlcheck.Check
	}{
		{"never read", "", nil, []htmlcheck.Check{htmlcheck.In(".fresh", htmlcheck.HasText("No data fetched yet"))}},
		{"both complete", "", []mirror.Progress{
			{State: mirror.State{Key: ipg, LastComplete: now.Add(-time.Minute)}}, {State: mirror.State{Key: pos, LastComplete: now.Add(-3 * time.Minute)}},
		}, []htmlcheck.Check{htmlcheck.In(".fresh", htmlcheck.HasText("3 minutes ago"), htmlcheck.NoAttr("data-stale"))}},
		{"the filter's list alone", "?type=ipg", []mirror.Progress{
			{State: mirror.State{Key: ipg, LastComplete: now.Add(-time.Minute)}}, {State: mirror.State{Key: pos, Failures: 1}},
		}, []htmlcheck.Check{htmlcheck.In(".fresh", htmlcheck.HasText("1 minute ago"), htmlcheck.NoAttr("data-stale"))}},
		{"the provider is down", "", []mirror.Progress{
			{State: mirror.State{Key: ipg, LastComplete: now.Add(-2 * time.Hour), Failures: 3, ProblemKind: "unavailable"}},
		}, []htmlcheck.Check{htmlcheck.In(".fresh[data-stale]", htmlcheck.HasText("does not answer"), htmlcheck.HasText("2 hours ago"))}},
		{"first fill", "", []mirror.Progress{
			{State: mirror.State{Key: ipg, Walk: mirror.Fill, Read: 2000, Total: 8000}, Running: true, RowsPerSecond: 1000, Remaining: 90 * time.Second},
			{State: mirror.State{Key: pos, Walk: mirror.Fill, Read: 1000, Total: 4000}, Running: true, RowsPerSecond: 500, Remaining: 10 * time.Second},
		}, []htmlcheck.Check{
			htmlcheck.In("progress", htmlcheck.HasAttr("aria-valuenow", "25")),
			htmlcheck.In(".progress-line", htmlcheck.HasText("3,000 of 12,000"), htmlcheck.HasText("1,500 a second, about 2 minutes left")),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPortal(t, withPayments(t, 1), func(_ *portal, c *web.Config) {
				c.MirrorProgress = func(context.Context) ([]mirror.Progress, error) { return tt.lists, nil }
			})
			p.user(t, "nasrin", access.Finance).get("/payments"+tt.query, http.StatusOK, tt.checks...)
		})
	}
}

func TestPaymentDetail(t *testing.T) {
	p := newPortal(t, withPayments(t, 30))
	b := p.user(t, "nasrin", access.Finance)
	list := b.get("/payments?status=successful&sort=amount", http.StatusOK)
	row := href(t, list.body, "tbody th a")
	id := ids(t, list.body)[0]
	page := b.get(row, http.StatusOK, htmlcheck.In(`.copy[data-copy="`+id+`"]`), htmlcheck.In("h1 .badge", htmlcheck.HasText("Successful")))
	if got, want := href(t, page.body, ".page-head a.btn"), "/payments?status=successful&sort=amount"; got != want {
		t.Errorf("back to list leads to %q, want %q", got, want)
	}
	b.get("/payments/"+strings.ToLower(id), http.StatusOK, htmlcheck.In(".page-head a.btn", htmlcheck.HasHref("/payments")))
	for _, a := range nodes(t, page.body, "main dd a") {
		address, _ := htmlcheck.Attr(a, "href")
		if strings.HasPrefix(address, "/payments?") && !slices.Contains(ids(t, b.get(address, http.StatusOK).body), id) {
			t.Errorf("%s does not have the payment itself", address)
		}
	}
	b.get("/payments/01JFAAAAAAAAAAAAAAAAAAAAAA", http.StatusNotFound, htmlcheck.In("nav"), htmlcheck.In("main"))
	b.get("/payments/"+url.PathEscape("../../x"), http.StatusNotFound)
	b.get("/payments/"+id+"?return="+url.QueryEscape("https://evil.example/"), http.StatusOK, htmlcheck.In(".page-head a.btn", htmlcheck.HasHref("/")))
	b.get("/payments/"+id+"?connection=nobody", http.StatusNotFound)
}

func TestPaymentDetailShowsWhatTheProviderChanged(t *testing.T) {
	p := newPortal(t, withPayments(t, 0))
	payment := psp.Payment{
		ID: "01KH4M0000000000000000000A", Amount: money.Of(15000, money.IRR), PSP: "SEP", MaskedCard: "603799******9999",
		TerminalNumber: "14140001", TransactedAt: storetest.Newest, Status: psp.PaymentFailed,
	}
	for range 2 {
		if err := p.db.SaveMirror(t.Context(), mirror.State{Key: mirror.Key{ConnectionID: 1}}, []psp.Payment{payment}); err != nil {
			t.Fatal(err)
		}
		payment.Status, payment.Type, payment.Amount.Minor = psp.PaymentSuccessful, psp.POS, 16000
	}
	b := p.user(t, "nasrin", access.Finance)
	page := b.get("/payments/"+payment.ID, http.StatusOK, htmlcheck.Count("#payment-changes tbody tr", 3))
	for i, want := range [][]string{{"Amount", "15,000 rial", "16,000 rial"}, {"Status", "Failed", "Successful"}, {"Type", "IPG", "POS"}} {
		var got []string
		for _, cell := range htmlcheck.All(nodes(t, page.body, "#payment-changes tbody tr")[i], "td") {
			got = append(got, htmlcheck.Text(cell))
		}
		if !slices.Equal(got, want) {
			t.Errorf("change %d reads %q, want %q", i, got, want)
		}
	}
}

func TestPaymentsExportIsTheFilteredScreen(t *testing.T) {
	p := newPortal(t, withPayments(t, 300))
	b := p.user(t, "nasrin", access.Finance)
	b.post("/payments/display", http.StatusSeeOther, url.Values{
		"columns": {"1"}, "column-card": {"on"}, "column-terminal": {"on"}, "column-id": {"on"}, "size": {"100"}, "return": {"/payments"},
	})
	page := b.get("/payments?status=failed&psp=SEP&sort=amount", http.StatusOK)
	links := nodes(t, page.body, "a[download]")
	file, _ := htmlcheck.Attr(links[0], "href")
	a := b.get(file, http.StatusOK)
	if got, want := a.header.Get("Content-Type"), "text/csv; charset=utf-8"; got != want {
		t.Errorf("Content-Type = %q, want %q", got, want)
	}
	if got := a.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename=payments_") || !strings.HasSuffix(got, "_20260301T1300Z.csv") {
		t.Errorf("Content-Disposition = %q, want payments, the filter and the time", got)
	}
	lines := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.body, "\ufeff")))
	lines.FieldsPerRecord = -1
	records, err := lines.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head := slices.IndexFunc(records, func(r []string) bool { return len(r) == 4 })
	if got, want := records[head], []string{"Time", "Card", "Terminal", "Payment ID"}; !slices.Equal(got, want) {
		t.Errorf("head = %q, want %q", got, want)
	}
	rows := nodes(t, page.body, "tbody tr")
	if got, want := len(records)-head-1, len(rows); got != want || want == 0 {
		t.Fatalf("the file has %d payments, want the %d of the screen", got, want)
	}
	for i, row := range rows {
		var shown []string
		for _, cell := range append(htmlcheck.All(row, "th"), htmlcheck.All(row, "td")...) {
			shown = append(shown, htmlcheck.Text(cell))
		}
		if got := records[head+1+i]; !slices.Equal(got, shown) {
			t.Errorf("row %d of the file = %q, want that of the screen %q", i, got, shown)
		}
	}
	preamble := a.body[:strings.Index(a.body, "Time,Card")]
	for _, want := range []string{"PSP: SEP; Status: Failed", "Tehran (UTC+03:30)", "nasrin"} {
		if !strings.Contains(preamble, want) {
			t.Errorf("the file begins %q, want %q in it", preamble, want)
		}
	}
	file, _ = htmlcheck.Attr(links[1], "href")
	sheet := b.get(file, http.StatusOK)
	if !strings.HasPrefix(sheet.body, "PK") || !strings.HasSuffix(sheet.header.Get("Content-Disposition"), ".xlsx") {
		t.Errorf("the spreadsheet begins %q and is called %q", sheet.body[:2], sheet.header.Get("Content-Disposition"))
	}
}

func TestPaymentsExportIsAudited(t *testing.T) {
	p := newPortal(t, withPayments(t, 20))
	b := p.user(t, "nasrin", access.Finance)
	b.get("/payments/export.csv?q=603799******9999&status=failed", http.StatusOK)
	b.get("/payments/export.csv?status=lost", http.StatusUnprocessableEntity)
	entries, err := p.db.AuditEntries(t.Context(), audit.Filter{Act: "payment.export"})
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name != "nasrin" {
		t.Fatalf("the trail has %+v, want one export by nasrin", entries)
	}
	if after := fmt.Sprintf("%s", entries[0].After); !strings.Contains(after, "q=card") || strings.Contains(after, "9999") {
		t.Errorf("the entry says %s, want the filter without a digit of the card", after)
	}
}

func TestPaymentsExportNeedsItsPermission(t *testing.T) {
	p := newPortal(t, withPayments(t, 3))
	b := p.user(t, "support", access.Support)
	b.get("/payments", http.StatusOK, htmlcheck.NotIn("a[download]"))
	b.get("/payments/export.csv", http.StatusForbidden, htmlcheck.In("main", htmlcheck.HasText("payment.export")))
}

func TestPaymentsExportThatBreaksOffDoesNotLookWhole(t *testing.T) {
	broken := errors.New("disk gone")
	p := newPortal(t, withPayments(t, 3), func(_ *portal, c *web.Config) {
		c.Payments = &psp.Payments{Store: brokenStream{c.Payments.Store, broken}}
	})
	b := p.user(t, "nasrin", access.Finance)
	defer func() {
		cause := recover()
		if err, ok := cause.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("the answer ended with %v, want the connection to be broken off", cause)
		}
		if !strings.Contains(p.log.String(), "export broke off") {
			t.Error("the log does not tell that the export broke off")
		}
	}()
	b.send(http.MethodGet, "/payments/export.csv", nil)
}

// brokenStream is a store whose stream fails on its way.
type brokenStream struct {
	psp.PaymentStore
	cause error
}

// StreamPayments fails.
func (b brokenStream) StreamPayments(context.Context, psp.PaymentFilter, psp.PaymentOrder, func([]psp.PaymentRecord) error) error {
	return b.cause
}

func TestPaymentsRefreshAsksOncePerPause(t *testing.T) {
	var asked []int64
	last := storetest.Newest
	p := newPortal(t, withPayments(t, 3), func(_ *portal, c *web.Config) {
		c.RefreshPayments = func(_ context.Context, id int64) error { asked = append(asked, id); return nil }
		c.MirrorProgress = func(context.Context) ([]mirror.Progress, error) {
			return []mirror.Progress{{State: mirror.State{Key: mirror.Key{ConnectionID: 1}, LastComplete: last}}}, nil
		}
	})
	b := p.user(t, "nasrin", access.Finance)
	b.header.Set("Referer", "https://portal.example/payments?status=failed")
	b.get("/payments", http.StatusOK, htmlcheck.In(`.fresh form[action="/payments/refresh"]`))
	a := b.post("/payments/refresh", http.StatusSeeOther, url.Values{})
	if got, want := a.header.Get("Location"), "/payments?status=failed"; got != want {
		t.Errorf("Location = %q, want %q", got, want)
	}
	b.get("/payments", http.StatusOK, htmlcheck.In(".alert", htmlcheck.HasText("being read")))
	last = storetest.Newest.Add(time.Hour - time.Second)
	b.post("/payments/refresh", http.StatusSeeOther, url.Values{})
	b.get("/payments", http.StatusOK, htmlcheck.In(".alert", htmlcheck.HasText("seconds ago")))
	if !slices.Equal(asked, []int64{1}) {
		t.Errorf("asked for connections %v, want 1 once", asked)
	}
	b.post("/payments/refresh?connection=nobody", http.StatusNotFound, url.Values{})
}
