package inquiry

import (
	"strings"
	"testing"
	"unicode/utf8"

	"payportal/internal/inquiry"
	"payportal/internal/textin"
)

// FuzzAnswers: no answer of a provider breaks a reader, and nothing is taken that is not what was asked for.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"card_number":"234123465431245","iban":"IR346786453214598456708342"}`,
		`{"iban":"IR900170000000732456732147","deposit":"732456732147","deposit_description":"حساب فعال است","deposit_comment":"","bank_name":"بانک ملی ایران",` +
			`"bank_id":"2","deposit_owners":[{"firstName":"","lastName":"الکام توسعه آماد"}],"error_description":"بدون خطا"}`,
		`{"iban":null,"bank_id":2,"deposit_owners":null,"error_description":"\u202eIR900170000000732456732147"}`,
		`{"paya":{"active":true,"wage":30000,"estimated_time":"1403-07-02T18:45:00"},"satna":null,"a2a":{"active":false,"wage":0,"estimated_time":null}}`,
		`{"detail":"no","card_number":["6037997324567321"],"code":"x"}`, `{}`, `null`, `[`, strings.Repeat("[", 5000),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, err := whole(body, readAnswer); err == nil {
			checkAnswer(t, a)
		}
		if e, err := whole(body, readEstimate); err == nil {
			for _, way := range []inquiry.WageRoute{e.Paya, e.Satna, e.A2A} {
				if way.Wage.Minor < 0 || !way.Arrival.IsZero() && (way.Arrival.Year() < 1925 || way.Arrival.Year() > 2125) {
					t.Errorf("a wage below zero or an arrival out of time was taken: %+v", way)
				}
			}
		}
		if said, err := whole(body, readRefusal); err == nil {
			checkTexts(t, said.words, said.code)
			if longNumber.MatchString(said.words + " " + said.code) {
				t.Errorf("the words hold a number: %q, %q", said.words, said.code)
			}
		}
	})
}

func checkAnswer(t *testing.T, a inquiry.Answer) {
	t.Helper()
	if a.IBAN != "" && len(a.IBAN) != 26 || a.BankID < 0 || a.BankID > 38 || len(a.Owners) > maxOwners {
		t.Errorf("IBAN of %d characters, bank %d, %d owners were taken", len(a.IBAN), a.BankID, len(a.Owners))
	}
	checkTexts(t, a.Deposit, a.State, a.Comment, a.BankName, a.Remark)
	for _, o := range a.Owners {
		checkTexts(t, o.First, o.Last)
		if o.Last == "" {
			t.Error("an owner without a name was taken")
		}
	}
	if saysNoError(a.Remark) {
		t.Errorf("the remark %q says that there is none", a.Remark)
	}
}

func checkTexts(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, textin.IsForbidden) || utf8.RuneCountInString(text) > maxWords+1 {
			t.Errorf("the text %q holds what cannot be seen or does not end", text)
		}
	}
}
