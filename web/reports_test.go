package web_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/htmlcheck"
	"payportal/internal/psp"
)

// reportIDs are the reports of these tests, one in each state.
var reportIDs = []string{
	"00000000-5717-4562-b3fc-2c963f66afa6", "11111111-5717-4562-b3fc-2c963f66afa6", "22222222-5717-4562-b3fc-2c963f66afa6",
	"33333333-5717-4562-b3fc-2c963f66afa6", "44444444-5717-4562-b3fc-2c963f66afa6",
}

// withReports gives the provider a report in each state and fetches the list.
func withReports(t *testing.T, o *office) {
	t.Helper()
	o.provider.set(func() {
		for i, id := range reportIDs {
			r := psp.Report{UUID: id, Status: psp.ReportStatus(i), Type: 2, CreatedAt: noon.AddDate(0, 0, -i), Start: noon.AddDate(0, 0, -7), End: noon}
			if r.Status.Final() {
				r.Filename = "Toman_1403-06-23 03:30:00:1403-09-27 03:30:00_rIFosb6o8r.xlsx"
			}
			o.provider.reports = append(o.provider.reports, r)
		}
	})
	o.fetchReports(t)
}

func (o *office) fetchReports(t *testing.T) {
	t.Helper()
	if _, _, err := o.useCases.Reports.Poll(t.Context(), reportingConn); err != nil {
		t.Fatal(err)
	}
}

func TestReportsShowTheirStatesAndWhyThereIsNoFile(t *testing.T) {
	o := newOffice(t)
	withReports(t, o)
	b := o.user(t, "finance", access.Finance)
	b.get("/reports", http.StatusOK, htmlcheck.Count("#reports-table tbody tr", 5),
		htmlcheck.In("#report-"+reportIDs[1], htmlcheck.HasText("In progress"), htmlcheck.HasText("still making")),
		htmlcheck.In("#report-"+reportIDs[2]+" a[data-download]", htmlcheck.HasHref("/reports/"+reportIDs[2]+"/download")),
		htmlcheck.In("#report-"+reportIDs[2], htmlcheck.HasText("2024-09-13 03:30 to 2024-12-17 03:30"), htmlcheck.HasText("Made 2025-12-29 15:30:00 to 2026-01-05 15:30:00")),
		htmlcheck.In("#report-"+reportIDs[0], htmlcheck.HasText("No file yet"), htmlcheck.HasText("–")),
		htmlcheck.In("#report-"+reportIDs[3], htmlcheck.HasText("could not make")),
		htmlcheck.In("#report-"+reportIDs[4], htmlcheck.HasText("limited time")),
		htmlcheck.Count("a[data-download]", 1))
	b.get("/reports?status=failed", http.StatusOK, htmlcheck.Count("#reports-table tbody tr", 1), htmlcheck.Count(".chip", 1))
	b.get("/reports?status=done", http.StatusUnprocessableEntity)
	b.get("/reports?after=forged", http.StatusUnprocessableEntity)
	o.user(t, "nasrin", access.Operations).get("/reports", http.StatusOK, htmlcheck.NotIn("a[data-download]"))
}

func TestReportsPollUntilNoneIsInProgress(t *testing.T) {
	o := newOffice(t)
	withReports(t, o)
	b := o.user(t, "finance", access.Finance).htmx()
	page := b.get("/reports", http.StatusOK, htmlcheck.In("section#reports #reports-poll",
		htmlcheck.HasAttr("hx-trigger", "every 5s"), htmlcheck.HasText("2 reports are being made")))
	poll := func(a answer) string {
		for _, n := range htmlcheck.All(htmlcheck.Parse(t, strings.NewReader(a.body)), "#reports-poll") {
			href, _ := htmlcheck.Attr(n, "hx-get")
			return href
		}
		return ""
	}
	b.get(poll(page), http.StatusNoContent)
	o.provider.set(func() { o.provider.reports[1].Status, o.provider.reports[1].Filename = psp.ReportSuccess, "a.xlsx" })
	o.fetchReports(t)
	page = b.get(poll(page), http.StatusOK, htmlcheck.In("section#reports", htmlcheck.HasAttr("data-announce", "5 reports on this page, 1 report is being made")),
		htmlcheck.NotIn("form.filters"))
	o.provider.set(func() { o.provider.reports[0].Status = psp.ReportFailed })
	o.fetchReports(t)
	b.get(poll(page), http.StatusOK, htmlcheck.NotIn("#reports-poll"))
	plain := *b
	plain.header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
	if got, want := plain.get("/reports/progress?status=failed&seen=x", http.StatusSeeOther).header.Get("Location"), "/reports?status=failed"; got != want {
		t.Errorf("a plain request led to %q, want %q", got, want)
	}
}

