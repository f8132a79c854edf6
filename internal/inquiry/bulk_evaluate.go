package inquiry

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"payportal/internal/errs"
	"payportal/internal/iban"
	"payportal/internal/textin"
)

// Evaluate reads rows by a layout: what each asks, what cannot be sent and why, and which repeats an earlier one. Nothing is
// sent. allowed says which kinds the asker may ask for.
func Evaluate(rows iter.Seq2[int, []LineCell], layout Layout, allowed func(Kind) bool) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		first := map[string]int{} // identity to line number
		for number, cells := range rows {
			line := Line{Number: number, State: Ready, Cells: cells, Name: textOf(cells, layout.Names)}
			question, problem := layout.read(number, cells, allowed)
			if problem != nil {
				line.State, line.Problem = Invalid, problem
			} else {
				line.Question = &question
				if earlier, twice := first[question.Identity()]; twice {
					line.State, line.SameAs = Duplicate, earlier
				} else {
					first[question.Identity()] = number
				}
			}
			if !yield(line) {
				return
			}
		}
	}
}

// read makes the question of a row.
func (l Layout) read(number int, cells []LineCell, allowed func(Kind) bool) (Question, *LineProblem) {
	text, problem := l.numberCell(number, cells)
	if problem != nil {
		return Question{}, problem
	}
	kind, problem := l.kindOf(number, cells, text)
	if problem != nil {
		return Question{}, problem
	}
	if !allowed(kind) {
		return Question{}, &LineProblem{Msg: "inquiry.line.kind_forbidden", Args: map[string]any{"Permission": kind.Permission().String()}, Cell: ref(l.Kinds, number)}
	}
	bankID := l.BankID
	if name := textOf(cells, l.Banks); kind == Account && name != "" {
		bank, ok := FindBank(name)
		if !ok {
			return Question{}, &LineProblem{Msg: "inquiry.line.bank_unknown", Cell: ref(l.Banks, number)}
		}
		bankID = bank.ID
	}
	question, err := ReadQuestion(kind, text, bankID)
	if err != nil {
		return Question{}, l.problemOf(err, number)
	}
	return question, nil
}

// numberCell gives the text of the number's cell, unless the spreadsheet has made it something else.
func (l Layout) numberCell(number int, cells []LineCell) (string, *LineProblem) {
	var cell LineCell
	if l.Numbers >= 0 && l.Numbers < len(cells) {
		cell = cells[l.Numbers]
	}
	msg := ""
	switch {
	case cell.Merged && strings.TrimSpace(cell.Text) == "":
		msg = "inquiry.line.merged"
	case cell.Formula:
		msg = "inquiry.line.formula"
	case cell.Rounded:
		msg = "inquiry.line.rounded"
	case strings.TrimSpace(cell.Text) == "":
		msg = "inquiry.line.empty"
	}
	if msg != "" {
		return "", &LineProblem{Msg: msg, Cell: ref(l.Numbers, number)}
	}
	return cell.Text, nil
}

// kindOf is the kind of a row: the file's, that of its column, or the one that the number itself shows.
func (l Layout) kindOf(number int, cells []LineCell, text string) (Kind, *LineProblem) {
	if l.Kind != "" {
		return l.Kind, nil
	}
	if l.Kinds != NoColumn {
		kind, ok := FindKind(textOf(cells, l.Kinds))
		if !ok {
			return "", &LineProblem{Msg: "inquiry.line.kind_unknown", Cell: ref(l.Kinds, number)}
		}
		return kind, nil
	}
	return kindByNumber(text), nil
}

// kindByNumber tells an IBAN and a card from an account number by their look: a wrong digit must not turn them into another kind.
func kindByNumber(text string) Kind {
	digits, letters := 0, false
	for _, r := range textin.FoldDigits(text) {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == 'I' || r == 'i':
			letters = true
		}
	}
	switch {
	case letters || digits >= 22:
		return IBAN
	case digits == 16 && !strings.ContainsAny(text, "./"):
		return Card
	}
	return Account
}

// problemOf is a refusal of ReadQuestion as the problem of a line.
func (l Layout) problemOf(err error, number int) *LineProblem {
	fields := errs.FieldsOf(err)
	if len(fields) == 0 {
		return &LineProblem{Msg: "inquiry.line.unreadable", Cell: ref(l.Numbers, number)}
	}
	column := l.Numbers
	if fields[0].Name == FieldBank {
		column = l.Banks
	}
	return &LineProblem{Msg: fields[0].Msg, Args: fields[0].Args, Cell: ref(column, number)}
}

// ref names a cell as spreadsheets do, or its row where there is no column.
func ref(column, number int) string {
	if column == NoColumn {
		return strconv.Itoa(number)
	}
	return ColumnName(column) + strconv.Itoa(number)
}

