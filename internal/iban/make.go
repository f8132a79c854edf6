package iban

import (
	"errors"
	"fmt"
	"strings"
)

// MakeIBAN computes the check digits of an account at a bank, for tests and demonstrations. The bank's code has three digits,
// the account 19 at most, filled up with zeros from the left.
func MakeIBAN(bankCode, account string) (IBAN, error) {
	const accountDigits = ibanDigits - 5
	if len(bankCode) != 3 || len(account) > accountDigits || !allDigits(bankCode+account) {
		return IBAN{}, errors.New("iban: want three digits of the bank and 19 of the account at most")
	}
	var digits [ibanDigits]byte
	copy(digits[:], "00"+bankCode+strings.Repeat("0", accountDigits-len(account))+account)
	check := 98 - remainder(&digits)
	digits[0], digits[1] = byte('0'+check/10), byte('0'+check%10)
	return IBAN{conceal(digits[:])}, nil
}

// MakeCard computes the check digit of a card, for tests and demonstrations: prefix and rest have 15 digits together.
func MakeCard(prefix, rest string) (Card, error) {
	if len(prefix+rest) != cardDigits-1 || !allDigits(prefix+rest) {
		return Card{}, fmt.Errorf("iban: want %d digits of a card", cardDigits-1)
	}
	digits := []byte(prefix + rest + "0")
	digits[cardDigits-1] += byte((10 - luhn(digits)%10) % 10)
	return Card{conceal(digits)}, nil
}

func allDigits(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}
