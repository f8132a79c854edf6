package inquiry

import (
	"context"
	"iter"
	"time"

	"payportal/internal/audit"
)

// Store keeps questions, answers and files; the store package implements it. Numbers, answers and the cells of files are sealed
// in it. Each method that a person's act leads to writes the audit entry in the same transaction. All writes are durable when
// they return.
type Store interface {
	// InquirySettings gives the settings, those of DefaultSettings while nobody has changed them.
	InquirySettings(ctx context.Context) (Settings, error)
	// SaveInquirySettings fails with errs.Conflict when s.Version is not the stored one.
	SaveInquirySettings(ctx context.Context, s Settings, e audit.Entry) error
	// InquiryUsage is how many paid questions a person has asked on a day.
	InquiryUsage(ctx context.Context, userID int64, day Day) (int, error)

	// IntendInquiry writes a question down before it is asked and takes it from the day's allowance. It fails with
	// errs.RateLimited when perDay is used up, and with errs.Conflict when the form's key was used before. What e says of the
	// object is completed with the new id.
	IntendInquiry(ctx context.Context, r Record, perDay int, e audit.Entry) (Record, error)
	// SettleInquiry writes the outcome of a question that is Asking, and gives a failed one back to the allowance.
	// errs.Conflict when it is settled already.
	SettleInquiry(ctx context.Context, id int64, o Outcome, reply Reply, at time.Time) error
	// Inquiry and InquiryByKey fail with errs.NotFound.
	Inquiry(ctx context.Context, id int64) (Record, error)
	InquiryByKey(ctx context.Context, key string) (Record, error)
	// FreshInquiry finds the newest answer to the same question of the connection since that time; errs.NotFound.
	FreshInquiry(ctx context.Context, connectionID int64, q Question, since time.Time) (Record, error)
	// Inquiries lists the history, newest first.
	Inquiries(ctx context.Context, f HistoryFilter) ([]Record, error)
	// RevealInquiry counts a reveal on the person's day. errs.RateLimited when perDay is used up.
	RevealInquiry(ctx context.Context, userID int64, day Day, perDay int, e audit.Entry) error
	// RecordAudit writes the entry of an act that changes nothing.
	RecordAudit(ctx context.Context, e audit.Entry) error
	// ForgetInquiries empties the sealed columns of up to limit questions, and removes files, of before that time. It tells how
	// many there were.
	ForgetInquiries(ctx context.Context, before time.Time, limit int) (int, error)
	// LoseInquiries makes every question that is Asking Lost, with its line: to be called before anything is asked, after a kill.
	LoseInquiries(ctx context.Context, at time.Time) (int, error)

	BulkStore
}

// BulkStore keeps files of numbers.
type BulkStore interface {
	// CreateBulk adds a draft with its lines.
	CreateBulk(ctx context.Context, b Bulk, lines iter.Seq[Line], e audit.Entry) (Bulk, error)
	// RemapBulk replaces the layout and all lines of a draft. errs.Conflict when the version is not b's or it is no draft.
	RemapBulk(ctx context.Context, b Bulk, lines iter.Seq[Line], e audit.Entry) (Bulk, error)
	// Bulk fails with errs.NotFound. Bulks lists the newest first; userID 0 is everybody.
	Bulk(ctx context.Context, id int64) (Bulk, error)
	Bulks(ctx context.Context, userID, before int64, limit int) ([]Bulk, error)
	RunningBulks(ctx context.Context) ([]int64, error)
	// BulkLines reads lines in the order of the file.
	BulkLines(ctx context.Context, id int64, f LineFilter) ([]Line, error)
	// CountFresh is how many lines of a draft an answer since that time would serve.
	CountFresh(ctx context.Context, id int64, since time.Time) (int, error)
	// StartBulk begins the work on a file: a draft, whose fresh answers it takes over when reuse is set, or the again states of
	// one that is over, which become Ready. What is to be paid is taken from the allowance: errs.RateLimited when that does not
	// suffice, errs.Conflict when the file is not as b says.
	StartBulk(ctx context.Context, b Bulk, s Start, e audit.Entry) (Bulk, error)
	// ChangeBulk moves a file from one of the states to another; errs.Conflict when it is in none of them. What a cancelled file
	// has not asked goes back to the allowance.
	ChangeBulk(ctx context.Context, id int64, from []BulkState, to BulkState, at time.Time, e audit.Entry) error
	// LoseBulkLines makes the lines of one file that are LineAsking lost: to be called while nobody works on it.
	LoseBulkLines(ctx context.Context, id int64, at time.Time) error
	// AdvanceBulk writes down what became of questions and claims the next lines, in one transaction. Nothing is claimed, and Stopped is set, when the file is not running any more.
	AdvanceBulk(ctx context.Context, id int64, a Advance) (Advanced, error)
}

// Start says how a file is begun or gone on with.
type Start struct {
	// Reuse takes fresh answers since FreshSince over.
	Reuse      bool
	FreshSince time.Time
	// Again are the states of lines that are asked once more; nil for a draft.
	Again  []LineState
	PerDay int
	Day    Day
	At     time.Time
}

// Advance is one step of the work on a file.
type Advance struct {
	Settled []SettledLine
	// Claim are Ready lines that are asked next.
	Claim []Line
	At    time.Time
}

// SettledLine is a claimed line with its outcome.
type SettledLine struct {
	Line
	Outcome Outcome
	Reply   Reply
}

// Advanced is what a step did: the claimed lines with their inquiry ids.
type Advanced struct {
	Claimed []Line
	Stopped bool
}
