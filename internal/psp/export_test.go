package psp_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"payportal/internal/errs"
	"payportal/internal/mirror"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/store"
	"payportal/store/storetest"
)

var tehran = time.FixedZone("Tehran", 3*3600+1800)

// exportOf asks for a file of all columns in toman, with Persian words.
func exportOf(format psp.ExportFormat) psp.PaymentExport {
	head := map[psp.PaymentColumn]string{}
	for _, c := range psp.PaymentColumns {
		head[c] = "ستون " + string(c)
	}
	head[psp.ColumnAmount] = "مبلغ (تومان)"
	return psp.PaymentExport{
		Columns: psp.PaymentColumns, Format: format,
		Text: psp.ExportText{
			Sheet: "پرداخت‌ها", RightToLeft: true, Preamble: [][2]string{{"فیلتر", "وضعیت: ناموفق, \"SEP\""}, {"منطقه زمانی", "Tehran"}},
			Head: head, Type: psp.TerminalType.String, Unit: money.Toman,
			Status:     func(s psp.PaymentStatus) string { return fmt.Sprintf("وضعیت %d", s) },
			Connection: func(id int64) string { return fmt.Sprint("connection ", id) },
			DateTime:   func(dst []byte, t time.Time) []byte { return t.In(tehran).AppendFormat(dst, time.DateTime) },
		},
	}
}

// wantRow is a row of the export as texts, by the columns of exportOf.
func wantRow(p psp.PaymentRecord) []string {
	toman := strconv.FormatFloat(float64(p.Amount.Minor)/10, 'f', -1, 64) // small enough to be exact
	return []string{
		p.TransactedAt.In(tehran).Format(time.DateTime), toman, fmt.Sprintf("وضعیت %d", p.Status), p.MaskedCard, p.TerminalNumber, p.PSP,
		p.Type.String(), p.ID, fmt.Sprint("connection ", p.ConnectionID),
	}
}

// listed gives the rows that the pages of the list show.
func listed(t *testing.T, payments *psp.Payments, f psp.PaymentFilter, o psp.PaymentOrder) (rows [][]string) {
	t.Helper()
	q := psp.PaymentQuery{Filter: f, Order: o, Size: 100}
	for {
		page, err := payments.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Payments {
			rows = append(rows, wantRow(p))
		}
		if page.Next == "" {
			return rows
		}
		q.Cursor = page.Next
	}
}

func seeded(t *testing.T) (*psp.Payments, *store.DB) {
	t.Helper()
	db := storetest.Open(t)
	if err := storetest.FillPayments(t.Context(), db, 1200, 1); err != nil {
		t.Fatal(err)
	}
	odd := psp.Payment{
		ID: "=cmd|'/c calc'!A1", Amount: money.Of(15, money.IRR), PSP: "@به‌پرداخت, \"ملت\"", MaskedCard: "", TerminalNumber: "00000012",
		TransactedAt: storetest.Newest.Add(time.Hour), Status: psp.PaymentFailed,
	}
	if err := db.SaveMirror(t.Context(), mirror.State{Key: mirror.Key{ConnectionID: 2}}, []psp.Payment{odd}); err != nil {
		t.Fatal(err)
	}
	return &psp.Payments{Store: db}, db
}

