package inquiry

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"payportal/provider/sandbox"
)

// ibanOfCard is the answer of P10.
type ibanOfCard struct {
	CardNumber string `json:"card_number"`
	IBAN       string `json:"iban"`
}

// deposit is the answer of P11 and P12.
type deposit struct {
	IBAN        *string `json:"iban"`
	Deposit     string  `json:"deposit"`
	Description string  `json:"deposit_description"`
	Comment     string  `json:"deposit_comment"`
	BankName    *string `json:"bank_name"`
	// BankID is a string in answers and a number in questions, as documented.
	BankID *string `json:"bank_id"`
	Owners []owner `json:"deposit_owners"`
	Error  string  `json:"error_description"`
}

// refusal is how an inquiry fails that was understood.
type refusal struct {
	IBAN  *string `json:"iban,omitempty"`
	Error string  `json:"error_description"`
}

// What the API says in prose. The first is documented.
const (
	noError        = "بدون خطا"
	noSuchCard     = "کارت یافت نشد"
	noSuchAccount  = "حساب با این مشخصات یافت نشد"
	bankNotOffered = "استعلام این بانک پشتیبانی نمی‌شود"
	bankDown       = "سامانه بانک مقصد پاسخ نمی‌دهد"
)

// maxNumber is assumed; the document gives no lengths.
const maxNumber = 34

// cardToIBAN is P10.
func (s *Server) cardToIBAN(fields map[string]any) answer {
	p := sandbox.Problems{}
	card := readNumber(p, fields, "card_number")
	if len(p) == 0 && !validCard(card) {
		p.Add("card_number", "Card number is not valid.")
	}
	if len(p) > 0 {
		return answer{status: http.StatusBadRequest, body: p}
	}
	b, ok := bankOfCard(card)
	if !ok {
		return answer{status: http.StatusBadRequest, body: refusal{Error: bankNotOffered}}
	}
	a := accountOfCard(b, card)
	return s.carryOut("card_to_iban", card, a, noSuchCard, ibanOfCard{CardNumber: card, IBAN: ibanOf(b, a.number)})
}

// accountToIBAN is P11. The points, hyphens and slashes that some banks write into their numbers are read over.
func (s *Server) accountToIBAN(fields map[string]any) answer {
	p := sandbox.Problems{}
	typed := readNumber(p, fields, "account_number")
	b := readBank(p, fields, "bank_id")
	number := strings.NewReplacer(".", "", "-", "", "/", "").Replace(typed)
	if p["account_number"] == nil && (!allDigits(number) || len(number) > 19 || len(strings.TrimLeft(number, "0")) < 2) {
		p.Add("account_number", "Account number is not valid.")
	}
	switch {
	case len(p) > 0:
		return answer{status: http.StatusBadRequest, body: p}
	case b.code == "":
		return answer{status: http.StatusBadRequest, body: refusal{Error: bankNotOffered}}
	}
	a := accountAt(b, number)
	return s.carryOut("account_number_to_iban", key(b.id, typed), a, noSuchAccount, a.deposit())
}

// inquireIBAN is P12.
func (s *Server) inquireIBAN(fields map[string]any) answer {
	p := sandbox.Problems{}
	iban := readNumber(p, fields, "iban")
	if len(p) == 0 && !validIBAN(iban) {
		p.Add("iban", "IBAN is not valid.")
	}
	if len(p) > 0 {
		return answer{status: http.StatusBadRequest, body: p}
	}
	b, ok := bankOfIBAN(iban)
	number := strings.TrimLeft(iban[7:], "0")
	switch {
	case !ok:
		return answer{status: http.StatusBadRequest, body: refusal{Error: bankNotOffered}}
	case len(number) < 2:
		return answer{status: http.StatusBadRequest, body: refusal{Error: noSuchAccount}}
	}
	a := accountAt(b, number)
	return s.carryOut("iban_inquiry", iban, a, noSuchAccount, a.deposit())
}

// carryOut counts an inquiry and answers as bank and account want it.
func (s *Server) carryOut(name, asked string, a account, unknown string, found any) answer {
	s.engine.RecordEffect(ServiceName, EffectInquiry, asked, name)
	var late time.Duration
	if a.bank.id == SlowBank {
		late = time.Duration(s.slowBank.Load())
	}
	switch {
	case a.bank.id == FailingBank:
		return answer{status: http.StatusServiceUnavailable, body: refusal{Error: bankDown}}
	case a.class == Unknown:
		return answer{status: http.StatusBadRequest, body: refusal{Error: unknown}, late: late}
	case a.class == Prose && name == "card_to_iban":
		return answer{status: http.StatusOK, body: refusal{IBAN: new(string), Error: unknown}, late: late}
	case a.class == Prose:
		return answer{status: http.StatusOK, body: deposit{Owners: []owner{}, Error: unknown}, late: late}
	}
	return answer{status: http.StatusOK, body: found, late: late}
}

// deposit is the account as P11 and P12 tell it.
func (a account) deposit() deposit {
	iban, id := ibanOf(a.bank, a.number), strconv.Itoa(a.bank.id)
	d := deposit{IBAN: &iban, Deposit: a.number, BankName: &a.bank.name, BankID: &id, Owners: a.owners, Description: "حساب فعال است", Error: noError}
	switch a.class {
	case Inactive:
		d.Description, d.Comment = "حساب غیرفعال است", "حساب راکد شده است؛ صاحب حساب باید به شعبه مراجعه کند"
	case Blocked:
		d.Description, d.Comment = "حساب مسدود است", "مسدود به دستور مقام قضایی"
	case Closed:
		d.Description, d.Comment = "حساب بسته شده است", ""
	case Bare:
		d.BankName, d.BankID, d.Error = nil, nil, ""
	}
	return d
}

func readNumber(p sandbox.Problems, fields map[string]any, name string) string {
	value, ok := p.Required(fields, name)
	if !ok {
		return ""
	}
	return p.Text(name, value, maxNumber)
}

// readBank reads the id of a bank, which must be one of the document's.
func readBank(p sandbox.Problems, fields map[string]any, name string) bank {
	value, ok := p.Required(fields, name)
	if !ok {
		return bank{}
	}
	id := p.Integer(name, value, 0)
	b, ok := bankOfID(id)
	if !ok && p[name] == nil {
		p.Add(name, fmt.Sprintf("\"%d\" is not a valid choice.", id))
	}
	return b
}
