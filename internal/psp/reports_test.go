package psp_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"payportal/internal/errs"
	"payportal/internal/psp"
)

func report(status psp.ReportStatus, created time.Time) psp.Report {
	return psp.Report{UUID: uuid.NewString(), Status: status, Filename: "Toman_1403-06-23 03:30:00_r.xlsx", CreatedAt: created}
}

func TestPollFollowsReportsToTheirEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.reports = []psp.Report{report(psp.ReportInProgress, day(3)), report(psp.ReportSuccess, day(2))}
	changes, pause, err := o.reports.Poll(t.Context(), conn)
	if err != nil || len(changes) != 2 || pause != 15*time.Second {
		t.Fatalf("first poll = %d changes, %v, %v, want 2 and 15 s", len(changes), pause, err)
	}
	if changes, pause, err = o.reports.Poll(t.Context(), conn); err != nil || len(changes) != 0 || pause != 15*time.Second {
		t.Fatalf("idle poll = %+v, %v, %v, want no change and 15 s", changes, pause, err)
	}
	before, _ := o.reports.Report(t.Context(), conn, o.provider.reports[1].UUID)
	o.provider.reports[0].Status = psp.ReportSuccess
	changes, pause, err = o.reports.Poll(t.Context(), conn)
	if err != nil || pause != 5*time.Minute || len(changes) != 1 || changes[0].Before != psp.ReportInProgress || changes[0].Report.Status != psp.ReportSuccess {
		t.Errorf("last poll = %+v, %v, %v, want the change and 5 min", changes, pause, err)
	}
	if after, _ := o.reports.Report(t.Context(), conn, o.provider.reports[1].UUID); !after.ChangedAt.Equal(before.ChangedAt) {
		t.Errorf("changed at %v, want %v: its state did not change", after.ChangedAt, before.ChangedAt)
	}
	o.provider.down = unreachable
	if _, pause, err = o.reports.Poll(t.Context(), conn); !errs.Is(err, errs.Unavailable) || pause != 5*time.Minute {
		t.Errorf("poll of a provider that is down = %v, %v", pause, err)
	}
	page, fresh, err := o.reports.List(t.Context(), psp.ReportFilter{ConnectionID: conn})
	if err != nil || len(page.Reports) != 2 || fresh.Problem != "psp.problem.unavailable" {
		t.Errorf("list = %d, %+v, %v, want the last copy and the reason", len(page.Reports), fresh, err)
	}
}

func TestReportsAreListedNewestFirstInPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range 7 {
		o.provider.reports = append(o.provider.reports, report(psp.ReportStatus(i%5), day(20-i/2)))
	}
	if _, _, err := o.reports.Poll(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	var got []time.Time
	f := psp.ReportFilter{ConnectionID: conn, Limit: 3}
	for {
		page, _, err := o.reports.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Reports {
			got = append(got, r.CreatedAt)
		}
		if f.After = page.Next; f.After == "" {
			break
		}
	}
	if len(got) != 7 || !slices.IsSortedFunc(got, func(a, b time.Time) int { return b.Compare(a) }) {
		t.Errorf("created = %v, want 7, newest first", got)
	}
	ready := psp.ReportSuccess
	if page, _, err := o.reports.List(t.Context(), psp.ReportFilter{ConnectionID: conn, Status: &ready}); err != nil || len(page.Reports) != 1 {
		t.Errorf("ready reports = %d, %v, want 1", len(page.Reports), err)
	}
}

func TestReportsThatDisappearAreKeptAsGone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.reports = []psp.Report{report(psp.ReportInProgress, day(2))}
	gone := o.provider.reports[0].UUID
	if _, _, err := o.reports.Poll(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	o.provider.reports = nil
	_, pause, err := o.reports.Poll(t.Context(), conn)
	if err != nil || pause != 5*time.Minute {
		t.Errorf("poll = %v, %v: a report that is gone is not waited for", pause, err)
	}
	_, err = o.reports.Download(t.Context(), clerk, conn, gone)
	wantMsg(t, err, "psp.report.gone")
}

func TestDownloadIsRecordedBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.reports = []psp.Report{report(psp.ReportSuccess, day(2))}
	if _, _, err := o.reports.Poll(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	download, err := o.reports.Download(t.Context(), clerk, conn, strings.ToUpper(o.provider.reports[0].UUID))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"report.download ok"}; !slices.Equal(o.acts(t), want) {
		t.Errorf("trail before reading = %q, want %q", o.acts(t), want)
	}
	body, err := io.ReadAll(download.Body)
	if err != nil || string(body) != "excel" || download.Size != 5 || download.Name != "Toman_1403-06-23 03-30-00_r.xlsx" {
		t.Errorf("download = %q, %+v, %v", body, download, err)
	}
}

func TestDownloadsThatCannotBeRecordedGiveNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.reports = []psp.Report{report(psp.ReportSuccess, day(2))}
	if _, _, err := o.reports.Poll(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	if _, err := o.db.Writer().Exec("DROP TABLE audit_head"); err != nil {
		t.Fatal(err)
	}
	if download, err := o.reports.Download(t.Context(), clerk, conn, o.provider.reports[0].UUID); err == nil || download.Body != nil {
		t.Errorf("download = %+v, %v, want an error and no body", download, err)
	}
}