func TestExportEqualsTheList(t *testing.T) {
	t.Parallel()
	payments, _ := seeded(t)
	filter := psp.PaymentFilter{Status: new(psp.PaymentFailed)}
	for _, order := range []psp.PaymentOrder{{}, {By: psp.ByAmount, Ascending: true}} {
		want := listed(t, payments, filter, order)
		if len(want) < 101 {
			t.Fatalf("%d rows listed, want more than a page", len(want))
		}
		for _, format := range []psp.ExportFormat{psp.CSV, psp.XLSX} {
			e := exportOf(format)
			e.Filter, e.Order = filter, order
			var file bytes.Buffer
			n, err := payments.Export(t.Context(), &file, e)
			if err != nil || n != int64(len(want)) {
				t.Fatalf("%s: Export = %d, %v, want %d rows", format, n, err, len(want))
			}
			got := parse(t, format, file.Bytes())
			head := make([]string, 0, len(e.Columns))
			for _, c := range e.Columns {
				head = append(head, e.Text.Head[c])
			}
			if !slices.Equal(got[0], e.Text.Preamble[0][:]) || !slices.Equal(got[1], e.Text.Preamble[1][:]) || !slices.Equal(got[2], head) {
				t.Errorf("%s begins with %q", format, got[:3])
			}
			for i, row := range want {
				if format == psp.CSV {
					row = slices.Clone(row)
					for j := range row {
						if strings.HasPrefix(row[j], "=") || strings.HasPrefix(row[j], "@") {
							row[j] = "'" + row[j]
						}
					}
				}
				if !slices.Equal(got[3+i], row) {
					t.Fatalf("%s row %d = %q, want %q", format, i, got[3+i], row)
				}
			}
		}
	}
}

// parse gives the rows that are not empty.
func parse(t *testing.T, format psp.ExportFormat, file []byte) (rows [][]string) {
	t.Helper()
	if format == psp.CSV {
		text, marked := bytes.CutPrefix(file, []byte("\ufeff"))
		if !marked || bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) {
			t.Errorf("CSV has the byte order mark: %v, and ends lines otherwise than with CRLF", marked)
		}
		r := csv.NewReader(bytes.NewReader(text))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	book, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	view, err := book.GetSheetView("پرداخت‌ها", 0)
	if err != nil || view.RightToLeft == nil || !*view.RightToLeft {
		t.Errorf("right to left = %v, %v, want true", view.RightToLeft, err)
	}
	all, err := book.GetRows("پرداخت‌ها")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all {
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	if kind, err := book.GetCellType("پرداخت‌ها", "B6"); err != nil || kind == excelize.CellTypeInlineString {
		t.Errorf("amount cell has type %v, %v, want a number", kind, err)
	}
	if kind, err := book.GetCellType("پرداخت‌ها", "E6"); err != nil || kind != excelize.CellTypeInlineString {
		t.Errorf("terminal cell has type %v, %v, want text", kind, err)
	}
	return rows
}

func TestExportName(t *testing.T) {
	e := psp.PaymentExport{Format: psp.XLSX, Filter: psp.PaymentFilter{
		Type: new(psp.POS), Status: new(psp.PaymentFailed), PSP: "../../SEP ‌بانک", From: time.Date(2026, 3, 1, 0, 0, 0, 0, tehran),
		MinAmount: new(money.Of(5, money.IRR)), Search: psp.PaymentSearch{LastFour: "9999"},
	}}
	got := e.ExportName(time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC))
	want := "payments_pos_status-0_SEP_9999_from-5_since-20260228T2030Z_20260302T0830Z.xlsx"
	if got != want {
		t.Errorf("ExportName = %q, want %q", got, want)
	}
}

func TestExportRefusesBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	payments, _ := seeded(t)
	for name, spoil := range map[string]func(*psp.PaymentExport){
		"no columns":     func(e *psp.PaymentExport) { e.Columns = nil },
		"unknown column": func(e *psp.PaymentExport) { e.Columns = []psp.PaymentColumn{"pin"} },
		"unknown format": func(e *psp.PaymentExport) { e.Format = "exe" },
		"reversed period": func(e *psp.PaymentExport) {
			e.Filter.From, e.Filter.To = storetest.Newest, storetest.Newest.Add(-time.Hour)
		},
		"garbage search": func(e *psp.PaymentExport) { e.Filter.Search.LastFour = "00:4" },
	} {
		e := exportOf(psp.CSV)
		spoil(&e)
		var file bytes.Buffer
		if _, err := payments.Export(t.Context(), &file, e); !errs.Is(err, errs.Invalid) || file.Len() > 0 {
			t.Errorf("%s: Export = %v after %d bytes, want Invalid after none", name, err, file.Len())
		}
	}
}

