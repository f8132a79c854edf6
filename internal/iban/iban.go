// Package iban holds the three numbers that name a bank account in Iran: IBANs (Sheba), card numbers and account numbers. It
// reads them as people paste them, checks their check digits, names the bank and writes them for people, grouped or masked.
// The numbers are personal data: they print, log and marshal as placeholders, and Reveal alone gives their text.
//
// It asks no bank and knows no owner. It is a leaf: every package may import it and it imports nothing of ours.
package iban

import "strings"

// The numbers of digits.
const (
	ibanDigits       = 24 // after the country: two check digits, three of the bank, 19 of the account
	cardDigits       = 16
	minAccountDigits = 5
	maxAccountDigits = 22 // as many as an IBAN has after its check digits
)

// IBAN is an Iranian IBAN whose check digits hold. The zero value is none. Two are equal (==) when their numbers are.
type IBAN struct{ number sealed }

// ParseIBAN reads an Iranian IBAN: "IR", which may be missing, and 24 digits, with anything between them that people and
// programs put there. Every error is a *Problem.
func ParseIBAN(text string) (IBAN, error) {
	number, err := readIBAN(text)
	switch {
	case err == nil:
		return number, nil
	case err.Reason == IBANLength && isCard(text):
		return IBAN{}, &Problem{Reason: IBANIsCard}
	default:
		return IBAN{}, err
	}
}

func readIBAN(text string) (IBAN, *Problem) {
	var country [2]byte
	var digits [ibanDigits]byte
	letters, lastLetter, count, position := 0, 0, 0, 0
	for _, r := range text {
		position++
		class, char := classify(r)
		switch {
		case class == filler, class == separator && char != '/':
		case class == letter && count == 0 && letters < len(country):
			country[letters] = char
			letters, lastLetter = letters+1, position
		case class != digit:
			return IBAN{}, &Problem{Reason: IBANLetters, Args: map[string]any{"Position": position}}
		case letters == 1:
			return IBAN{}, &Problem{Reason: IBANLetters, Args: map[string]any{"Position": lastLetter}}
		case letters == 2 && country != [2]byte{'I', 'R'}:
			return IBAN{}, &Problem{Reason: IBANCountry, Args: map[string]any{"Country": string(country[:])}}
		default:
			if count < len(digits) {
				digits[count] = char
			}
			count++
		}
	}
	switch {
	case letters == 0 && count == 0:
		return IBAN{}, &Problem{Reason: Empty}
	case count != ibanDigits:
		return IBAN{}, &Problem{Reason: IBANLength, Args: map[string]any{"Got": count, "Want": ibanDigits}}
	case digits[0] == '0' && digits[1] < '2', digits[0] == '9' && digits[1] == '9', remainder(&digits) != 1:
		return IBAN{}, &Problem{Reason: IBANCheckDigits} // 00, 01 and 99 are never given out: 97, 98 and 02 have their remainders
	}
	return IBAN{conceal(digits[:])}, nil
}

// remainder is that of ISO 7064 (mod 97, 10) for the account, "IR" as 18 27 and the check digits.
func remainder(digits *[ibanDigits]byte) int {
	rest := 0
	for _, d := range digits[2:] {
		rest = (rest*10 + int(d-'0')) % 97
	}
	return (rest*1_000_000 + 182700 + int(digits[0]-'0')*10 + int(digits[1]-'0')) % 97
}

// IsZero reports whether there is no number.
func (n IBAN) IsZero() bool { return n == IBAN{} }

// Reveal gives the number itself, "IR" and 24 digits; the zero value gives "".
func (n IBAN) Reveal() string {
	if n.IsZero() {
		return ""
	}
	return "IR" + n.number.reveal()
}

// Grouped gives the number in fours, for people who may see it: "IR82 0540 1026 8002 0817 9090 02".
func (n IBAN) Grouped() string { return inFours(n.Reveal()) }

// Masked shows the country, the bank and the last four digits: "IR•• 054• •••• •••• •••• ••90 02".
func (n IBAN) Masked() string {
	return inFours(mask(n.Reveal(), func(at, length int) bool { return at >= 4 && at < 7 || at >= length-4 }))
}

// Bank gives the bank that the digits 5 to 7 name; ok is false where they name none of Banks.
func (n IBAN) Bank() (bank Bank, ok bool) {
	if n.IsZero() {
		return Bank{}, false
	}
	return BankByID(bankOfCode[n.number.reveal()[2:5]])
}

// Card is a card number of 16 digits whose check digit holds. The zero value is none. Two are equal (==) when their numbers are.
type Card struct{ number sealed }

// ParseCard reads a card number: 16 digits, with anything between them that people and programs put there. Every error is a
// *Problem.
func ParseCard(text string) (Card, error) {
	number, err := readCard(text)
	switch {
	case err == nil:
		return number, nil
	case isIBAN(text):
		return Card{}, &Problem{Reason: CardIsIBAN}
	default:
		return Card{}, err
	}
}

