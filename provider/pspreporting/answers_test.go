package pspreporting

import (
	"fmt"
	"strings"
	"testing"

	"payportal/internal/psp"
)

// BenchmarkDecode measures the decoding of a page of a hundred payments alone.
func BenchmarkDecode(b *testing.B) {
	var body strings.Builder
	body.WriteString(`{"count":20000,"next":"https://x.example/?cursor=abc","previous":null,"results":[`)
	for i := range 100 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"id":"01JFA14K25Z6JM78KNT0%06d","amount":%d,"masked_paid_card_number":"603799******%04d","terminal_number":"141414%02d",`+
			`"transaction_datetime":"2024-12-17T10:%02d:55.609789Z","status":1,"psp":"SEP"}`, i, 682500+i, i, i, i%60)
	}
	body.WriteString(`]}`)
	page := []byte(body.String())
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		got, err := readPayments(page, psp.IPG)
		if err != nil || len(got.Payments) != 100 {
			b.Fatalf("%d payments, %v", len(got.Payments), err)
		}
	}
}
