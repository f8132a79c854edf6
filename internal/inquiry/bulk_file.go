package inquiry

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
)

// Bulks works through files of numbers. Its methods may be called by many goroutines; one file is worked on by one at a time.
type Bulks struct {
	*Rules
	providers Providers
	// enqueue asks for Run in the background; asking while one is waiting changes nothing.
	enqueue func(ctx context.Context, id int64) error

	mu      sync.Mutex
	running map[int64]*bulkRun
}

// NewBulks makes the use-cases of files.
func NewBulks(rules *Rules, providers Providers, enqueue func(ctx context.Context, id int64) error) *Bulks {
	return &Bulks{Rules: rules, providers: providers, enqueue: enqueue, running: map[int64]*bulkRun{}}
}

// File is a table that somebody brought.
type File struct {
	// Name is the file's, empty for pasted lines.
	Name                    string
	Format, Encoding, Sheet string
	Columns                 int
	// Rows gives each row with its number in the file, in order, as often as it is asked.
	Rows iter.Seq2[int, []LineCell]
	// Len is how many rows there are.
	Len int
}

// Draft reads a file as a draft of its own: columns guessed, every line checked, nothing asked. errs.Invalid at the field file
// for one with more lines than the person may send, or with none.
func (b *Bulks) Draft(ctx context.Context, by Asker, connectionID int64, f File, allowed func(Kind) bool) (Bulk, error) {
	const op = "read file"
	settings, err := b.store.InquirySettings(ctx)
	if err != nil {
		return Bulk{}, err
	}
	layout := GuessLayout(f.Rows, f.Columns)
	layout.Format, layout.Encoding, layout.Sheet = f.Format, f.Encoding, f.Sheet
	lines := f.Len
	if len(layout.Headings) > 0 {
		lines--
	}
	limit := settings.Of(by).LinesPerFile
	switch {
	case lines <= 0:
		return Bulk{}, errs.InvalidField(op, "file", "inquiry.bulk.no_lines")
	case lines > limit:
		return Bulk{}, &errs.Error{Kind: errs.Invalid, Op: op, Fields: []errs.Field{{
			Name: "file", Msg: "inquiry.bulk.too_many_lines", Args: map[string]any{"Lines": lines, "Max": limit},
		}}}
	}
	draft := Bulk{
		ConnectionID: connectionID, UserID: by.UserID, UserName: by.Name, State: Draft, Name: f.Name, Layout: layout, Lines: lines, CreatedAt: b.now(),
	}
	rows := f.Rows
	if len(layout.Headings) > 0 {
		rows = withoutFirst(rows)
	}
	return b.store.CreateBulk(ctx, draft, Evaluate(rows, layout, allowed), audit.Entry{
		Actor: by.Actor, Act: "inquiry.bulk_read", Outcome: audit.OK, After: map[string]any{"lines": lines, "connection": connectionID},
	})
}

func withoutFirst(rows iter.Seq2[int, []LineCell]) iter.Seq2[int, []LineCell] {
	return func(yield func(int, []LineCell) bool) {
		first := true
		for number, cells := range rows {
			if first {
				first = false
				continue
			}
			if !yield(number, cells) {
				return
			}
		}
	}
}

// Remap reads a draft's lines anew by other columns. errs.Invalid as Layout.Check, errs.Conflict when it is no draft any more or
// changed meanwhile.
func (b *Bulks) Remap(ctx context.Context, by Asker, id, version int64, choose func(Layout) Layout, allowed func(Kind) bool) (Bulk, error) {
	draft, err := b.Own(ctx, by, id)
	if err != nil {
		return Bulk{}, err
	}
	chosen := choose(draft.Layout)
	if err := chosen.Check(); err != nil {
		return Bulk{}, err
	}
	rows, err := b.rows(ctx, draft)
	if err != nil {
		return Bulk{}, err
	}
	draft.Layout, draft.Version = chosen, version
	return b.store.RemapBulk(ctx, draft, Evaluate(rows, chosen, allowed), audit.Entry{
		Actor: by.Actor, Act: "inquiry.bulk_columns", Object: bulkObject(id), Outcome: audit.OK,
	})
}

// rows gives the rows of a file that is in the store.
func (b *Bulks) rows(ctx context.Context, file Bulk) (iter.Seq2[int, []LineCell], error) {
	lines, err := b.store.BulkLines(ctx, file.ID, LineFilter{Limit: file.Lines})
	if err != nil {
		return nil, err
	}
	return func(yield func(int, []LineCell) bool) {
		for _, line := range lines {
			if !yield(line.Number, line.Cells) {
				return
			}
		}
	}, nil
}

// Own gives a file of the person's; errs.NotFound for another's.
func (b *Bulks) Own(ctx context.Context, by Asker, id int64) (Bulk, error) {
	file, err := b.store.Bulk(ctx, id)
	if err == nil && file.UserID != by.UserID {
		err = errs.New(errs.NotFound, "read bulk inquiry", "", nil)
	}
	if err != nil {
		return Bulk{}, err
	}
	return file, nil
}

// List gives the person's files, newest first, below an id (0 for the newest).
func (b *Bulks) List(ctx context.Context, by Asker, before int64, limit int) ([]Bulk, error) {
	return b.store.Bulks(ctx, by.UserID, before, limit)
}

