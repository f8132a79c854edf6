package pspreporting

import (
	"fmt"
	"math"
	"net/url"
	"time"

	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/internal/strictjson"
	"payportal/internal/textin"
	"payportal/provider/apiclient"
)

// page is the provider's envelope of a list.
type page[T any] struct {
	// count is the provider's total, -1 without one.
	count int64
	// next is the parameter that leads to the following page, empty at the end.
	next    string
	results []T
}

// whole reads a document from its first to its last byte.
func whole[T any](body []byte, read func(*strictjson.Reader) T) (T, error) {
	r := strictjson.NewReader(body)
	thing := read(r)
	return thing, r.End()
}

// readPage reads an envelope. Of next only the parameter is taken: the documents' own examples carry another scheme and
// host, and a token must never follow there.
func readPage[T any](r *strictjson.Reader, parameter string, read func(*strictjson.Reader) T) page[T] {
	p := page[T]{count: -1}
	found := false
	for key := range r.Object() {
		switch string(key) {
		case "count":
			if !r.Null() {
				p.count = r.Int()
			}
		case "next":
			if !r.Null() {
				p.next = queryOf(r, parameter)
			}
		case "results":
			found = true
			p.results = make([]T, 0, 100)
			for range r.Array() {
				p.results = append(p.results, read(r))
			}
		default:
			r.Skip()
		}
	}
	if !found {
		r.Reject("no results") // an empty list is [], not nothing: this is some other document
	}
	return p
}

// queryOf takes one parameter out of a link. A link without it leads nowhere that we could follow.
func queryOf(r *strictjson.Reader, parameter string) string {
	u, err := url.Parse(r.String())
	if err != nil {
		r.Reject("bad link")
		return ""
	}
	value := u.Query().Get(parameter)
	if value == "" {
		r.Reject("link without " + parameter)
	}
	return value
}

// readPayments reads a page of P9. It is the hot path of the first fill: one pass, no reflection.
func readPayments(body []byte, t psp.TerminalType) (psp.PaymentPage, error) {
	names := map[string]string{} // PSP names repeat: one string each
	p, err := whole(body, func(r *strictjson.Reader) page[psp.Payment] {
		return readPage(r, "cursor", func(r *strictjson.Reader) psp.Payment { return readPayment(r, t, names) })
	})
	return psp.PaymentPage{Payments: p.results, Count: p.count, Next: p.next}, err
}

func readPayment(r *strictjson.Reader, t psp.TerminalType, names map[string]string) psp.Payment {
	p := psp.Payment{Type: t, Amount: money.Of(0, money.IRR)}
	var have fields
	for key := range r.Object() {
		switch string(key) {
		case "id":
			p.ID = label(r)
			have.add(0)
		case "amount":
			p.Amount.Minor = r.Int()
			have.add(1)
		case "psp":
			name := r.Bytes()
			known, ok := names[string(name)]
			if !ok {
				known = textin.Visible(string(name))
				names[string(name)] = known
			}
			p.PSP = known
		case "masked_paid_card_number":
			p.MaskedCard = textin.Visible(optionalText(r))
		case "terminal_number":
			p.TerminalNumber = label(r)
			have.add(2)
		case "transaction_datetime":
			p.TransactedAt = readTime(r)
			have.add(3)
		case "status":
			p.Status = psp.PaymentStatus(small(r))
			have.add(4)
		default:
			r.Skip()
		}
	}
	if !have.all(5) || p.ID == "" {
		r.Reject("payment without id, amount, terminal, time or status") // a number that is missing is not zero
	}
	return p
}

func readPSP(r *strictjson.Reader) psp.PSP {
	var p psp.PSP
	var have fields
	for key := range r.Object() {
		switch string(key) {
		case "id":
			p.ID = r.Int() // 0 is a valid one
			have.add(0)
		case "name":
			p.Name = label(r)
			have.add(1)
		case "enabled":
			p.Enabled = r.Bool()
			have.add(2)
		default:
			r.Skip()
		}
	}
	if !have.all(3) {
		r.Reject("PSP without id, name or enabled")
	}
	return p
}

