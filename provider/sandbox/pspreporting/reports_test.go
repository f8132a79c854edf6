package pspreporting_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"payportal/provider/sandbox"
	"payportal/provider/sandbox/pspreporting"
)

func (a *api) reports() []map[string]any {
	a.t.Helper()
	page := a.send(200, "GET", "/reports/", "")
	all := results(page)
	for page["next"] != nil {
		page = a.send(200, "GET", follow(a.t, page["next"], "/reports/"), "")
		all = append(all, results(page)...)
	}
	return all
}

func TestReportsInAllStates(t *testing.T) {
	t.Parallel()
	a := start(t)
	seen := map[float64]int{}
	last := "9"
	for _, r := range a.reports() {
		keys(t, r, "uuid", "status", "report_type", "storage_filename", "start_datetime", "end_datetime", "created_at")
		status := r["status"].(float64)
		seen[status]++
		hasFile, started, ended := r["storage_filename"] != nil, r["start_datetime"] != nil, r["end_datetime"] != nil
		wantFile, wantStart, wantEnd := status == 2 || status == 4, status > 0, status > 1
		if hasFile != wantFile || started != wantStart || ended != wantEnd {
			t.Errorf("got %v: wrong fields for its status", r)
		}
		if created := r["created_at"].(string); created > last {
			t.Errorf("%s after %s: want newest first", created, last)
		} else {
			last = created
		}
	}
	for status := range 5 {
		if seen[float64(status)] == 0 {
			t.Errorf("no report with status %d in %v", status, seen)
		}
	}
}

func TestReportInProgressBecomesASuccess(t *testing.T) {
	t.Parallel()
	a := start(t)
	uuid := a.PSPReporting.Reports(pspreporting.ReportInProgress)[0]
	a.send(400, "GET", "/reports/"+uuid+"/download", "")
	a.Engine.Clock().Advance(59 * time.Second)
	if got := a.status(uuid); got != 1 {
		t.Errorf("after 59 s: got status %v, want 1", got)
	}
	a.Engine.Clock().Advance(time.Second)
	if got := a.status(uuid); got != 2 {
		t.Errorf("after 60 s: got status %v, want 2", got)
	}
	a.send(200, "GET", "/reports/"+uuid+"/download", "")
}

func (a *api) status(uuid string) float64 {
	a.t.Helper()
	all := a.reports()
	i := slices.IndexFunc(all, func(r map[string]any) bool { return r["uuid"] == uuid })
	if i < 0 {
		a.t.Fatalf("no report %s", uuid)
	}
	return all[i]["status"].(float64)
}

func TestReportsObeyTheControlAPI(t *testing.T) {
	t.Parallel()
	a := start(t)
	resp, text := a.raw("POST", a.PSPReportingURL+"/_control/psp_reporting/reports", `{"status":1,"finish_ms":5000}`, "")
	var made struct{ UUID string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || resp.StatusCode != 201 {
		t.Fatalf("got %d %s", resp.StatusCode, text)
	}
	if got := a.reports()[0]; got["uuid"] != made.UUID || got["status"] != 1.0 {
		t.Errorf("newest: got %v, want the new report", got)
	}
	a.Engine.Clock().Advance(5 * time.Second)
	if got := a.status(made.UUID); got != 2 {
		t.Errorf("after its time: got status %v, want 2", got)
	}
	for _, status := range []string{"3", "4", "0", "1"} {
		a.control(204, "/reports/"+made.UUID, `{"status":`+status+`}`)
		a.send(400, "GET", "/reports/"+made.UUID+"/download", "")
	}
	a.send(404, "GET", "/reports/3fa85f64-0000-4562-b3fc-2c963f66afa6/download", "")
}

func (a *api) link() string {
	a.t.Helper()
	uuid := a.PSPReporting.Reports(pspreporting.ReportSuccess)[1] // of the second day: it has payments to show
	answer := a.send(200, "GET", "/reports/"+uuid+"/download", "")
	keys(a.t, answer, "url")
	return answer["url"].(string)
}

func TestDownload(t *testing.T) {
	t.Parallel()
	a := start(t)
	link := a.link()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	if "http://"+u.Host != a.ObjectStorageURL || u.Host == strings.TrimPrefix(a.PSPReportingURL, "http://") {
		t.Errorf("link %s: want the storage's own host", link)
	}
	if form := regexp.MustCompile(`^/[^/]+/Toman_14\d\d-\d\d-\d\d 03:30:00:14\d\d-\d\d-\d\d 03:30:00_\w{10}\.xlsx$`); !form.MatchString(u.Path) {
		t.Errorf("path %q: want the document's form", u.Path)
	}
	if !strings.Contains(link, "%2003%3A30%3A00%3A14") || strings.ContainsAny(link, " +") {
		t.Errorf("link %s: want its spaces and colons escaped", link)
	}
	if got := u.Query().Get("X-Amz-Expires"); got != "172800" {
		t.Errorf("X-Amz-Expires: got %s, want 172800", got)
	}
	resp, body := a.raw("GET", link, "", "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" {
		t.Fatalf("got %d %s %.200s", resp.StatusCode, resp.Header.Get("Content-Type"), body)
	}
	if _, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body))); err != nil {
		t.Errorf("no zip: %v", err)
	}
	book, err := excelize.OpenReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) < 10 || rows[0][0] != "id" || len(rows[1][0]) != 26 {
		t.Errorf("workbook: got %d rows, error %v, want a heading and payments", len(rows), err)
	}
	if a.PSPReporting.AuthorizationLeaks() != 0 {
		t.Error("a leak was counted without one")
	}
}

