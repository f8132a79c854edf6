package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
	"github.com/xuri/excelize/v2"

	sandbox "payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
)

// outlived is a portal whose provider outlives it: what the provider counts is there however the portal ends.
type outlived struct {
	*process
	t        *testing.T
	db       string
	provider *toman.Toman
}

// serveOutlived makes the data of a demo, and serves it beside a provider of the test's own.
func serveOutlived(t *testing.T) *outlived {
	t.Helper()
	addresses := freeAddresses(t, 5)
	o := &outlived{t: t, db: filepath.Join(t.TempDir(), "portal.db")}
	demo, err := startProcess(nil, demoReady, "demo", "--db", o.db, "--listen", "localhost:0", "--checkout", "127.0.0.1:0", "--hooks", "127.0.0.1:0",
		"--sandbox", strings.Join(addresses[:4], ","), "--live", "0", "--payments", "200")
	if err != nil {
		t.Fatal(err)
	}
	demo.stop()
	o.provider, err = toman.Start(context.WithoutCancel(t.Context()), toman.Config{
		AuthAddr: addresses[0], PSPReportingAddr: addresses[1], ObjectStorageAddr: addresses[2], InquiryAddr: addresses[3],
		Seed: pspreporting.SeedConfig{Seed: 1, Payments: 200},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.provider.Close() })
	o.process = &process{url: "http://localhost" + addresses[4][strings.LastIndexByte(addresses[4], ':'):], sandbox: o.provider.PSPReportingURL}
	o.start()
	t.Cleanup(o.stop)
	return o
}

// start serves the portal, at the same address each time.
func (o *outlived) start() {
	o.t.Helper()
	p, err := startProcess([]string{"PORTAL_MASTER_KEY_FILE=" + o.db + ".key"}, func(_ *process, line string) bool {
		return logged(line, "listening", "surface") == "hooks"
	}, "serve", "--db", o.db, "--listen", strings.TrimPrefix(o.url, "http://"), "--listen-checkout", "127.0.0.1:0", "--listen-hooks", "127.0.0.1:0",
		"--listen-metrics", "")
	if err != nil {
		o.t.Fatal(err)
	}
	o.cmd, o.log, o.gone = p.cmd, p.log, p.gone
}

// freeAddresses are addresses on loopback at which nobody listens.
func freeAddresses(t *testing.T, n int) []string {
	t.Helper()
	var addresses []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses
}

// payroll is a file of numbers as a clerk brings one: columns that are not ours, every spelling, repeated lines, wrong ones.
type payroll struct {
	head []string
	rows [][]string
	// wrong are the lines that cannot be sent, by their number in the file, with a part of the reason and the cell.
	wrong map[int][2]string
	// numbers are the different ones that can be.
	numbers []string
}

// newPayroll makes 500 lines: 20 of them are wrong, and 10 repeat an earlier one.
func newPayroll() payroll {
	p := payroll{head: []string{"Personnel no", "Sheba", "Full name", "Amount, rial"}, wrong: map[int][2]string{}}
	reasons := []struct{ number, reason string }{
		{"IR480120000000004519087613", "check digits"},
		{"IR4801200000000045190876", "has 22 digits"},
		{"", "missing"},
		{"IR48O120000000004519087612", "does not belong in an IBAN"},
		{"DE480120000000004519087612", "begins with DE"},
	}
	for i := range 500 {
		line, number := i+2, ""
		switch {
		case i%25 == 7:
			why := reasons[len(p.wrong)%len(reasons)]
			number = why.number
			p.wrong[line] = [2]string{why.reason, "B" + strconv.Itoa(line)}
		case i%50 == 30:
			number = strings.ToLower(fours("en", p.numbers[len(p.numbers)-3]))
		default:
			number = sandbox.IBAN(1+i%18, sandbox.Person, 2000+i)
			p.numbers = append(p.numbers, number)
			if i%3 == 1 {
				number = persianDigits(fours("en", number[2:]))
			}
		}
		p.rows = append(p.rows, []string{fmt.Sprintf("%05d", i+1), number, "زهرا محمدی", strconv.Itoa(85_000_000 + i)})
	}
	return p
}