func TestDownloadSaysWhyThereIsNoFile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	want := map[psp.ReportStatus]string{
		psp.ReportInitiated: "psp.report.in_progress", psp.ReportInProgress: "psp.report.in_progress", psp.ReportFailed: "psp.report.failed",
		psp.ReportExpired: "psp.report.expired", 9: "psp.report.unknown_status",
	}
	for status := range want {
		o.provider.reports = append(o.provider.reports, report(status, day(2)))
	}
	if _, _, err := o.reports.Poll(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	for _, r := range o.provider.reports {
		_, err := o.reports.Download(t.Context(), clerk, conn, r.UUID)
		wantKind(t, err, errs.Conflict)
		wantMsg(t, err, want[r.Status])
	}
	_, err := o.reports.Download(t.Context(), clerk, conn, uuid.NewString())
	wantKind(t, err, errs.NotFound)
	if calls := o.provider.called("OpenReport"); calls != 0 {
		t.Errorf("opened %d times, want never", calls)
	}
}

// TestDownloadAsksAgainWhenThePollIsBehind: the copy says "in progress", the provider has it ready, or has lost it.
func TestDownloadAsksAgainWhenThePollIsBehind(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.reports = []psp.Report{report(psp.ReportInProgress, day(2)), report(psp.ReportSuccess, day(2))}
	if _, _, err := o.reports.Poll(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	o.provider.reports[0].Status, o.provider.reports[1].Status = psp.ReportSuccess, psp.ReportExpired
	_, err := o.reports.Download(t.Context(), clerk, conn, o.provider.reports[1].UUID)
	wantMsg(t, err, "psp.report.no_file")
	if _, err := o.reports.Download(t.Context(), clerk, conn, o.provider.reports[0].UUID); err != nil {
		t.Errorf("download = %v, want the file", err)
	}
	if want := []string{"report.download failed", "report.download ok"}; !slices.Equal(o.acts(t), want) {
		t.Errorf("trail = %q, want %q", o.acts(t), want)
	}
}

func TestSafeFilename(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, original, want string }{
		{"documented", "Toman_1403-06-23 03:30:00:1403-09-27 03:30:00_rIFosb6o8r.xlsx", "Toman_1403-06-23 03-30-00-1403-09-27 03-30-00_rIFosb6o8r.xlsx"},
		{"path", "../../etc/passwd", "etc-passwd.xlsx"},
		{"windows path", `C:\temp\a.xlsx`, "C--temp-a.xlsx"},
		{"leading dots", "...hidden.xlsx", "hidden.xlsx"},
		{"trailing dots", "a...", "a.xlsx"},
		{"extension in capitals", "A.XLSX", "A.xlsx"},
		{"foreign extension", "run.exe", "run.exe.xlsx"},
		{"control", "a\r\nSet-Cookie: b\x00.xlsx", "a Set-Cookie- b.xlsx"},
		{"bidi", "a\u202excod.xlsx", "axcod.xlsx"},
		{"header quote", `a".xlsx"; filename="b`, "a-.xlsx-- filename=-b.xlsx"},
		{"device", "con.xlsx", "report-con.xlsx"},
		{"device with more", "LPT1.old.xlsx", "report-LPT1.old.xlsx"},
		{"Persian", "گزارش پذیرنده\u200cها ۱۴۰۳.xlsx", "گزارش پذیرنده\u200cها ۱۴۰۳.xlsx"},
		{"broken UTF-8", "a\xff\xfe.xlsx", "a.xlsx"},
		{"empty", "", "f.xlsx"},
		{"nothing left", "..:/\u200c.xlsx", "f.xlsx"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := psp.SafeFilename(tt.original, "f.xlsx"); got != tt.want {
				t.Errorf("SafeFilename(%q) = %q, want %q", tt.original, got, tt.want)
			}
		})
	}
}

func FuzzSafeFilename(f *testing.F) {
	for _, seed := range []string{"a:b.xlsx", "../x", "\u202e", "con", strings.Repeat("گ", 300), "COM\u00b9.xlsx"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, original string) {
		got := psp.SafeFilename(original, "f.xlsx")
		switch {
		case !strings.HasSuffix(got, ".xlsx"), !utf8.ValidString(got), utf8.RuneCountInString(got) > 120, len(got) > 250:
			t.Errorf("%q becomes %q: not a bounded .xlsx name", original, got)
		case strings.ContainsAny(got, "/\\:*?\"<>|%;\r\n\x00\u202e\u2066\ufeff"), strings.HasPrefix(got, "."), strings.HasPrefix(got, " "):
			t.Errorf("%q becomes %q: a character that is not safe", original, got)
		case got != psp.SafeFilename(got, "f.xlsx"):
			t.Errorf("%q becomes %q, which is not stable", original, got)
		}
	})
}