// ColumnName is the letter of a column, from 0: A to Z, AA and so on.
func ColumnName(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

func textOf(cells []LineCell, column int) string {
	if column < 0 || column >= len(cells) {
		return ""
	}
	return strings.TrimSpace(cells[column].Text)
}

// kindWords are what people write in a column of kinds, folded as textin.Search has it.
var kindWords = map[Kind][]string{
	Card:    {"card", "pan", "کارت", "شماره کارت"},
	Account: {"account", "account number", "deposit", "حساب", "شماره حساب", "سپرده"},
	IBAN:    {"iban", "sheba", "shaba", "شبا", "شماره شبا"},
}

// FindKind reads the kind that somebody wrote into a cell.
func FindKind(text string) (Kind, bool) {
	word := textin.Search(text)
	for kind, words := range kindWords {
		if slices.Contains(words, word) {
			return kind, true
		}
	}
	return "", false
}

// banksByWord are the banks by their names in both languages.
var banksByWord = sync.OnceValue(func() map[string]iban.Bank {
	words := map[string]iban.Bank{}
	for _, bank := range iban.Banks() {
		words[withoutBankWord(textin.Search(bank.English))] = bank
		words[withoutBankWord(textin.Search(bank.Persian))] = bank
	}
	return words
})

// FindBank reads the bank that somebody wrote into a cell: its number, its name in either language, with or without the word
// for bank.
func FindBank(text string) (iban.Bank, bool) {
	word := textin.Search(text)
	if id, err := strconv.Atoi(word); err == nil {
		return iban.BankByID(id)
	}
	bank, ok := banksByWord()[withoutBankWord(word)]
	return bank, ok
}

func withoutBankWord(name string) string {
	words := strings.Fields(strings.ReplaceAll(name, "_", " "))
	words = slices.DeleteFunc(words, func(w string) bool { return w == "bank" || w == "بانک" || w == "iran" || w == "ایران" })
	return strings.Join(words, "")
}

// guessRows is how many rows a guess looks at.
const guessRows = 200

// headingWords are what the headings of the columns beside the number's are called, folded as textin.Search has it.
var headingWords = map[string][]string{
	"kind": {"kind", "type", "نوع", "نوع شماره", "نوع استعلام"},
	"bank": {"bank", "bank name", "bank id", "بانک", "نام بانک", "کد بانک"},
	"name": {"name", "owner", "full name", "holder", "نام", "نام صاحب حساب", "صاحب حساب", "نام و نام خانوادگی", "نام ونام خانوادگی", "گیرنده", "نام گیرنده"},
}

// GuessLayout looks at the first rows for headings and for the columns of numbers, kinds, banks and names. The person corrects
// what it guesses wrong.
func GuessLayout(rows iter.Seq2[int, []LineCell], columns int) Layout {
	l := Layout{Columns: columns, Numbers: 0, Kinds: NoColumn, Banks: NoColumn, Names: NoColumn}
	var sample [][]LineCell
	for _, cells := range rows {
		if sample = append(sample, cells); len(sample) == guessRows {
			break
		}
	}
	if len(sample) == 0 {
		return l
	}
	best := 0
	for column := range columns {
		if n := numbersIn(sample, column); n > best {
			best, l.Numbers = n, column
		}
	}
	if isHeading(sample[0], l.Numbers) {
		l.readHeadings(sample[0])
	}
	return l
}

// numbersIn counts the cells of a column that read as a card or an IBAN, and by half those that may be account numbers.
func numbersIn(sample [][]LineCell, column int) int {
	score := 0
	for _, cells := range sample {
		text := textOf(cells, column)
		_, cardErr := iban.ParseCard(text)
		_, ibanErr := iban.ParseIBAN(text)
		_, accountErr := iban.ParseAccountNumber(text)
		switch {
		case cardErr == nil || ibanErr == nil:
			score += 4
		case accountErr == nil && len(text) >= 8:
			score += 2
		case kindByNumber(text) != Account:
			score++
		}
	}
	return score
}

// isHeading reports whether a row has words where the others have numbers.
func isHeading(cells []LineCell, column int) bool {
	return !strings.ContainsFunc(textin.FoldDigits(textOf(cells, column)), func(r rune) bool { return r >= '0' && r <= '9' }) &&
		slices.ContainsFunc(cells, func(c LineCell) bool { return strings.TrimSpace(c.Text) != "" })
}

// readHeadings takes the first row as headings and finds the other columns by them.
func (l *Layout) readHeadings(cells []LineCell) {
	for column, cell := range cells {
		heading := textin.Search(cell.Text)
		l.Headings = append(l.Headings, strings.TrimSpace(cell.Text))
		for role, target := range map[string]*int{"kind": &l.Kinds, "bank": &l.Banks, "name": &l.Names} {
			if slices.Contains(headingWords[role], heading) && column != l.Numbers && *target == NoColumn {
				*target = column
			}
		}
	}
}

// errLayout is what Check joins.
var errLayout = errors.New("inquiry: layout names a column that is not there")

// Check says what is wrong with a layout that a form sent: errs.Invalid at the fields kind, number, kinds, bank and names.
func (l Layout) Check() error {
	var fields []errs.Field
	for _, column := range []struct {
		field  string
		value  int
		needed bool
	}{{"column_number", l.Numbers, true}, {"column_kind", l.Kinds, false}, {"column_bank", l.Banks, false}, {"column_name", l.Names, false}} {
		if column.value >= l.Columns || column.value < NoColumn || column.needed && column.value == NoColumn {
			fields = append(fields, errs.Field{Name: column.field, Msg: "inquiry.layout.column_missing"})
		}
	}
	if l.Kind == Wage {
		fields = append(fields, errs.Field{Name: "kind", Msg: "inquiry.layout.kind_wrong"})
	}
	if _, known := iban.BankByID(l.BankID); l.BankID != 0 && !known {
		fields = append(fields, errs.Field{Name: "bank", Msg: "inquiry.number.bank_missing"})
	}
	if fields != nil {
		return &errs.Error{Kind: errs.Invalid, Op: "read columns", Fields: fields, Err: fmt.Errorf("%w: %d columns", errLayout, l.Columns)}
	}
	return nil
}