func (p payroll) csv(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{p.head}, p.rows...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// upload brings a file to the page of files and comes to its dry run.
func (v *visitor) upload(name string, content []byte) {
	v.t.Helper()
	v.open("/inquiries/bulk")
	v.ok(v.find("#f-file").SetInputFiles([]playwright.InputFile{{Name: name, MimeType: "text/csv", Buffer: content}}))
	v.submit("Read and check")
	v.ok(v.WaitForURL(regexp.MustCompile(`/inquiries/bulk/\d+$`)))
}

// tile is the figure with a label.
func (v *visitor) tile(label string) playwright.Locator {
	return v.find("main .tile").Filter(playwright.LocatorFilterOptions{Has: v.GetByText(label, playwright.PageGetByTextOptions{Exact: playwright.Bool(true)})})
}

// counts expects a tile to have a figure.
func (v *visitor) counts(label string, want int) {
	v.t.Helper()
	v.ok(expect.Locator(v.tile(label).Locator(".tile-value")).ToHaveText(strconv.Itoa(want)))
}

// progress is how far the file is, in percent.
func (v *visitor) progress() int {
	v.t.Helper()
	n, err := strconv.Atoi(v.attribute("#bulk progress", "value"))
	v.ok(err)
	return n
}

// finished waits until the file of the page is done; nobody touches the page.
func (v *visitor) finished() {
	v.t.Helper()
	eventually(v.t, "the file is finished", func() bool { return strings.Contains(v.text("#bulk .badge >> nth=0"), "Finished") })
}

// latency makes the provider of inquiries slow, until the test ends.
func (p *process) latency(t *testing.T, d time.Duration) {
	t.Helper()
	p.order(t, "POST", "inquiry/settings", map[string]any{"latency_ms": d.Milliseconds()}, nil)
	t.Cleanup(func() { p.order(t, "POST", "inquiry/settings", map[string]any{"latency_ms": 0}, nil) })
}

// What a kill can lose: the questions that are under way, as many as a demo's connection admits at once, and lines that were
// claimed ahead of them and are not known not to have been asked.
const (
	underWay     = 32
	claimedAhead = 8
)

// TestFileThroughAKill takes 500 lines from upload to download with a kill in the middle: the dry run names the bad ones and
// asks nobody, no number is asked about twice, and the file comes back in its order with its own columns.
func TestFileThroughAKill(t *testing.T) {
	portal := serveOutlived(t)
	file := newPayroll()
	if len(file.rows) != 500 || len(file.wrong) != 20 || len(file.numbers) != 470 {
		t.Fatalf("the file has %d lines, %d bad ones and %d numbers", len(file.rows), len(file.wrong), len(file.numbers))
	}
	v := visit(t, portal.process)
	v.provoke(`Failed to (load resource|fetch)`) // the page looks for news while the portal is away
	v.signIn("finance", nil)
	v.upload("payroll.csv", file.csv(t))
	v.counts("To be asked", 470)
	v.counts("Repeated, asked once", 10)
	v.counts("Cannot be sent", 20)
	v.say(v.find("main"), "470 different numbers are to be asked.")
	v.ok(expect.Locator(v.find("#bulk-lines tbody tr")).ToHaveCount(20))
	for line, why := range file.wrong {
		row := v.find("#bulk-lines tbody tr").Filter(playwright.LocatorFilterOptions{Has: v.find("th").GetByText(strconv.Itoa(line), playwright.LocatorGetByTextOptions{Exact: playwright.Bool(true)})})
		v.say(row, why[0])
		v.say(row, why[1])
	}
	if got := portal.askedInAll(t); got != 0 {
		t.Fatalf("the dry run asked %d times", got)
	}

	portal.latency(t, 700*time.Millisecond)
	v.submit("Ask 470 paid inquiries")
	v.say(v.find("#bulk"), "Running")
	v.eval(`() => document.querySelector("main h1").setAttribute("data-same-page", "")`)
	eventually(t, "the bar has moved by itself", func() bool { return v.progress() > 4 })
	eventually(t, "a third is asked", func() bool { return portal.askedInAll(t) > 150 })
	portal.kill()
	killedAt := portal.askedInAll(t)
	if killedAt >= 470 {
		t.Fatalf("the portal was killed after all %d questions", killedAt)
	}
	portal.start()
	v.finished()
	v.see(v.find("main h1[data-same-page]"))
	v.say(v.find("#bulk .alert[data-tone=warning]"), "answers were lost")
	t.Logf("killed after %d questions", killedAt)

	asked := portal.asked(t)
	for number, times := range asked {
		if times != 1 {
			t.Errorf("one number was asked about %d times", times)
		}
		if !slices.Contains(file.numbers, number) {
			t.Error("a number was asked about that is not in the file")
		}
	}
	if least := 470 - claimedAhead; len(asked) < least {
		t.Errorf("%d numbers were asked about, want at least %d", len(asked), least)
	}

	v.none(v.find("[data-failure]"))
	csvFile, _ := v.download(v.role("link", "Results (CSV)"))
	lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(csvFile, []byte("\ufeff")))).ReadAll()
	v.ok(err)
	xlsxFile, _ := v.download(v.role("link", "Results (Excel)"))
	book, err := excelize.OpenReader(bytes.NewReader(xlsxFile))
	v.ok(err)
	defer book.Close()
	sheet, err := book.GetRows(book.GetSheetName(0))
	v.ok(err)
	for format, rows := range map[string][][]string{"CSV": lines, "XLSX": sheet} {
		file.cameBack(t, format, rows)
	}

	v.open("/inquiries/bulk")
	v.say(v.row("bulk-files", "payroll.csv"), "Finished")
	v.say(v.row("bulk-files", "payroll.csv"), "500 of 500 lines")
}

