package killtest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/inquiry"
	"payportal/internal/seal"
	sandbox "payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/toman"
	"payportal/store"
)

const (
	// lanes is how many questions are with the provider at once, and latency how long each takes there.
	lanes   = 8
	latency = 10 * time.Millisecond
)

// TestKilledFileAsksNoLineTwice kills the work on a file at random moments. The sandbox's own count is the judge: no
// line was asked twice, and every line has an answer or is marked as lost.
func TestKilledFileAsksNoLineTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, os.Args[0])
	b.kill(t, kills)
	for _, wrong := range b.judge(t) {
		t.Error(wrong)
	}
}

// TestTheJudgeFindsNaiveWork is the control: the same kills, of a build that writes a line down after it was asked.
func TestTheJudgeFindsNaiveWork(t *testing.T) {
	t.Parallel()
	naive := filepath.Join(t.TempDir(), "naive")
	build := exec.Command("go", "test", "-c", "-tags", "naive", "-o", naive, ".")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the naive child: %v\n%s", err, said)
	}
	b := newBench(t, naive)
	b.kill(t, kills)
	if b.twice() == 0 {
		t.Error("naive work was killed again and again, and no line was asked twice: the judge cannot see anything")
	}
}

// bench is a file of lines, a provider that counts, and a program that works.
type bench struct {
	program  string
	job      job
	provider *toman.Toman
	db       *store.DB
	bulks    *inquiry.Bulks
	clerk    inquiry.Asker
}

func newBench(t *testing.T, program string) *bench {
	t.Helper()
	provider, err := toman.Start(t.Context(), toman.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	provider.Inquiry.SetLatency(latency)
	b := &bench{program: program, provider: provider, clerk: inquiry.Asker{Actor: audit.Actor{UserID: 7, Name: "clerk"}}}
	b.job = job{DB: filepath.Join(t.TempDir(), "portal.db"), Key: seal.GenerateKey(), Auth: provider.AuthURL, InquiryURL: provider.InquiryURL}
	b.open(t)
	draft, err := b.bulks.Draft(t.Context(), b.clerk, 1, file(), func(inquiry.Kind) bool { return true })
	if err != nil || draft.Counts[inquiry.Ready] != lines {
		t.Fatalf("Draft: %v, %v", draft.Counts, err)
	}
	if _, err := b.bulks.Start(t.Context(), b.clerk, draft.ID, draft.Version, false); err != nil {
		t.Fatal(err)
	}
	b.job.Bulk = draft.ID
	return b
}

// open opens the file as the judge does: beside the child, which writes it alone.
func (b *bench) open(t *testing.T) {
	t.Helper()
	db, err := store.Open(t.Context(), b.job.DB)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ring, err := seal.ParseKeys(b.job.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.UseKeys(t.Context(), ring); err != nil {
		t.Fatal(err)
	}
	b.db = db
	b.bulks = inquiry.NewBulks(inquiry.NewRules(db, time.UTC, time.Now), nil, func(context.Context, int64) error { return nil })
}

// file is a payroll: accounts of persons and companies at one bank.
func file() inquiry.File {
	return inquiry.File{
		Name: "payroll.csv", Columns: 1, Len: lines,
		Rows: func(yield func(int, []inquiry.LineCell) bool) {
			for n := range lines {
				if !yield(n+1, []inquiry.LineCell{{Text: sandbox.IBAN(2, sandbox.Person, n)}}) {
					return
				}
			}
		},
	}
}

// kill starts the program and kills it, that many times; then it lets one work to the end.
func (b *bench) kill(t *testing.T, times int) {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for range times {
		b.live(t, 1+random.IntN(60))
	}
	asked := len(b.provider.Inquiry.Asked())
	if asked >= lines {
		t.Errorf("all %d lines were asked before the last kill", lines)
	}
	b.live(t, 0)
	t.Logf("%d kills, %d lines asked by then, %d asked twice in the end", times, asked, b.twice())
}

// live is one life of the program: until the provider has been asked that many more questions, when it is killed, or with 0 until
// its end.
func (b *bench) live(t *testing.T, questions int) {
	t.Helper()
	text, err := json.Marshal(b.job)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), b.program)
	child.Env = append(os.Environ(), jobVariable+"="+string(text))
	child.Stderr = os.Stderr
	before := b.total()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- child.Wait() }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for questions > 0 && b.total() < before+questions {
		select {
		case err := <-gone:
			t.Fatalf("the program ended by itself: %v", err)
		case <-tick.C:
		}
	}
	if questions > 0 {
		if err := child.Process.Kill(); err != nil {
			t.Error(err)
		}
	}
	if err := <-gone; questions == 0 && err != nil {
		t.Fatalf("the last life: %v", err)
	}
}

// total is how many questions the provider has carried out.
func (b *bench) total() (sum int) {
	for _, n := range b.provider.Inquiry.Asked() {
		sum += n
	}
	return sum
}

// twice is how many lines the provider was asked for more than once.
func (b *bench) twice() (count int) {
	for _, n := range b.provider.Inquiry.Asked() {
		if n > 1 {
			count++
		}
	}
	return count
}

// judge compares what the portal believes with what the provider counted.
func (b *bench) judge(t *testing.T) (wrong []string) {
	t.Helper()
	done, err := b.bulks.Own(t.Context(), b.clerk, b.job.Bulk)
	if err != nil {
		t.Fatal(err)
	}
	if done.State != inquiry.Done {
		wrong = append(wrong, fmt.Sprintf("the file is %s with %v", done.State, done.Counts))
	}
	all, err := b.bulks.Lines(t.Context(), done, inquiry.LineFilter{Limit: lines + 1, Records: true})
	if err != nil || len(all) != lines {
		t.Fatalf("%d lines, %v", len(all), err)
	}
	asked := b.provider.Inquiry.Asked()
	lost := 0
	for _, line := range all {
		n := asked[line.Question.IBAN.Reveal()]
		switch line.State {
		case inquiry.LineAnswered:
			if n != 1 || line.Record.Reply.Answer == nil {
				wrong = append(wrong, fmt.Sprintf("line %d has an answer and was asked %d times", line.Number, n))
			}
		case inquiry.LineLost:
			lost++
			if n > 1 {
				wrong = append(wrong, fmt.Sprintf("line %d is lost and was asked %d times", line.Number, n))
			}
		default:
			wrong = append(wrong, fmt.Sprintf("line %d is %s", line.Number, line.State))
		}
	}
	if most := kills * (lanes + 8); lost == 0 || lost > most {
		wrong = append(wrong, fmt.Sprintf("%d lines are lost, want some and at most %d", lost, most))
	}
	t.Logf("%d of %d lines are marked as lost", lost, lines)
	return wrong
}
