package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/seal"
)

// TestResealOfFilesAndInquiries rotates the master key under more lines than are read at once: all of them open afterwards with the
// new key alone, and a number is still found.
func TestResealOfFilesAndInquiries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portal.db")
	old, next := seal.GenerateKey(), seal.GenerateKey()
	db := openMigrated(t, path)
	useKeysOf(t, db, old)
	const lines = 1200
	rows := func(yield func(int, []inquiry.LineCell) bool) {
		for n := range lines {
			if !yield(n+1, []inquiry.LineCell{{Text: numberOf(t, n).Reveal()}}) {
				return
			}
		}
	}
	layout := inquiry.Layout{Columns: 1, Kinds: inquiry.NoColumn, Banks: inquiry.NoColumn, Names: inquiry.NoColumn}
	file, err := db.CreateBulk(t.Context(), inquiry.Bulk{ConnectionID: 1, UserID: 7, Name: "payroll.csv", Layout: layout, Lines: lines, CreatedAt: time.Now()},
		inquiry.Evaluate(rows, layout, func(inquiry.Kind) bool { return true }), audit.Entry{Act: "inquiry.bulk_read"})
	if err != nil {
		t.Fatal(err)
	}
	question := inquiry.AskIBAN(numberOf(t, 1))
	asked, err := db.IntendInquiry(t.Context(), inquiry.Record{
		ConnectionID: 1, Kind: inquiry.IBAN, UserID: 7, AskedAt: time.Now(), Question: &question, Outcome: inquiry.Asking,
	}, 10, audit.Entry{Act: "inquiry.iban"})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SettleInquiry(t.Context(), asked.ID, inquiry.Answered, inquiry.Reply{Answer: &inquiry.Answer{IBAN: question.IBAN.Reveal()}}, time.Now()); err != nil {
		t.Fatal(err)
	}

	db = openMigrated(t, path)
	useKeysOf(t, db, next+"\n"+old)
	// The two keys of the database, the name and layout of the file, its lines, number and reply of the question.
	if n, err := db.Reseal(t.Context(), audit.Entry{Act: "secrets.reseal"}); err != nil || n != 2+2+lines+2 {
		t.Fatalf("Reseal = %d, %v; want %d", n, err, 2+2+lines+2)
	}
	db = openMigrated(t, path)
	useKeysOf(t, db, next)
	if err := db.CheckSecrets(t.Context()); err != nil {
		t.Fatal(err)
	}
	read, err := db.BulkLines(t.Context(), file.ID, inquiry.LineFilter{Limit: lines})
	if err != nil || len(read) != lines || read[lines-1].Cells[0].Text != numberOf(t, lines-1).Reveal() {
		t.Errorf("%d lines, %v", len(read), err)
	}
	if found, err := db.FreshInquiry(t.Context(), 1, question, time.Now().Add(-time.Hour)); err != nil || found.ID != asked.ID {
		t.Errorf("after the rotation the number finds %d, %v; want %d", found.ID, err, asked.ID)
	}
}

func numberOf(t *testing.T, n int) iban.IBAN {
	t.Helper()
	number, err := iban.MakeIBAN("017", fmt.Sprintf("%019d", n))
	if err != nil {
		t.Fatal(err)
	}
	return number
}