func readCard(text string) (Card, *Problem) {
	var digits [cardDigits]byte
	count, position := 0, 0
	for _, r := range text {
		position++
		class, char := classify(r)
		switch {
		case class == filler, class == separator && char != '/':
		case class != digit:
			return Card{}, &Problem{Reason: CardLetters, Args: map[string]any{"Position": position}}
		default:
			if count < len(digits) {
				digits[count] = char
			}
			count++
		}
	}
	switch {
	case count == 0:
		return Card{}, &Problem{Reason: Empty}
	case count != cardDigits:
		return Card{}, &Problem{Reason: CardLength, Args: map[string]any{"Got": count, "Want": cardDigits}}
	case luhn(digits[:])%10 != 0:
		return Card{}, &Problem{Reason: CardCheckDigit}
	}
	return Card{conceal(digits[:])}, nil
}

// luhn sums the digits of a number with its check digit, each second from the right doubled (ISO/IEC 7812-1, annex B).
func luhn(digits []byte) int {
	sum := 0
	for i, d := range digits {
		n := int(d - '0')
		if (len(digits)-i)%2 == 0 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum
}

// IsZero reports whether there is no number.
func (n Card) IsZero() bool { return n == Card{} }

// Reveal gives the number itself, 16 digits; the zero value gives "".
func (n Card) Reveal() string { return n.number.reveal() }

// Grouped gives the number in fours, for people who may see it: "6037 9911 1111 1111".
func (n Card) Grouped() string { return inFours(n.Reveal()) }

// Masked shows the first six and the last four digits: "6037 99•• •••• 1111".
func (n Card) Masked() string {
	return inFours(mask(n.Reveal(), func(at, length int) bool { return at < 6 || at >= length-4 }))
}

// Bank gives the bank that the first six digits name; ok is false where they name none of Banks.
func (n Card) Bank() (bank Bank, ok bool) {
	if n.IsZero() {
		return Bank{}, false
	}
	return BankByID(bankOfPrefix[n.Reveal()[:6]])
}

// AccountNumber is the number of an account in the spelling of its bank, which has no check digits that all banks share. The
// zero value is none. Two are equal (==) when their digits and separators are.
type AccountNumber struct{ number sealed }

// ParseAccountNumber reads an account number: 5 to 22 digits. The separators . - and / between digits are kept, since some
// banks give meaning to them; all else that people and programs put between digits is removed. Every error is a *Problem.
func ParseAccountNumber(text string) (AccountNumber, error) {
	chars, length, err := readAccount(text)
	switch {
	case err == nil && isCardOfABank(chars[:length]):
		return AccountNumber{}, &Problem{Reason: AccountIsCard}
	case err == nil:
		return AccountNumber{conceal(chars[:length])}, nil
	case isIBAN(text):
		return AccountNumber{}, &Problem{Reason: AccountIsIBAN}
	default:
		return AccountNumber{}, err
	}
}

func readAccount(text string) (chars [sealedLength]byte, length int, problem *Problem) {
	var waiting byte // a separator that is kept if another digit comes
	count, position := 0, 0
	for _, r := range text {
		position++
		class, char := classify(r)
		switch {
		case class == filler, class == separator && count == 0:
		case class == separator && waiting == 0:
			waiting = char
		case class != digit, length+2 > len(chars) && count < maxAccountDigits:
			return chars, 0, &Problem{Reason: AccountLetters, Args: map[string]any{"Position": position}}
		case count >= maxAccountDigits:
			count++
		default:
			if waiting != 0 {
				chars[length] = waiting
				length++
			}
			chars[length] = char
			waiting, length, count = 0, length+1, count+1
		}
	}
	switch {
	case count == 0:
		return chars, 0, &Problem{Reason: Empty}
	case count < minAccountDigits, count > maxAccountDigits:
		return chars, 0, &Problem{Reason: AccountLength, Args: map[string]any{"Got": count, "Min": minAccountDigits, "Max": maxAccountDigits}}
	}
	return chars, length, nil
}

// IsZero reports whether there is no number.
func (n AccountNumber) IsZero() bool { return n == AccountNumber{} }

// Reveal gives the number itself, digits with the separators . - and / among them; the zero value gives "".
func (n AccountNumber) Reveal() string { return n.number.reveal() }

// Grouped gives the number as it is: only its bank knows how it groups.
func (n AccountNumber) Grouped() string { return n.Reveal() }

// Masked shows the last four digits, and of a number of less than eight digits the last half: "•••-••••-•••4567".
func (n AccountNumber) Masked() string {
	text := n.Reveal()
	digits := len(text) - strings.Count(text, ".") - strings.Count(text, "-") - strings.Count(text, "/")
	hidden := max(digits-4, (digits+1)/2)
	return mask(text, func(int, int) bool { hidden--; return hidden < 0 })
}