// hangUp is a reader that goes away.
type hangUp struct {
	after  int
	cancel context.CancelFunc
}

func (h *hangUp) Write(b []byte) (int, error) {
	if h.after -= len(b); h.after < 0 {
		h.cancel()
	}
	return len(b), nil
}

func TestExportEndsWithItsReader(t *testing.T) {
	t.Parallel()
	payments, db := seeded(t)
	if err := storetest.FillPayments(t.Context(), db, 2500, 2); err != nil {
		t.Fatal(err)
	}
	for _, format := range []psp.ExportFormat{psp.CSV, psp.XLSX} {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		n, err := payments.Export(ctx, &hangUp{15_000, cancel}, exportOf(format))
		cancel()
		if !errors.Is(err, context.Canceled) || n > 3000 || time.Since(began) > 2*time.Second {
			t.Errorf("%s: Export = %d rows, %v after %v, want it cancelled early", format, n, err, time.Since(began))
		}
	}
}

// TestExportIsOneMoment: what is written meanwhile is not in the file.
func TestExportIsOneMoment(t *testing.T) {
	t.Parallel()
	payments, db := seeded(t)
	written := false
	w := writerFunc(func(b []byte) (int, error) {
		if !written {
			written = true
			if err := storetest.FillPayments(context.Background(), db, 500, 9); err != nil {
				t.Error(err)
			}
		}
		return len(b), nil
	})
	if n, err := payments.Export(t.Context(), w, exportOf(psp.CSV)); err != nil || n != 1201 {
		// The head is written before the stream begins: the 500 may be in or out, but all of them.
		if err != nil || n != 1701 {
			t.Errorf("Export = %d, %v, want all rows of one moment", n, err)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// oneRow is a mirror with a single payment.
type oneRow struct {
	psp.PaymentStore
	payment psp.PaymentRecord
}

func (s oneRow) StreamPayments(_ context.Context, _ psp.PaymentFilter, _ psp.PaymentOrder, yield func([]psp.PaymentRecord) error) error {
	return yield([]psp.PaymentRecord{s.payment})
}

// TestCSVHasNoFormula: whatever a text is, the parsed cell begins with nothing that a spreadsheet runs, and the apostrophe aside
// it is the text.
func TestCSVHasNoFormula(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ \t\r\n\x00]*[-=+@＝＋－＠\t\r\n\x00].*`)).Draw(rt, "text")
		if !utf8.ValidString(text) {
			return
		}
		e := exportOf(psp.CSV)
		e.Columns, e.Text.Preamble = []psp.PaymentColumn{psp.ColumnPSP, psp.ColumnID}, nil
		payments := &psp.Payments{Store: oneRow{payment: psp.PaymentRecord{Payment: psp.Payment{PSP: text, ID: "id"}}}}
		var file bytes.Buffer
		if _, err := payments.Export(context.Background(), &file, e); err != nil {
			rt.Fatal(err)
		}
		r := csv.NewReader(&file)
		_, _ = r.Read() // the head
		row, err := r.Read()
		if err != nil || len(row) != 2 || row[1] != "id" {
			rt.Fatalf("%q was parsed as %q, %v", text, row, err)
		}
		cell := row[0]
		if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " ")); strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", first) && cell != "" {
			rt.Fatalf("%q became a cell that begins with %q", text, first)
		}
		// encoding/csv reads CRLF within a field as LF.
		want := strings.ReplaceAll(strings.ReplaceAll(text, "\x00", ""), "\r\n", "\n")
		if got := strings.TrimPrefix(cell, "'"); got != want && cell != want {
			rt.Fatalf("%q became %q", text, cell)
		}
	})
}
