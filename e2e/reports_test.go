package e2e

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// The states of a report at the provider.
const (
	reportInProgress = 1
	reportReady      = 2
	reportFailed     = 3
	reportExpired    = 4
)

// TestReportFromProgressToDownload watches a report being made and downloads it; the page finds out by itself.
func TestReportFromProgressToDownload(t *testing.T) {
	portal := ownDemo(t, "--payments", "800")
	v := visit(t, portal)
	v.signIn("finance", nil)
	uuid := portal.putReport(t, reportInProgress)
	v.open("/reports")
	v.submit("Refresh")
	v.say(v.find("main .alert[data-tone=success]"), "The list was refreshed from the provider.")
	row := v.find("#report-" + uuid)
	v.say(row, "In progress")
	v.none(row.Locator("a[href*=download]"))
	v.provokeStatus(400, 409, 422)
	if status := v.get("/reports/"+uuid+"/download", nil).Status(); status < 400 || status >= 500 {
		t.Errorf("the download of an unfinished report is answered with %d, want a 4xx", status)
	}

	v.eval(`() => document.querySelector("main h1").setAttribute("data-same-page", "")`)
	v.ok(v.find("#reports-table").Focus())
	portal.setReport(t, uuid, reportReady)
	other := visit(t, portal)
	other.signIn("operations", nil)
	other.open("/reports")
	other.submit("Refresh") // somebody else asks the provider; the open page sees it at its next look
	v.say(row, "Ready")
	v.see(v.find("main h1[data-same-page]"))
	v.focused()
	content, name := v.download(row.Locator("a[href*=download]"))
	if !regexp.MustCompile(`^[^/\\:*?"<>|]+\.xlsx$`).MatchString(name) {
		t.Errorf("the file is named %q", name)
	}
	book, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("the file is no workbook: %v", err)
	}
	book.Close()
	v.none(v.find(".bar-top")) // a download leaves no progress bar behind

	auditor := visit(t, portal)
	auditor.signIn("auditor", nil)
	auditor.open("/admin/audit")
	auditor.say(auditor.find("main"), uuid)
}

// TestReportsThatHaveNoFile says why there is nothing to download, and does not offer it.
func TestReportsThatHaveNoFile(t *testing.T) {
	portal := ownDemo(t, "--payments", "500")
	v := visit(t, portal)
	v.signIn("finance", nil)
	reasons := map[string]string{
		portal.putReport(t, reportFailed):  "The provider could not make this report, so there is no file.",
		portal.putReport(t, reportExpired): "The provider keeps a report's file for a limited time, and this one is gone.",
	}
	v.open("/reports")
	v.submit("Refresh")
	for uuid, reason := range reasons {
		row := v.find("#report-" + uuid)
		v.say(row, reason)
		v.none(row.Locator("a[href*=download]"))
		v.open("/reports/"+uuid+"/download", 409)
		v.say(v.find("main [data-problem]"), reason)
		v.open("/reports")
	}
}

// TestReportFileThatCannotBeHad shows a failed download as a page in the layout, with the request id, and the next try works.
func TestReportFileThatCannotBeHad(t *testing.T) {
	portal := ownDemo(t, "--payments", "500")
	v := visit(t, portal)
	v.signIn("finance", nil)
	uuid := portal.putReport(t, reportReady)
	v.open("/reports")
	v.submit("Refresh")
	portal.inject(t, fault{Kind: "status", Service: "object_storage", Status: 503})
	v.provokeStatus(503)
	v.click(v.find("#report-" + uuid + " a[href*=download]"))
	v.see(v.find("main .error-page"))
	v.see(v.find("nav.side"))
	if id := v.attribute("main .error-page [data-copy]", "data-copy"); len(id) < 10 {
		t.Errorf("the page's request id is %q", id)
	}
	portal.mend(t)
	content, _ := v.download(v.role("link", "Try again"))
	if !strings.HasPrefix(string(content), "PK") {
		t.Errorf("the file begins with %.8q, want a workbook", content)
	}
}
