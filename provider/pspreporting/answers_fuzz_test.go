package pspreporting

import (
	"strings"
	"testing"
	"unicode/utf8"

	"payportal/internal/psp"
	"payportal/internal/strictjson"
	"payportal/internal/textin"
)

// FuzzAnswers: no answer of a provider breaks a reader, and nothing is taken that lacks what makes it one.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"count":1,"next":"http://x/?cursor=a","previous":null,"results":[{"id":"01JFA14K25Z6JM78KNT0000ZFD","amount":1000,"psp":"SEP","masked_paid_card_number":"603799******1234","terminal_number":"1","transaction_datetime":"2026-01-02T03:04:05Z","status":1}]}`,
		`{"count":1,"next":null,"previous":null,"results":[{"id":1,"name":"SEP","enabled":true}]}`,
		`{"uuid":"a798ad80-b8ff-4000-9372-007ed6422163","terminal_type":1,"terminal_number":"1","enabled":true,"psp":"\u202e"}`,
		`{"url":"https://x/y"}`, `{}`, `null`, `[`, `{"results":null}`, strings.Repeat("[", 5000),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if list, err := readPayments(body, psp.POS); err == nil {
			for _, p := range list.Payments {
				if p.ID == "" || p.TransactedAt.IsZero() && !strings.Contains(string(body), "0001-01-01") {
					t.Errorf("a payment without id or time was taken: %+v", p)
				}
				checkLabels(t, p.ID, p.PSP, p.TerminalNumber, p.MaskedCard)
			}
		}
		if list, err := whole(body, readPSPs); err == nil {
			for _, p := range list.results {
				checkLabels(t, p.Name)
			}
		}
		if terminal, err := whole(body, readTerminal); err == nil {
			if terminal.UUID == "" {
				t.Error("a terminal without UUID was taken")
			}
			checkLabels(t, terminal.Number, terminal.PSP)
		}
		if link, err := whole(body, readLink); err == nil && link == "" {
			t.Error("an empty link was taken")
		}
	})
}

func readPSPs(r *strictjson.Reader) page[psp.PSP] { return readPage(r, "page", readPSP) }

func checkLabels(t *testing.T, labels ...string) {
	t.Helper()
	for _, text := range labels {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, textin.IsForbidden) {
			t.Errorf("the label %q holds what cannot be seen", text)
		}
	}
}