func TestStorageRefusals(t *testing.T) {
	t.Parallel()
	a := start(t)
	link := a.link()
	want := func(status int, code, target, token string) {
		t.Helper()
		resp, body := a.raw("GET", target, "", token)
		if resp.StatusCode != status || !strings.Contains(body, "<Code>"+code+"</Code>") {
			t.Errorf("got %d %.300s, want %d %s", resp.StatusCode, body, status, code)
		}
	}
	want(400, "InvalidArgument", link, a.token)
	if got := a.PSPReporting.AuthorizationLeaks(); got != 1 {
		t.Errorf("got %d leaks, want 1", got)
	}
	leak := a.Engine.Requests(sandbox.Match{Service: pspreporting.StorageName})
	if len(leak) != 1 || leak[0].Header.Get("Authorization") == "" {
		t.Errorf("journal: got %v, want the leaked header", leak)
	}
	want(403, "SignatureDoesNotMatch", strings.Replace(link, "Toman_", "Roman_", 1), "")
	want(403, "SignatureDoesNotMatch", strings.Replace(link, "Expires=172800", "Expires=999999", 1), "")
	want(403, "AccessDenied", strings.Split(link, "?")[0], "")
	want(403, "AccessDenied", a.ObjectStorageURL+"/", "")
	if resp, _ := a.raw(http.MethodPut, link, "x", ""); resp.StatusCode != 405 {
		t.Errorf("PUT: got %d, want 405", resp.StatusCode)
	}
}

func TestLinkExpires(t *testing.T) {
	t.Parallel()
	a := start(t)
	link := a.link()
	a.Engine.Clock().Advance(48*time.Hour - time.Second)
	if resp, body := a.raw("GET", link, "", ""); resp.StatusCode != 200 {
		t.Errorf("a second before its end: got %d %.200s, want 200", resp.StatusCode, body)
	}
	a.Engine.Clock().Advance(time.Second)
	if resp, body := a.raw("GET", link, "", ""); resp.StatusCode != 403 || !strings.Contains(body, "Request has expired") {
		t.Errorf("at its end: got %d %.200s, want 403", resp.StatusCode, body)
	}
}

// A lying API points the download elsewhere; the sandbox can lie so.
func TestForeignDownloadLink(t *testing.T) {
	t.Parallel()
	a := start(t)
	if _, err := a.Engine.Inject(sandbox.Fault{Kind: sandbox.ForeignURL, Key: "url", URL: "http://169.254.169.254/latest/"}.At("GET", "/reports/*/download")); err != nil {
		t.Fatal(err)
	}
	if got := a.link(); got != "http://169.254.169.254/latest/" {
		t.Errorf("got %s", got)
	}
}

func TestStorageFaults(t *testing.T) {
	t.Parallel()
	a := start(t)
	link := a.link()
	if _, err := a.Engine.Inject(sandbox.Fault{Kind: sandbox.CutBody}.Of(pspreporting.StorageName).For(1)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(got)) >= resp.ContentLength {
		t.Errorf("got %d of %d bytes, error %v, want an unexpected end", len(got), resp.ContentLength, err)
	}
}
