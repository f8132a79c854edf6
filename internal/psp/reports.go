package psp

import (
	"context"
	"errors"
	"strings"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
)

const (
	// reportsKept bounds how many reports one poll reads from the provider, newest first.
	reportsKept = 1000
	// pollSoon and pollLate are the pauses between polls while a report is in progress, and otherwise.
	pollSoon = 15 * time.Second
	pollLate = 5 * time.Minute
)

// ListedReport is a report of the local copy.
type ListedReport struct {
	Report
	// ChangedAt is when the portal first saw the present status.
	ChangedAt time.Time
	// GoneAt is when the provider stopped listing the report; zero while it is listed.
	GoneAt time.Time
}

// ReportFilter narrows the list of reports.
type ReportFilter struct {
	ConnectionID int64
	// Status is nil for all.
	Status *ReportStatus
	// After is the cursor of a page, empty for the first.
	After string
	// Limit is the size of a page.
	Limit int
}

// ReportPage is one page of the copied list, newest first.
type ReportPage struct {
	Reports []ListedReport
	// Next is the cursor of the following page, empty at the end.
	Next string
}

// ReportChange is a report whose status differs from the copy; new reports have Before equal to the present status.
type ReportChange struct {
	Report ListedReport
	Before ReportStatus
}

// ReportStore keeps the copy of the reports, by connection.
type ReportStore interface {
	// Reports gives up to limit reports from after (exclusive), newest first.
	Reports(ctx context.Context, f ReportFilter, after *Position, limit int) ([]ListedReport, error)
	// Report fails with errs.NotFound.
	Report(ctx context.Context, connectionID int64, uuid string) (ListedReport, error)
	// ReportConnections lists the connections that list a UUID, lowest first.
	ReportConnections(ctx context.Context, uuid string) ([]int64, error)
	// MergeReports renews the copy, in one transaction. whole says that reports is all that the provider lists; else
	// it is its newest part, and older ones are left alone. What is missing is kept and marked as gone.
	MergeReports(ctx context.Context, connectionID int64, reports []Report, whole bool, at time.Time) ([]ReportChange, error)
	// ReportsUnfinished tells whether a listed report is not final.
	ReportsUnfinished(ctx context.Context, connectionID int64) (bool, error)
	// RecordAudit writes one entry in a transaction of its own.
	RecordAudit(ctx context.Context, e audit.Entry) error
	CopyStore
}

// Reports is the use-cases of reports (P5, P6).
type Reports struct {
	store     ReportStore
	providers Providers
	now       func() time.Time
}

// NewReports makes the use-cases.
func NewReports(store ReportStore, providers Providers) *Reports {
	return &Reports{store: store, providers: providers, now: time.Now}
}

// Poll copies the list from the provider and says what changed and when to poll again: soon while a report is in
// progress, for reports appear and finish by themselves. The pause is valid with an error too.
func (r *Reports) Poll(ctx context.Context, connectionID int64) (changes []ReportChange, pause time.Duration, err error) {
	err = refresh(ctx, r.store, connectionID, ReportList, r.now, func(ctx context.Context) error {
		provider, err := r.providers.PSPReporting(ctx, connectionID)
		if err != nil {
			return err
		}
		reports, err := provider.Reports(ctx, reportsKept)
		if err != nil {
			return err
		}
		changes, err = r.store.MergeReports(ctx, connectionID, reports, len(reports) < reportsKept, r.now())
		return err
	})
	if err != nil {
		return nil, pollLate, err
	}
	unfinished, err := r.store.ReportsUnfinished(ctx, connectionID)
	if unfinished {
		return changes, pollSoon, err
	}
	return changes, pollLate, err
}

// List gives one page of the copy with its freshness. It fails with errs.Invalid for a forged cursor.
func (r *Reports) List(ctx context.Context, f ReportFilter) (ReportPage, Freshness, error) {
	after, err := parseAfter("list reports", "after", f.After)
	if err != nil {
		return ReportPage{}, Freshness{}, err
	}
	limit := pageSize(f.Limit)
	reports, err := r.store.Reports(ctx, f, after, limit+1)
	if err != nil {
		return ReportPage{}, Freshness{}, err
	}
	page := ReportPage{Reports: reports}
	if len(reports) > limit {
		page.Reports = reports[:limit]
		page.Next = timePosition(page.Reports[limit-1].CreatedAt, page.Reports[limit-1].UUID).String()
	}
	fresh, err := r.store.CopyFreshness(ctx, f.ConnectionID, ReportList)
	return page, fresh, err
}

