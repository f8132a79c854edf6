package sheet_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"

	"payportal/internal/sheet"
)

// payroll gives the lines of a payroll: first name, last name, card, IBAN, amount, note.
func payroll(lines int) [][]string {
	rows := [][]string{{"نام", "نام خانوادگی", "شماره کارت", "شبا", "مبلغ", "شرح"}}
	first := []string{"علی", "زهرا", "محمدرضا", "فاطمه"}
	last := []string{"رضایی", "محمدی‌نژاد", "کریمی", "حسینی", "موسوی"}
	for i := range lines {
		rows = append(rows, []string{
			first[i%len(first)], last[i%len(last)], fmt.Sprintf("603799%010d", i), fmt.Sprintf("IR%024d", i),
			strconv.Itoa(10_000_000 + i*1000), "حقوق مرداد",
		})
	}
	return rows
}

func payrollCSV(tb testing.TB, lines int) []byte {
	tb.Helper()
	var file bytes.Buffer
	if err := csv.NewWriter(&file).WriteAll(payroll(lines)); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

// payrollXLSX has the amounts as numbers and all else as shared strings, as Excel writes it.
func payrollXLSX(tb testing.TB, lines int) []byte {
	tb.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range payroll(lines) {
		for j, text := range row {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err == nil && j == 4 && i > 0 {
				amount, _ := strconv.Atoi(text)
				err = book.SetCellInt("Sheet1", at, int64(amount))
			} else if err == nil {
				err = book.SetCellStr("Sheet1", at, text)
			}
			if err != nil {
				tb.Fatal(err)
			}
		}
	}
	file, err := book.WriteToBuffer()
	if err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

func BenchmarkRead(b *testing.B) {
	const lines = 50_000
	for _, format := range []struct {
		name string
		file []byte
	}{
		{"csv", payrollCSV(b, lines)},
		{"xlsx", payrollXLSX(b, lines)},
	} {
		b.Run(format.name, func(b *testing.B) {
			b.SetBytes(int64(len(format.file)))
			b.ReportAllocs()
			for b.Loop() {
				table, err := sheet.Read("payroll", bytes.NewReader(format.file), int64(len(format.file)), sheet.DefaultLimits())
				if err != nil || table.Rows() != lines+1 {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*lines)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