// cameBack compares a downloaded result with the file.
func (p payroll) cameBack(t *testing.T, format string, rows [][]string) {
	t.Helper()
	if len(rows) != 501 || !slices.Equal(rows[0][:4], p.head) {
		t.Fatalf("%s: %d lines under the head %q", format, len(rows), rows[0])
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	outcome, reason, answer := column("Outcome"), column("Reason"), column("Answer: IBAN")
	found := map[string]int{}
	for i, row := range rows[1:] {
		row = append(row, make([]string, len(rows[0])-len(row))...) // a workbook leaves out the empty cells at the end
		if !slices.Equal(row[:4], p.rows[i]) {
			t.Errorf("%s: line %d is not the one that was brought", format, i+2)
		}
		found[row[outcome]]++
		why, wrong := p.wrong[i+2]
		switch {
		case wrong && (!strings.Contains(row[reason], why[0]) || !strings.Contains(row[reason], why[1])):
			t.Errorf("%s: line %d says %q, want %q", format, i+2, row[reason], why)
		case !wrong && row[outcome] == "Answered" && !strings.HasPrefix(row[answer], "IR"):
			t.Errorf("%s: line %d is answered without an IBAN", format, i+2)
		case !wrong && row[outcome] != "Answered" && row[reason] == "":
			t.Errorf("%s: line %d is %q without a reason", format, i+2, row[outcome])
		}
	}
	t.Logf("%s: %v", format, found)
	if found["Cannot be sent"] != 20 || found["Answered"]+found["Answer lost"]+found["Repeated"] != 480 || found["Answer lost"] > underWay+claimedAhead {
		t.Errorf("%s: the outcomes are %v, want 20 that cannot be sent and 480 answered, but for a few that the kill has lost", format, found)
	}
}

// TestFilePausedAndCancelled stops a file for a while and then for good, by hand.
func TestFilePausedAndCancelled(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("finance", nil)
	portal.latency(t, 700*time.Millisecond)
	before := portal.askedInAll(t)
	var pasted []string
	for n := range 300 {
		pasted = append(pasted, sandbox.Card(2, sandbox.Person, 3000+n))
	}
	v.open("/inquiries/bulk")
	v.typeInto("text", strings.Join(pasted, "\n"))
	v.submit("Read and check")
	v.submit("Ask 300 paid inquiries")
	v.submit("Pause")
	v.say(v.find("#bulk .badge >> nth=0"), "Paused")
	v.none(v.tile("Being asked"))
	paused := portal.askedInAll(t) - before
	if paused == 0 || paused == 300 {
		t.Fatalf("%d numbers were asked about before the pause", paused)
	}
	v.submit("Go on")
	eventually(t, "more is asked", func() bool { return portal.askedInAll(t)-before > paused })
	v.submit("Cancel…")
	v.see(v.role("heading", "Cancel this file?"))
	v.press("Escape")
	v.ok(expect.Locator(v.find("#bulk-stop")).ToBeHidden())
	v.submit("Cancel…")
	v.submit("Cancel the file")
	v.say(v.find("#bulk .badge >> nth=0"), "Cancelled")
	v.none(v.tile("Being asked"))
	cancelled := portal.askedInAll(t) - before
	if cancelled == 300 {
		t.Error("all numbers were asked about, whatever was cancelled")
	}
	v.counts("Answered", cancelled)
	v.none(v.role("button", "Go on"))
	content, _ := v.download(v.role("link", "Results (CSV)"))
	if got := strings.Count(string(content), "\n"); got != 301 {
		t.Errorf("the result has %d lines, want 301", got)
	}
}

// TestFailuresOfAFile lets some lines fail, looks at them alone, and asks them again and no others.
func TestFailuresOfAFile(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.signIn("finance", nil)
	portal.inject(t, fault{Kind: "status", Status: 403, Service: "inquiry", Times: 2})
	var lines []string
	for n := range 40 {
		lines = append(lines, sandbox.IBAN(8, sandbox.Person, 4000+n))
	}
	lines = append(lines, sandbox.IBAN(8, sandbox.Unknown, 4040))
	v.upload("refunds.csv", []byte(strings.Join(lines, "\n")))
	v.submit("Ask 41 paid inquiries")
	v.finished()
	v.counts("No answer", 1)
	v.counts("Failed", 2)
	v.counts("Answered", 38)
	v.click(v.tile("Failed"))
	v.ok(expect.Locator(v.find("#bulk-lines tbody tr")).ToHaveCount(2))
	if got := v.parameter("state"); got != "failed" {
		t.Errorf("the filter is %q in the address", got)
	}
	v.say(v.find("#bulk .chip"), "Failed")
	v.swap(func() { v.click(v.find("#bulk .chip a")) })
	v.ok(expect.Locator(v.find("#bulk-lines tbody tr")).ToHaveCount(41))

	v.submit("Ask 2 failures again")
	v.finished()
	v.counts("Answered", 40)
	v.none(v.tile("Failed"))
	for i, number := range lines {
		if got := portal.asked(t)[number]; got != 1 {
			t.Errorf("the number of line %d was asked about %d times, want once", i+1, got)
		}
	}
}

// TestHistoryOfInquiries finds an inquiry by its number in another spelling, opens it with a reason, and shows to the auditor,
// who may not open it, who did and why.
func TestHistoryOfInquiries(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal)
	v.provokeStatus(422)
	v.signIn("finance", nil)
	number := sandbox.IBAN(14, sandbox.Person, 600)
	const why = "Refund ticket 4711"
	v.ask("iban", number)
	id := ""
	for lang, says := range map[string][2]string{"en": {"Search", "Open"}, "fa": {"جست‌وجو", "باز کردن"}} {
		v.run(lang, func(t *testing.T) {
			v.prefer(languages[lang])
			v.open("/inquiries/history")
			spelling := persianDigits(strings.ToLower(fours("en", number)))
			if lang == "fa" {
				spelling = strings.ReplaceAll(number[2:], "0", "٠")
			}
			v.typeInto("number", spelling)
			v.submit(says[0])
			rows := v.find("#inquiry-history-table tbody tr")
			v.ok(expect.Locator(rows).ToHaveCount(1))
			v.say(rows, "finance")
			if got := v.path(); got != "/inquiries/history/search" {
				t.Errorf("the search is at %s", got)
			}
			if got := v.keeps(); strings.Contains(got, number[10:]) {
				t.Errorf("the browser keeps %s", got)
			}
			v.click(rows.Locator("th a"))
			v.ok(v.WaitForURL(regexp.MustCompile(`/inquiries/history/\d+$`)))
			id = regexp.MustCompile(`\d+$`).FindString(v.path())
			hidden := fours(lang, number)
			if strings.Contains(v.text("main"), hidden) {
				t.Error("the number is shown before it is opened")
			}
			for _, reason := range []string{"", "x"} {
				v.eval(`() => document.querySelector("#f-reason").removeAttribute("required")`)
				v.typeInto("reason", reason)
				v.submit(says[1])
				v.see(v.find("#f-reason-err"))
				if strings.Contains(v.text("main"), hidden) {
					t.Error("the number is shown without a reason")
				}
			}
			v.typeInto("reason", why)
			v.submit(says[1])
			v.say(v.find("main"), hidden)
			v.none(v.find("#f-reason"))
		})
	}

	auditor := visit(t, portal)
	auditor.signIn("auditor", nil)
	auditor.open("/inquiries/history")
	auditor.typeInto("number", number)
	auditor.submit("Search")
	auditor.click(auditor.find("#inquiry-history-table tbody tr th a"))
	auditor.say(auditor.find("main"), "finance")
	auditor.none(auditor.find("#f-reason"))
	if text := auditor.text("main"); strings.Contains(text, fours("en", number)) {
		t.Error("the auditor sees the whole number")
	}
	auditor.provokeStatus(403)
	auditor.forcePost("/inquiries/history/" + id + "/reveal")
	auditor.say(auditor.find("main .error-page"), "inquiry.reveal")
	auditor.open("/inquiries/iban", 403)
	auditor.say(auditor.find("main .error-page"), "inquiry.iban")
	auditor.open("/admin/audit?act=inquiry.reveal")
	entry := auditor.find("#audit-table tbody tr").First()
	auditor.say(entry, "Opened the number and answer of an inquiry")
	auditor.say(entry, "finance")
	auditor.click(entry.Locator("th a"))
	auditor.say(auditor.find("main"), "inquiry:"+id)
	auditor.say(auditor.find("main"), why)
	if strings.Contains(auditor.text("main"), number) {
		t.Error("the audit trail holds the number")
	}
}

