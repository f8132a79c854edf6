package inquiry

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/iban"
	"payportal/internal/money"
)

// Question is one number in its normal form, or one transfer, that a provider can be asked about. It is personal data: every
// way to print, log or marshal it gives a placeholder; Identity alone gives the text.
type Question struct {
	Kind Kind
	// Card is set for the kind Card, IBAN for IBAN, Number and BankID for Account, Wage for Wage.
	Card   iban.Card
	IBAN   iban.IBAN
	Number iban.AccountNumber
	// BankID is the bank of an account number, one of package iban's.
	BankID int
	Wage   WageQuestion
}

// AskCard is the question whose IBAN a card has.
func AskCard(card iban.Card) Question { return Question{Kind: Card, Card: card} }

// AskAccount is the question which IBAN and owners an account has.
func AskAccount(number iban.AccountNumber, bankID int) Question {
	return Question{Kind: Account, Number: number, BankID: bankID}
}

// AskIBAN is the question whose an IBAN is.
func AskIBAN(number iban.IBAN) Question { return Question{Kind: IBAN, IBAN: number} }

// AskWage is the question what a transfer costs.
func AskWage(q WageQuestion) Question { return Question{Kind: Wage, Wage: q} }

// Bank is the bank that the number names; ok is false where it names none that we know. For a wage it is the destination's.
func (q Question) Bank() (bank iban.Bank, ok bool) {
	switch q.Kind {
	case Card:
		return q.Card.Bank()
	case IBAN:
		return q.IBAN.Bank()
	case Account:
		return iban.BankByID(q.BankID)
	default:
		return iban.BankByID(q.Wage.DestinationBank)
	}
}

// Masked is the number as lists show it; empty for a wage.
func (q Question) Masked() string {
	switch q.Kind {
	case Card:
		return q.Card.Masked()
	case IBAN:
		return q.IBAN.Masked()
	case Account:
		return q.Number.Masked()
	}
	return ""
}

// Grouped is the whole number as people read it; empty for a wage.
func (q Question) Grouped() string {
	switch q.Kind {
	case Card:
		return q.Card.Grouped()
	case IBAN:
		return q.IBAN.Grouped()
	case Account:
		return q.Number.Grouped()
	}
	return ""
}

// Identity is the question as one line, the same for the same question however it was typed: what is hashed for the search and
// sealed for the history. ParseIdentity reads it.
func (q Question) Identity() string {
	switch q.Kind {
	case Card:
		return "card:" + q.Card.Reveal()
	case IBAN:
		return "iban:" + q.IBAN.Reveal()
	case Account:
		return fmt.Sprintf("account:%d:%s", q.BankID, q.Number.Reveal())
	}
	return fmt.Sprintf("wage:%d:%d:%d", q.Wage.Amount.Minor, q.Wage.SourceBank, q.Wage.DestinationBank)
}

// errIdentity means that a stored question is not one of ours. Its text does not hold the question.
var errIdentity = errors.New("inquiry: not the identity of a question")

// ParseIdentity reads what Identity wrote.
func ParseIdentity(text string) (Question, error) {
	word, rest, _ := strings.Cut(text, ":")
	kind, ok := ParseKind(word)
	if !ok {
		return Question{}, errIdentity
	}
	q := Question{Kind: kind}
	var err error
	switch kind {
	case Card:
		q.Card, err = iban.ParseCard(rest)
	case IBAN:
		q.IBAN, err = iban.ParseIBAN(rest)
	case Account:
		bank, number, _ := strings.Cut(rest, ":")
		q.BankID, err = strconv.Atoi(bank)
		if err == nil {
			q.Number, err = iban.ParseAccountNumber(number)
		}
	case Wage:
		q.Wage, err = parseWage(rest)
	}
	if err != nil {
		return Question{}, errIdentity
	}
	return q, nil
}

func parseWage(text string) (WageQuestion, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return WageQuestion{}, errIdentity
	}
	var numbers [3]int64
	for i, part := range parts {
		var err error
		if numbers[i], err = strconv.ParseInt(part, 10, 64); err != nil {
			return WageQuestion{}, errIdentity
		}
	}
	return WageQuestion{Amount: money.Of(numbers[0], money.IRR), SourceBank: int(numbers[1]), DestinationBank: int(numbers[2])}, nil
}

// String gives a placeholder.
func (q Question) String() string { return "[question]" }

// GoString gives a placeholder.
func (q Question) GoString() string { return q.String() }

// Format prints a placeholder for every verb.
func (q Question) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, q.String()) }

// LogValue gives a placeholder.
func (q Question) LogValue() slog.Value { return slog.StringValue(q.String()) }

// MarshalText gives a placeholder.
func (q Question) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// Permission is what the asker of a kind must hold.
func (k Kind) Permission() access.Permission {
	switch k {
	case Card:
		return access.InquiryCard
	case Account:
		return access.InquiryAccount
	case IBAN:
		return access.InquiryIBAN
	}
	return access.InquiryWage
}

// The fields of the forms, at which problems are told.
const (
	FieldNumber      = "number"
	FieldBank        = "bank"
	FieldAmount      = "amount"
	FieldSource      = "source"
	FieldDestination = "destination"
)

// ReadQuestion reads a number as somebody pasted it; kind is not Wage. bankID is of the account's bank, 0 when it was not
// told. errs.Invalid at the fields number and bank.
func ReadQuestion(kind Kind, text string, bankID int) (Question, error) {
	q := Question{Kind: kind}
	var err error
	switch kind {
	case Card:
		q.Card, err = iban.ParseCard(text)
	case IBAN:
		q.IBAN, err = iban.ParseIBAN(text)
	default:
		q.BankID = bankID
		q.Number, err = iban.ParseAccountNumber(text)
	}
	var fields []errs.Field
	if problem, ok := errors.AsType[*iban.Problem](err); ok {
		fields = append(fields, errs.Field{Name: FieldNumber, Msg: problemKey(problem), Args: problem.Args})
	}
	if _, known := iban.BankByID(bankID); kind == Account && !known {
		fields = append(fields, errs.Field{Name: FieldBank, Msg: "inquiry.number.bank_missing"})
	}
	if fields != nil {
		return Question{}, &errs.Error{Kind: errs.Invalid, Op: "read " + string(kind), Fields: fields}
	}
	return q, nil
}

// problemKey is the catalogue key of what is wrong with a number.
func problemKey(p *iban.Problem) string { return "inquiry.number." + string(p.Reason) }

// maxWageAmount is far above every transfer and far below an overflow: a thousand times a thousand billion rial.
const maxWageAmount = 1_000_000_000_000_000

// Check says what is wrong with the question: errs.Invalid at the fields amount, source and destination.
func (q WageQuestion) Check() error {
	var fields []errs.Field
	if q.Amount.Currency != money.IRR || q.Amount.Minor <= 0 || q.Amount.Minor > maxWageAmount {
		fields = append(fields, errs.Field{Name: FieldAmount, Msg: "inquiry.wage.amount_range"})
	}
	for _, end := range []struct {
		field string
		bank  int
	}{{FieldSource, q.SourceBank}, {FieldDestination, q.DestinationBank}} {
		if _, known := iban.BankByID(end.bank); !known {
			fields = append(fields, errs.Field{Name: end.field, Msg: "inquiry.number.bank_missing"})
		}
	}
	if fields != nil {
		return &errs.Error{Kind: errs.Invalid, Op: "estimate wage", Fields: fields}
	}
	return nil
}