func TestDownloadPassesTheFileThrough(t *testing.T) {
	o := newOffice(t)
	withReports(t, o)
	a := o.user(t, "finance", access.Finance).get("/reports/"+reportIDs[2]+"/download", http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type":            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"Content-Disposition":     `attachment; filename="Toman_1403-06-23 03-30-00-1403-09-27 03-30-00_rIFosb6o8r.xlsx"`,
		"Content-Length":          "5",
		"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff",
		"Content-Encoding":        "",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if a.body != "excel" {
		t.Errorf("got the file %q, want %q", a.body, "excel")
	}
}

func TestDownloadSaysWhyThereIsNoFile(t *testing.T) {
	o := newOffice(t)
	withReports(t, o)
	b := o.user(t, "finance", access.Finance)
	for i, text := range map[int]string{1: "still making", 3: "could not make", 4: "limited time"} {
		b.get("/reports/"+reportIDs[i]+"/download", http.StatusConflict, htmlcheck.In("main", htmlcheck.HasText(text)))
	}
	b.get("/reports/"+shopAccount+"/download", http.StatusNotFound)
	b.get("/reports/none/download", http.StatusNotFound)
	for _, kind := range []errs.Kind{errs.Unauthenticated, errs.Forbidden, errs.Unavailable} {
		o.provider.set(func() { o.provider.down = errs.New(kind, "open report", "", nil) })
		b.get("/reports/"+reportIDs[2]+"/download", http.StatusServiceUnavailable)
	}
	o.user(t, "nasrin", access.Operations).get("/reports/"+reportIDs[2]+"/download", http.StatusForbidden)
}

// TestBrokenDownloadIsNotTakenForAWholeFile ends the connection when the storage breaks off.
func TestBrokenDownloadIsNotTakenForAWholeFile(t *testing.T) {
	o := newOffice(t)
	withReports(t, o)
	o.provider.file = psp.ReportFile{Size: -1, Body: io.NopCloser(io.MultiReader(strings.NewReader("exc"), broken{}))}
	b := o.user(t, "finance", access.Finance)
	server := httptest.NewServer(o)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/reports/"+reportIDs[2]+"/download", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		return // the connection ended before the first byte
	}
	defer answer.Body.Close()
	if got, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("the broken file %q came to a regular end", got)
	}
}

// broken is a storage that breaks off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestRefreshOfReportsAsksTheProvider(t *testing.T) {
	o := newOffice(t)
	b := o.user(t, "finance", access.Finance)
	b.get("/reports", http.StatusOK, htmlcheck.In(".empty-state", htmlcheck.HasText("No reports yet")))
	o.provider.set(func() { o.provider.reports = []psp.Report{{UUID: reportIDs[0], CreatedAt: noon}} })
	b.post("/reports/refresh", http.StatusSeeOther, url.Values{})
	b.get("/reports", http.StatusOK, htmlcheck.Count("#reports-table tbody tr", 1))
	o.provider.set(func() { o.provider.down = errs.New(errs.Unavailable, "list", "", nil) })
	b.post("/reports/refresh", http.StatusSeeOther, url.Values{})
	b.get("/reports", http.StatusOK, htmlcheck.In(".fresh[data-stale]"), htmlcheck.Count("#reports-table tbody tr", 1))
}
