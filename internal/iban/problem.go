package iban

// Reason says what is wrong with a number. "inquiry.number." and the reason is the catalogue key of the sentence that a person
// reads.
type Reason string

// The reasons, with their Args. A position counts the characters as they were typed or pasted, from 1.
const (
	Empty           Reason = "empty"
	IBANCountry     Reason = "iban_country"      // Country: the two letters
	IBANLength      Reason = "iban_length"       // Got, Want: digits
	IBANLetters     Reason = "iban_letters"      // Position
	IBANCheckDigits Reason = "iban_check_digits" // the two digits after IR do not fit the rest, or the rest does not fit them
	IBANIsCard      Reason = "iban_is_card"
	CardLength      Reason = "card_length"  // Got, Want: digits
	CardLetters     Reason = "card_letters" // Position
	CardCheckDigit  Reason = "card_check_digit"
	CardIsIBAN      Reason = "card_is_iban"
	AccountLength   Reason = "account_length"  // Got, Min, Max: digits
	AccountLetters  Reason = "account_letters" // Position
	AccountIsIBAN   Reason = "account_is_iban"
	AccountIsCard   Reason = "account_is_card"
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		Empty, IBANCountry, IBANLength, IBANLetters, IBANCheckDigits, IBANIsCard, CardLength, CardLetters, CardCheckDigit, CardIsIBAN,
		AccountLength, AccountLetters, AccountIsIBAN, AccountIsCard,
	}
}

// Problem is the error of the Parse functions. It never holds the number.
type Problem struct {
	Reason Reason
	// Args are the placeholders of the reason's sentence, by name.
	Args map[string]any
}

// Error names the reason, for the log.
func (p *Problem) Error() string { return "iban: " + string(p.Reason) }

// isCard reports whether the text is a card number whose check digit holds.
func isCard(text string) bool {
	_, err := readCard(text)
	return err == nil
}

// isIBAN reports whether the text is an IBAN, or begins as one and is wrong further on.
func isIBAN(text string) bool {
	_, err := readIBAN(text)
	return err == nil || beginsAsIBAN(text)
}

// beginsAsIBAN reports whether the text begins with "IR" and a digit.
func beginsAsIBAN(text string) bool {
	const begin = "IR"
	letters := 0
	for _, r := range text {
		switch class, char := classify(r); {
		case class == filler, class == separator:
		case class == letter && letters < len(begin) && char == begin[letters]:
			letters++
		default:
			return class == digit && letters == len(begin)
		}
	}
	return false
}

// isCardOfABank reports whether an account number is rather a card's: a good one that names a bank, and is written without the
// dots and slashes that no card has. One in ten numbers of 16 digits has a check digit that fits, so that the bank must be
// asked too.
func isCardOfABank(account []byte) bool {
	digits := make([]byte, 0, sealedLength)
	for _, c := range account {
		if c == '.' || c == '/' {
			return false
		}
		if c != '-' {
			digits = append(digits, c)
		}
	}
	return len(digits) == cardDigits && luhn(digits)%10 == 0 && bankOfPrefix[string(digits[:6])] != 0
}
