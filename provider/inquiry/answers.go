package inquiry

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"payportal/internal/calendar"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/money"
	"payportal/internal/strictjson"
	"payportal/internal/textin"
)

const (
	// maxName and maxOwners bound what an answer says of an account: beyond them it is no account that we know of.
	maxName   = 200
	maxOwners = 100
	// maxWords bounds what we show of a provider's own prose.
	maxWords = 300
)

// readAnswer reads an answer of P10, P11 or P12. Each field may be missing; fits says what an answer needs.
func readAnswer(r *strictjson.Reader) inquiry.Answer {
	var a inquiry.Answer
	for key := range r.Object() {
		switch string(key) {
		case "iban":
			a.IBAN = readIBAN(r)
		case "deposit":
			a.Deposit = label(r)
		case "deposit_description":
			a.State = prose(r)
		case "deposit_comment":
			a.Comment = prose(r)
		case "bank_name":
			a.BankName = label(r)
		case "bank_id":
			a.BankID = readBankID(r)
		case "deposit_owners":
			a.Owners = readOwners(r)
		case "error_description":
			if a.Remark = prose(r); saysNoError(a.Remark) {
				a.Remark = ""
			}
		default:
			r.Skip()
		}
	}
	return a
}

// tellsNothing reports whether an answer says no more than the question about the IBAN asked did.
func tellsNothing(a inquiry.Answer, asked string) bool {
	return len(a.Owners) == 0 && a.State == "" && (a.IBAN == "" || a.IBAN == asked)
}

// fits says why an answer is none to a question about the IBAN asked. Somebody else's account must not be taken for the one
// that was asked about. The card that P10 repeats is not compared: the document's sample gives another one.
func fits(a inquiry.Answer, asked string) error {
	switch {
	case asked == "" && a.IBAN == "":
		return errors.New("no IBAN")
	case asked != "" && a.IBAN != "" && a.IBAN != asked:
		return errors.New("answer about another IBAN")
	case asked != "" && tellsNothing(a, asked):
		return errors.New("neither owners nor state")
	}
	return nil
}

// readIBAN reads "IR" and 24 digits. The check digits are not verified: the document's own samples fail theirs.
func readIBAN(r *strictjson.Reader) string {
	text := optionalText(r)
	if text == "" {
		return ""
	}
	digits, ok := strings.CutPrefix(text, "IR")
	if !ok || len(digits) != 24 || strings.Trim(digits, "0123456789") != "" {
		r.Reject("bad IBAN")
		return ""
	}
	return text
}

// readBankID reads an id that comes as a string, as documented, or as a number. One that is none of the document's is 0.
func readBankID(r *strictjson.Reader) int {
	text := string(r.Raw())
	if strings.HasPrefix(text, `"`) {
		text = strings.TrimSpace(strictjson.NewReader([]byte(text)).String())
	}
	id, err := strconv.Atoi(text)
	if _, known := iban.BankByID(id); err != nil || !known {
		return 0
	}
	return id
}

func readOwners(r *strictjson.Reader) []inquiry.Owner {
	if r.Null() {
		return nil
	}
	var owners []inquiry.Owner
	for i := range r.Array() {
		if i == maxOwners {
			r.Reject("too many owners")
		}
		if o := readOwner(r); o != (inquiry.Owner{}) { // one without any name is nobody
			owners = append(owners, o)
		}
	}
	return owners
}

// readOwner reads one owner. A company has all of its name in the last one; where a bank gives only a first name, that is
// the name.
func readOwner(r *strictjson.Reader) inquiry.Owner {
	var o inquiry.Owner
	for key := range r.Object() {
		switch string(key) {
		case "firstName":
			o.First = label(r)
		case "lastName":
			o.Last = label(r)
		default:
			r.Skip()
		}
	}
	if o.Last == "" {
		o.First, o.Last = "", o.First
	}
	return o
}

// readEstimate reads an answer of P13, which must speak of all three ways.
func readEstimate(r *strictjson.Reader) inquiry.WageEstimate {
	var e inquiry.WageEstimate
	ways := map[string]*inquiry.WageRoute{"paya": &e.Paya, "satna": &e.Satna, "a2a": &e.A2A}
	for key := range r.Object() {
		way, known := ways[string(key)]
		if !known {
			r.Skip()
			continue
		}
		*way = readWay(r)
		delete(ways, string(key))
	}
	if len(ways) > 0 {
		r.Reject("wages without a way of transfer")
	}
	return e
}

func readWay(r *strictjson.Reader) inquiry.WageRoute {
	w := inquiry.WageRoute{Wage: money.Of(0, money.IRR)}
	if r.Null() {
		return w
	}
	told, priced := false, false
	for key := range r.Object() {
		switch string(key) {
		case "active":
			w.Possible, told = r.Bool(), true
		case "wage":
			if !r.Null() {
				w.Wage.Minor, priced = r.Int(), true
			}
		case "estimated_time":
			w.Arrival = readArrival(r)
		default:
			r.Skip()
		}
	}
	if !told || w.Wage.Minor < 0 || (w.Possible && !priced) {
		r.Reject("way of transfer without active or wage") // a price that is missing is not zero
	}
	return w
}

// tehran is the zone of the provider's local times.
var tehran = mustZone("Asia/Tehran")

func mustZone(name string) *time.Location {
	zone, err := calendar.Zone(name)
	if err != nil {
		panic(err) // the zone is in the binary
	}
	return zone
}

// readArrival reads a Jalali local time of Tehran such as "1403-07-02T18:45:00", or null.
func readArrival(r *strictjson.Reader) time.Time {
	if r.Null() {
		return time.Time{}
	}
	date, clock, _ := strings.Cut(r.String(), "T")
	day, err := calendar.ParseDate(date, calendar.Jalali, tehran)
	at, err2 := time.Parse(time.TimeOnly, clock)
	if err != nil || err2 != nil {
		r.Reject("bad time")
		return time.Time{}
	}
	y, m, d := day.In(tehran).Date()
	return time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), tehran).UTC()
}

// saysNoError reports whether a remark is the document's "بدون خطا", however it is written.
func saysNoError(remark string) bool {
	letters := strings.NewReplacer(" ", "", "\u200c", "", ".", "").Replace(textin.Search(remark))
	return letters == "بدونخطا"
}

// label reads a name or a number of one line. Characters that would make it look like another one become tokens here, once
// for all pages, comparisons and files.
func label(r *strictjson.Reader) string {
	text := textin.Visible(strings.TrimSpace(optionalText(r)))
	if utf8.RuneCountInString(text) > maxName {
		r.Reject("name too long")
		return ""
	}
	return text
}

// prose reads what is for people to read: safe to show, and not without end.
func prose(r *strictjson.Reader) string {
	return shortened(textin.Visible(strings.TrimSpace(optionalText(r))))
}

func optionalText(r *strictjson.Reader) string {
	if r.Null() {
		return ""
	}
	return r.String()
}

func shortened(words string) string {
	if runes := []rune(words); len(runes) > maxWords {
		return string(runes[:maxWords]) + "…"
	}
	return words
}
