package inquiry

import (
	"fmt"
	"strings"
)

// Class is how a number is answered. The last two digits of an account number decide it, those before the check digit
// on a card; the numbers of the register are exceptions.
type Class string

// The classes, with their digits.
const (
	Person   Class = "person"   // 00 to 59: one owner
	Company  Class = "company"  // 60 to 79: an owner without a first name
	Joint    Class = "joint"    // 80 to 89: two owners, some of them three
	Inactive Class = "inactive" // 90, 91
	Blocked  Class = "blocked"  // 92, 93
	Closed   Class = "closed"   // 94
	Unknown  Class = "unknown"  // 95 to 97: refused with a 400 and prose
	Prose    Class = "prose"    // 98: refused with a 200 and prose
	Bare     Class = "bare"     // 99: an account of which the bank tells neither owners nor its own name
)

// spans are the last digits of each class, from and to.
var spans = map[Class][2]int{
	Person: {0, 59}, Company: {60, 79}, Joint: {80, 89}, Inactive: {90, 91}, Blocked: {92, 93}, Closed: {94, 94},
	Unknown: {95, 97}, Prose: {98, 98}, Bare: {99, 99},
}

func classOf(lastTwo string) Class {
	n := int(lastTwo[0]-'0')*10 + int(lastTwo[1]-'0')
	for class, span := range spans {
		if n >= span[0] && n <= span[1] {
			return class
		}
	}
	panic("inquiry sandbox: digits without a class: " + lastTwo) // the spans cover all
}

// lastTwo gives digits of the class, not the same for each n.
func (c Class) lastTwo(n int) string {
	span := spans[c]
	return fmt.Sprintf("%02d", span[0]+n%(span[1]-span[0]+1))
}

// spread makes neighbouring numbers look unlike each other: 3 to the 18th has no factor in common with 10 to the 9th, so
// that no two of a thousand million are the same.
func spread(n int) int { return int(int64(n) * 387_420_489 % 1_000_000_000) }

// AccountNumber gives the n-th account number of a class, 12 digits, for n from 0 to 999,999,999. It is valid at any bank.
func AccountNumber(c Class, n int) string { return fmt.Sprintf("3%09d%s", spread(n), c.lastTwo(n)) }

// IBAN gives that account's IBAN at a bank, which has a code.
func IBAN(bankID int, c Class, n int) string { return ibanOf(mustBank(bankID), AccountNumber(c, n)) }

// Card gives the n-th card of a class at a bank, which issues cards, for n from 0 to 9,999,999.
func Card(bankID int, c Class, n int) string {
	digits := fmt.Sprintf("%s%07d%s", mustBank(bankID).cards[0], spread(n)%10_000_000, c.lastTwo(n))
	return digits + string(rune('0'+(10-luhn(digits+"0"))%10))
}

func mustBank(id int) bank {
	b, ok := bankOfID(int64(id))
	if !ok || b.code == "" {
		panic(fmt.Sprintf("inquiry sandbox: no IBAN at bank %d", id))
	}
	return b
}

// ibanOf builds an IBAN: country, check digits, code of the bank, the account number filled up to 19 digits.
func ibanOf(b bank, account string) string {
	body := b.code + strings.Repeat("0", 19-len(account)) + account
	return fmt.Sprintf("IR%02d%s", 98-mod97(body+"182700"), body) // I is 18, R is 27
}

func validIBAN(text string) bool {
	digits, ok := strings.CutPrefix(text, "IR")
	return ok && len(digits) == 24 && allDigits(digits) && mod97(digits[2:]+"1827"+digits[:2]) == 1
}

func validCard(text string) bool { return len(text) == 16 && allDigits(text) && luhn(text) == 0 }

func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func mod97(digits string) int {
	rest := 0
	for _, d := range digits {
		rest = (rest*10 + int(d-'0')) % 97
	}
	return rest
}

// luhn gives the sum modulo 10: of a valid number 0.
func luhn(digits string) int {
	sum := 0
	for i, d := range digits {
		n := int(d - '0')
		if (len(digits)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum % 10
}