// Lines reads lines of a file in its order.
func (b *Bulks) Lines(ctx context.Context, file Bulk, f LineFilter) ([]Line, error) {
	return b.store.BulkLines(ctx, file.ID, f)
}

// Cost is what a draft will take of the allowance.
type Cost struct {
	// Questions are the different numbers, Fresh how many of them a fresh answer would serve.
	Questions, Fresh int
	Allowance        Allowance
	FreshFor         time.Duration
}

// Paid is how many questions are paid for.
func (c Cost) Paid(reuse bool) int {
	if reuse {
		return c.Questions - c.Fresh
	}
	return c.Questions
}

// Cost tells what beginning a draft, or asking the lines of the states again, costs.
func (b *Bulks) Cost(ctx context.Context, by Asker, file Bulk) (Cost, error) {
	settings, err := b.store.InquirySettings(ctx)
	if err != nil {
		return Cost{}, err
	}
	allowance, err := b.Allowance(ctx, by)
	if err != nil {
		return Cost{}, err
	}
	cost := Cost{Questions: file.Counts[Ready], Allowance: allowance, FreshFor: settings.FreshFor}
	if file.State == Draft && settings.FreshFor > 0 {
		cost.Fresh, err = b.store.CountFresh(ctx, file.ID, b.now().Add(-settings.FreshFor))
	}
	return cost, err
}

// Start begins a draft. errs.RateLimited when the allowance does not suffice, errs.Conflict when it was begun already or changed.
func (b *Bulks) Start(ctx context.Context, by Asker, id, version int64, reuse bool) (Bulk, error) {
	file, err := b.Own(ctx, by, id)
	if err != nil {
		return Bulk{}, err
	}
	file.Version = version
	return b.start(ctx, by, file, Start{Reuse: reuse}, "inquiry.bulk_start", map[string]any{"reuse": reuse})
}

// Retry asks the failures of a file that is over again; lost also those whose answers were lost, which may be paid for twice.
func (b *Bulks) Retry(ctx context.Context, by Asker, id, version int64, lost bool) (Bulk, error) {
	file, err := b.Own(ctx, by, id)
	if err != nil {
		return Bulk{}, err
	}
	file.Version = version
	again := []LineState{LineFailed}
	if lost {
		again = append(again, LineLost)
	}
	return b.start(ctx, by, file, Start{Again: again}, "inquiry.bulk_retry", map[string]any{"lost": lost})
}

func (b *Bulks) start(ctx context.Context, by Asker, file Bulk, s Start, act string, facts map[string]any) (Bulk, error) {
	settings, err := b.store.InquirySettings(ctx)
	if err != nil {
		return Bulk{}, err
	}
	now := b.now()
	s.FreshSince, s.PerDay, s.Day, s.At = now.Add(-settings.FreshFor), settings.Of(by).PerDay, b.today(), now
	file, err = b.store.StartBulk(ctx, file, s, audit.Entry{
		Actor: by.Actor, Act: act, Object: bulkObject(file.ID), Outcome: audit.OK, After: facts,
	})
	if err != nil {
		return Bulk{}, err
	}
	return file, b.enqueue(ctx, file.ID)
}

// Pause stops the work on a file until Resume. Questions that are with the provider get their answers.
func (b *Bulks) Pause(ctx context.Context, by Asker, id int64) error {
	return b.change(ctx, by, id, []BulkState{Running}, Paused, "inquiry.bulk_pause")
}

// Resume goes on with a paused file.
func (b *Bulks) Resume(ctx context.Context, by Asker, id int64) error {
	if err := b.change(ctx, by, id, []BulkState{Paused}, Running, "inquiry.bulk_resume"); err != nil {
		return err
	}
	return b.enqueue(ctx, id)
}

// Cancel stops the work on a file for good. What was answered stays.
func (b *Bulks) Cancel(ctx context.Context, by Asker, id int64) error {
	return b.change(ctx, by, id, []BulkState{Draft, Running, Paused}, Cancelled, "inquiry.bulk_cancel")
}

func (b *Bulks) change(ctx context.Context, by Asker, id int64, from []BulkState, to BulkState, act string) error {
	if _, err := b.Own(ctx, by, id); err != nil {
		return err
	}
	err := b.store.ChangeBulk(ctx, id, from, to, b.now(), audit.Entry{Actor: by.Actor, Act: act, Object: bulkObject(id), Outcome: audit.OK})
	if err == nil && to != Running {
		b.stop(id)
	}
	return err
}

// Downloaded writes down that somebody took the results, with the whole numbers, out of the portal.
func (b *Bulks) Downloaded(ctx context.Context, by Asker, file Bulk, format string) error {
	return b.store.RecordAudit(ctx, audit.Entry{
		Actor: by.Actor, Act: "inquiry.bulk_download", Object: bulkObject(file.ID), Outcome: audit.OK,
		After: map[string]any{"format": format, "lines": file.Lines},
	})
}

// EnqueueRunning asks for the work on every file that should be running: after a start of the program, and in case the asking
// itself was lost.
func (b *Bulks) EnqueueRunning(ctx context.Context) error {
	ids, err := b.store.RunningBulks(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := b.enqueue(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// bulkObject names a file in the trail.
func bulkObject(id int64) string { return fmt.Sprintf("inquiry_bulk:%d", id) }
