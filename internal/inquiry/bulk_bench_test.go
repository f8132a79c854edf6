package inquiry_test

import (
	"context"
	"testing"
	"time"

	"payportal/internal/command"
	"payportal/internal/inquiry"
)

// BenchmarkBulk is the engine of files without network and pages: lines a second against a provider that takes 50 ms, 32 at once,
// of which 640 is the most that is possible.
func BenchmarkBulk(b *testing.B) {
	const lines, latency, lanes = 3200, 50 * time.Millisecond, 32
	for b.Loop() {
		o := newOffice(b)
		o.bank.answer = func(context.Context, inquiry.Question, int) error {
			time.Sleep(latency)
			return nil
		}
		draft, err := o.bulks.Draft(b.Context(), clerk(7), 1, ibansFile(lines), everyKind)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := o.bulks.Start(b.Context(), clerk(7), draft.ID, draft.Version, false); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if err := o.bulks.Run(b.Context(), draft.ID, lanes); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(lines/time.Since(began).Seconds(), "lines/s")
	}
}

// BenchmarkDraft is the dry run of a file of 50,000 lines, once it has been read.
func BenchmarkDraft(b *testing.B) {
	o := newOffice(b)
	file := ibansFile(50_000)
	for b.Loop() {
		if _, err := o.bulks.Draft(b.Context(), clerk(7), 1, file, everyKind); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(50_000*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkAsk is what a single question costs beside the provider: three reads and two durable commits.
func BenchmarkAsk(b *testing.B) {
	o := newOffice(b)
	n := 0
	for b.Loop() {
		n++
		if _, err := o.desk.desk.Ask(b.Context(), clerk(7), inquiry.Ask{Key: command.NewKey(), ConnectionID: 1, Question: inquiry.AskIBAN(ibanOf(n))}); err != nil {
			b.Fatal(err)
		}
	}
}
