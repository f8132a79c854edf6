package pspreporting

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jalaali/go-jalaali"

	"payportal/provider/sandbox"
)

// Report states of the document.
const (
	ReportInitiate   = 0
	ReportInProgress = 1
	ReportSuccess    = 2
	ReportFailed     = 3
	ReportExpired    = 4
)

// report is "Detail of report inside list API" of P5, and what it stands for.
type report struct {
	UUID            string  `json:"uuid"`
	Status          int     `json:"status"`
	ReportType      int     `json:"report_type"`
	StorageFilename *string `json:"storage_filename"`
	StartDatetime   *string `json:"start_datetime"`
	EndDatetime     *string `json:"end_datetime"`
	CreatedAt       string  `json:"created_at"`

	createdAt time.Time
	// finishAt ends a report in progress by itself; zero leaves it to the control API.
	finishAt time.Time
	from, to time.Time
	fileMark string
}

// set moves the report to a state at a time, with the fields that the state has.
func (r *report) set(status int, at time.Time) {
	r.Status = status
	r.StorageFilename, r.StartDatetime, r.EndDatetime = nil, nil, nil
	started, ended := formatTime(r.createdAt.Add(3*time.Second)), formatTime(at)
	if status != ReportInitiate {
		r.StartDatetime = &started
	}
	if status == ReportSuccess || status == ReportFailed || status == ReportExpired {
		r.EndDatetime = &ended
	}
	if status == ReportSuccess || status == ReportExpired {
		name := fmt.Sprintf("Toman_%s:%s_%s.xlsx", jalaliStamp(r.from), jalaliStamp(r.to), r.fileMark)
		r.StorageFilename = &name
	}
}

// settle lets time do its work on a report in progress.
func (r *report) settle(now time.Time) {
	if r.Status == ReportInProgress && !r.finishAt.IsZero() && !now.Before(r.finishAt) {
		r.set(ReportSuccess, r.finishAt)
	}
}

// jalaliStamp writes a midnight of UTC as the document's file names do: "1403-06-23 03:30:00".
func jalaliStamp(t time.Time) string {
	local := t.In(tehran)
	year, month, day, err := jalaali.ToJalaali(local.Year(), local.Month(), local.Day())
	if err != nil {
		panic(err) // only for years that no report has
	}
	return fmt.Sprintf("%04d-%02d-%02d %s", year, month, day, local.Format("15:04:05"))
}

const (
	reportDays    = 14 // how far back reports go
	reportsADay   = 3
	reportsExpire = 10 // after so many days
	slowReport    = 24 * time.Hour
)

// openReports makes the reports of the last days, newest first: of the older ones some failed and the oldest expired; of
// today's three one waits, one is in progress for long, and one will be ready after reportTime.
func (d *Dataset) openReports(now time.Time, reportTime time.Duration) []*report {
	var list []*report
	today := now.Truncate(24 * time.Hour)
	for age := range reportDays {
		day := today.AddDate(0, 0, -age)
		random := rand.New(rand.NewPCG(d.seed, uint64(day.Unix())))
		for slot := range reportsADay {
			r := newReport(random, day, slot)
			r.createdAt = day.Add(time.Duration(16-5*slot)*time.Hour + time.Duration(random.Int64N(int64(time.Hour))))
			failed := random.IntN(8) == 0 || age == 1 && slot == 1
			switch {
			case age == 0:
				r.startToday(slot, now, reportTime)
			case failed:
				r.set(ReportFailed, r.createdAt.Add(95*time.Second))
			case age >= reportsExpire:
				r.set(ReportExpired, r.createdAt.Add(2*time.Minute))
			default:
				r.set(ReportSuccess, r.createdAt.Add(2*time.Minute))
			}
			r.CreatedAt = formatTime(r.createdAt)
			list = append(list, r)
		}
	}
	return list
}

func (r *report) startToday(slot int, now time.Time, reportTime time.Duration) {
	r.createdAt = now.Add(-time.Duration(5+11*slot) * time.Second)
	switch slot {
	case 0:
		r.set(ReportInitiate, now)
	case 1:
		r.set(ReportInProgress, now)
		r.finishAt = now.Add(reportTime)
	default:
		r.set(ReportInProgress, now)
		r.finishAt = now.Add(slowReport)
	}
}

// newReport covers a day, a week or a month up to the given day.
func newReport(random *rand.Rand, day time.Time, slot int) *report {
	days := [reportsADay]int{1, 7, 30}[slot]
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	mark := make([]byte, 10)
	for i := range mark {
		mark[i] = letters[random.IntN(len(letters))]
	}
	return &report{UUID: seededUUID(random), from: day.AddDate(0, 0, -days), to: day, fileMark: string(mark)}
}

func (s *Server) listReports(w http.ResponseWriter, r *http.Request, _ string) {
	all, size := s.snapshot()
	sandbox.WritePage(w, r, all, size, s.publicBase, "/reports/")
}

// snapshot copies the reports as they are now, and the size of a page.
func (s *Server) snapshot() ([]report, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]report, len(s.reports))
	for i, one := range s.reports {
		one.settle(s.engine.Clock().Now())
		all[i] = *one
	}
	return all, s.pageSize
}

func (s *Server) downloadReport(w http.ResponseWriter, _ *http.Request, segment string) {
	link, status, problem := s.link(segment)
	if problem != "" {
		sandbox.WriteDetail(w, status, problem)
		return
	}
	sandbox.WriteJSON(w, status, map[string]string{"url": link})
}

func (s *Server) link(uuid string) (link string, status int, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.report(uuid)
	if one == nil {
		return "", http.StatusNotFound, "Not found."
	}
	now := s.engine.Clock().Now()
	if one.settle(now); one.Status != ReportSuccess {
		return "", http.StatusBadRequest, "Report is not available for download."
	}
	return s.presign(*one.StorageFilename, now), http.StatusOK, ""
}

// report finds by UUID; the caller holds the lock.
func (s *Server) report(uuid string) *report {
	i := slices.IndexFunc(s.reports, func(r *report) bool { return strings.EqualFold(r.UUID, uuid) })
	if i < 0 {
		return nil
	}
	return s.reports[i]
}

// SetReport moves a report to a state now and reports whether there is such a report.
func (s *Server) SetReport(uuid string, status int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.report(uuid)
	if one == nil {
		return false
	}
	one.finishAt = time.Time{}
	one.set(status, s.engine.Clock().Now())
	return true
}

// AddReport lets a new report of yesterday appear on top of the list, and returns its UUID. One in progress becomes a
// success after a positive finish.
func (s *Server) AddReport(status int, finish time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.engine.Clock().Now()
	one := newReport(rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), now.Truncate(24*time.Hour), 0)
	one.createdAt, one.CreatedAt = now, formatTime(now)
	one.set(status, now)
	if status == ReportInProgress && finish > 0 {
		one.finishAt = now.Add(finish)
	}
	s.reports = slices.Insert(s.reports, 0, one)
	return one.UUID
}