// Report gives one report of the copy; it fails with errs.NotFound.
func (r *Reports) Report(ctx context.Context, connectionID int64, uuid string) (ListedReport, error) {
	uuid, ok := ParseUUID(uuid)
	if !ok {
		return ListedReport{}, errs.New(errs.NotFound, "read report", "", nil)
	}
	return r.store.Report(ctx, connectionID, uuid)
}

// Connections lists the connections in whose copy a UUID stands: a link to a report names no connection.
func (r *Reports) Connections(ctx context.Context, uuid string) ([]int64, error) {
	uuid, ok := ParseUUID(uuid)
	if !ok {
		return nil, nil
	}
	return r.store.ReportConnections(ctx, uuid)
}

// ReportDownload is a report's content on its way to a person.
type ReportDownload struct {
	// Name is safe as a file name on every system and in a header.
	Name string
	ReportFile
}

// Download opens a report's file for the actor, who must close its Body. The audit entry is committed before the first
// byte is given away: whoever cannot be recorded gets nothing. It fails with errs.NotFound for an unknown report, with
// errs.Conflict when the report has no file (yet, or any more; Msg says which) and with the provider's error.
func (r *Reports) Download(ctx context.Context, actor audit.Actor, connectionID int64, uuid string) (ReportDownload, error) {
	report, err := r.downloadable(ctx, connectionID, uuid)
	if err != nil {
		return ReportDownload{}, err
	}
	file, err := r.open(ctx, connectionID, report.UUID)
	entry := audit.Entry{
		Actor: actor, Act: "report.download", Object: "report:" + report.UUID, Outcome: "ok",
		After: map[string]any{"connection": connectionID, "filename": report.Filename},
	}
	if err != nil {
		entry.Outcome = "failed"
		return ReportDownload{}, errors.Join(err, r.store.RecordAudit(ctx, entry))
	}
	if err := r.store.RecordAudit(ctx, entry); err != nil {
		return ReportDownload{}, errors.Join(err, file.Body.Close())
	}
	return ReportDownload{Name: SafeFilename(report.Filename, "report-"+report.UUID+".xlsx"), ReportFile: file}, nil
}

// downloadable finds the report and refuses when it has no file. A copy that says "in progress" is asked again first:
// the poll may be behind.
func (r *Reports) downloadable(ctx context.Context, connectionID int64, uuid string) (ListedReport, error) {
	report, err := r.Report(ctx, connectionID, uuid)
	if err != nil {
		return ListedReport{}, err
	}
	if !report.Status.Final() {
		if _, _, err := r.Poll(ctx, connectionID); err != nil {
			return ListedReport{}, err
		}
		if report, err = r.Report(ctx, connectionID, uuid); err != nil {
			return ListedReport{}, err
		}
	}
	if msg := noFileText(report); msg != "" {
		return ListedReport{}, errs.New(errs.Conflict, "download report", msg, nil)
	}
	return report, nil
}

func noFileText(r ListedReport) string {
	switch {
	case !r.GoneAt.IsZero():
		return "psp.report.gone"
	case r.Status == ReportSuccess:
		return ""
	case r.Status == ReportFailed:
		return "psp.report.failed"
	case r.Status == ReportExpired:
		return "psp.report.expired"
	case r.Status == ReportInitiated, r.Status == ReportInProgress:
		return "psp.report.in_progress"
	default:
		return "psp.report.unknown_status"
	}
}

func (r *Reports) open(ctx context.Context, connectionID int64, uuid string) (ReportFile, error) {
	provider, err := r.providers.PSPReporting(ctx, connectionID)
	if err != nil {
		return ReportFile{}, err
	}
	file, err := provider.OpenReport(ctx, uuid)
	if refusal, ok := errors.AsType[*errs.Error](err); ok && strings.HasPrefix(refusal.Msg, "provider.link_") {
		return ReportFile{}, err // there is a file, and its link is not followed or is dead: the adapter says why
	}
	if errs.Is(err, errs.Declined) || errs.Is(err, errs.NotFound) {
		return ReportFile{}, errs.New(errs.Conflict, "download report", "psp.report.no_file", err)
	}
	return file, err
}