func readAccount(r *strictjson.Reader) psp.Account {
	var a psp.Account
	var have fields
	for key := range r.Object() {
		switch string(key) {
		case "uuid":
			a.UUID = r.String()
			have.add(0)
		case "name":
			a.Name = label(r)
			have.add(1)
		case "psp":
			a.PSP = label(r)
		case "enabled":
			a.Enabled = r.Bool()
			have.add(2)
		case "created_at":
			a.CreatedAt = readTime(r)
		default:
			r.Skip()
		}
	}
	if !have.all(3) || a.UUID == "" {
		r.Reject("account without uuid, name or enabled")
	}
	return a
}

func readReport(r *strictjson.Reader) psp.Report {
	var rep psp.Report
	var have fields
	for key := range r.Object() {
		switch string(key) {
		case "uuid":
			rep.UUID = r.String()
			have.add(0)
		case "status":
			rep.Status = psp.ReportStatus(small(r))
			have.add(1)
		case "report_type":
			rep.Type = r.Int()
		case "storage_filename":
			rep.Filename = optionalText(r)
		case "start_datetime":
			rep.Start = optionalTime(r)
		case "end_datetime":
			rep.End = optionalTime(r)
		case "created_at":
			rep.CreatedAt = readTime(r)
		default:
			r.Skip()
		}
	}
	if !have.all(2) || rep.UUID == "" {
		r.Reject("report without uuid or status")
	}
	return rep
}

func readTerminal(r *strictjson.Reader) psp.Terminal {
	var t psp.Terminal
	var have fields
	for key := range r.Object() {
		switch string(key) {
		case "uuid":
			t.UUID = r.String()
			have.add(0)
		case "terminal_type":
			t.Type = terminalType(r)
			have.add(1)
		case "psp_account_uuid":
			t.AccountUUID = r.String()
		case "psp":
			t.PSP = label(r)
		case "terminal_number":
			t.Number = label(r)
			have.add(2)
		case "acceptor_code":
			t.AcceptorCode = r.Int()
		case "enabled":
			t.Enabled = r.Bool()
			have.add(3)
		case "description":
			if t.Description = optionalText(r); t.Description == "null" {
				t.Description = "" // the documents' sample sends the word
			}
		case "created_at":
			t.CreatedAt = readTime(r)
		case "start_fetch_time":
			t.StartFetchTime = optionalTime(r)
		default:
			r.Skip()
		}
	}
	if !have.all(4) || t.UUID == "" {
		r.Reject("terminal without uuid, type, number or enabled")
	}
	return t
}

func readLink(r *strictjson.Reader) apiclient.Link {
	var link apiclient.Link
	for key := range r.Object() {
		if string(key) == "url" && link == "" {
			link = apiclient.Link(r.String())
		} else {
			r.Skip()
		}
	}
	if link == "" {
		r.Reject("no url")
	}
	return link
}

// fields remembers which of the fields without a sensible default have come.
type fields uint8

func (f *fields) add(i int)      { *f |= 1 << i }
func (f fields) all(n uint) bool { return f == 1<<n-1 }

// label reads a name or a number of one line. Characters that would make it look like another one become tokens here, once
// for all pages, searches and exports.
func label(r *strictjson.Reader) string { return textin.Visible(r.String()) }

func optionalText(r *strictjson.Reader) string {
	if r.Null() {
		return ""
	}
	return r.String()
}

func optionalTime(r *strictjson.Reader) time.Time {
	if r.Null() {
		return time.Time{}
	}
	return readTime(r)
}

// localLayout is ISO 8601 without a zone; fractions are accepted after the seconds. The documents' times all carry Z, so
// one without a zone is taken as UTC too.
const localLayout = "2006-01-02T15:04:05"

func readTime(r *strictjson.Reader) time.Time {
	text := r.String()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse(localLayout, text)
	}
	if err != nil && r.Err() == nil {
		r.Reject("bad time")
	}
	return at.UTC()
}

// small reads an enumeration's number. Unknown ones are kept; one beyond a byte is no enumeration.
func small(r *strictjson.Reader) uint8 {
	n := r.Int()
	if n < 0 || n > math.MaxUint8 {
		r.Reject("status out of range")
		return 0
	}
	return uint8(n)
}

func terminalType(r *strictjson.Reader) psp.TerminalType {
	switch t := psp.TerminalType(small(r)); t {
	case psp.IPG, psp.POS:
		return t
	default:
		r.Reject(fmt.Sprintf("terminal type %d", t))
		return 0
	}
}