// TestInquiriesWithoutJavaScript asks about an IBAN and takes a file to its results in a browser that runs no scripts.
func TestInquiriesWithoutJavaScript(t *testing.T) {
	portal := demo(t)
	v := visit(t, portal, playwright.BrowserNewContextOptions{JavaScriptEnabled: playwright.Bool(false)})
	v.provokeStatus(422)
	v.signIn("finance", nil)
	number := sandbox.IBAN(15, sandbox.Company, 700)
	v.open("/inquiries/iban")
	v.typeInto("number", persianDigits(number))
	v.submit("Ask")
	v.say(v.answer(), fours("en", number))
	v.say(v.answer(), "Company")
	v.at("/inquiries/iban")
	_, err := v.Reload() // the browser sends the form once more
	v.ok(err)
	v.wasAsked(number, 1)

	v.upload("two.csv", []byte("Card\n"+sandbox.Card(2, sandbox.Person, 701)+"\n6104330451908762\n"))
	v.counts("Cannot be sent", 1)
	v.say(v.find("#bulk-lines"), "A3")
	v.submit("Ask 1 paid inquiry")
	eventually(t, "the file is finished", func() bool {
		_, err := v.Reload()
		v.ok(err)
		return strings.Contains(v.text("#bulk .badge >> nth=0"), "Finished")
	})
	v.counts("Answered", 1)
	v.ok(expect.Locator(v.find("#bulk-lines tbody tr")).ToHaveCount(2))
	content, _ := v.download(v.role("link", "Results (CSV)"))
	if got := strings.Count(string(content), "\n"); got != 3 {
		t.Errorf("the result has %d lines, want 3", got)
	}
}
