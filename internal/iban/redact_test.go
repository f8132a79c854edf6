package iban_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"payportal/internal/iban"
)

func TestNothingPrintsANumber(t *testing.T) {
	const someAccount = "279.8000.1234567.1"
	account, err := iban.ParseAccountNumber(someAccount)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := iban.ParseIBAN(someIBAN)
	card, _ := iban.ParseCard(someCard)
	type embedded struct {
		iban.IBAN
	}
	type holder struct {
		Public   iban.IBAN
		number   iban.IBAN
		card     iban.Card
		account  iban.AccountNumber
		embedded embedded
		seen     map[iban.Card]iban.AccountNumber
		list     []iban.IBAN
	}
	h := holder{number, number, card, account, embedded{number}, map[iban.Card]iban.AccountNumber{card: account}, []iban.IBAN{number}}

	document, err := json.Marshal(map[string]any{"h": h, "n": number, "c": card, "a": account, "m": map[iban.IBAN]int{number: 1}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	out.Write(document)
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("x", "h", h, "n", number, "c", card, "a", account, "l", h.list, "e", h.embedded)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%c", "%U", "%t"} {
		for _, value := range []any{number, &number, card, &card, account, &account, h, &h, h.list, h.seen, h.embedded} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	fmt.Fprintln(&out, number, card, account, h, number.String(), card.String(), account.String())

	for _, text := range []string{someIBAN[2:], someCard, someAccount} {
		for from := 0; from+6 <= len(text); from += 3 {
			part := []byte(text[from : from+6])
			for _, leak := range []string{string(part), hex.EncodeToString(part), strings.ToUpper(hex.EncodeToString(part)), strings.Trim(fmt.Sprintf("%d", part), "[]")} {
				if strings.Contains(out.String(), leak) {
					t.Fatalf("the output holds the characters from %d on", from)
				}
			}
		}
	}
	for _, placeholder := range []string{"[iban]", "[card]", "[account]"} {
		if !strings.Contains(out.String(), placeholder) {
			t.Errorf("the output has no %s", placeholder)
		}
	}
}
