package inquiry

import (
	"time"
)

// BulkState is where a file stands.
type BulkState string

// The states. A file that is over can be gone on with for its failures.
const (
	Draft     BulkState = "draft"     // read and checked, nothing asked
	Running   BulkState = "running"   // being asked, or waiting for its turn
	Paused    BulkState = "paused"    // stopped by a person, to be gone on with
	Cancelled BulkState = "cancelled" // stopped for good
	Done      BulkState = "done"      // every line has its outcome
)

// LineState is where a line stands.
type LineState string

// The states of lines.
const (
	Invalid      LineState = "invalid"   // cannot be sent
	Duplicate    LineState = "duplicate" // has the result of an earlier line
	Ready        LineState = "ready"     // not asked yet
	LineAsking   LineState = "asking"    // on disk, perhaps with the provider
	LineAnswered LineState = "answered"
	LineRefused  LineState = "refused"
	LineFailed   LineState = "failed"
	LineLost     LineState = "lost"
	Reused       LineState = "reused" // has a fresh earlier answer, at no cost
)

// LineStates lists the states in the order in which screens offer them.
func LineStates() []LineState {
	return []LineState{LineAnswered, Reused, LineRefused, LineFailed, LineLost, LineAsking, Ready, Duplicate, Invalid}
}

// ParseLineState reads the word of a state.
func ParseLineState(word string) (LineState, bool) {
	for _, s := range LineStates() {
		if string(s) == word {
			return s, true
		}
	}
	return "", false
}

// Bulk is a file of numbers.
type Bulk struct {
	ID           int64
	ConnectionID int64
	// UserID and UserName are who brought it; it is theirs alone.
	UserID   int64
	UserName string
	State    BulkState
	// Name is the file's, "" for pasted lines and once the file was forgotten.
	Name   string
	Layout Layout
	// Reuse says that fresh earlier answers were taken over.
	Reuse bool
	// Day is the one whose allowance was reserved.
	Day                           Day
	CreatedAt, StartedAt, EndedAt time.Time
	// Counts are how many lines are in each state, and Lines is their sum.
	Counts map[LineState]int
	Lines  int
	// Version grows with each change of layout or state by a person.
	Version int64
}

// Settled is how many lines have their result.
func (b Bulk) Settled() int {
	return b.Lines - b.Counts[Ready] - b.Counts[LineAsking]
}

// Failures is how many lines a retry asks again, without those whose answers were lost.
func (b Bulk) Failures() int { return b.Counts[LineFailed] }

// Layout says how the columns of a file are read. Columns count from 0; NoColumn is none.
type Layout struct {
	// Format and Encoding are as the reader found them, Sheet is the sheet's name in a workbook.
	Format, Encoding, Sheet string
	// Headings are the cells of the first row, or empty when that is a line like the others.
	Headings []string
	// Columns is how many there are.
	Columns int
	// Kind is of all lines; empty when Kinds names the column that tells it, or each number tells it by itself.
	Kind Kind
	// Numbers has the number, Kinds its kind, Banks the bank of an account number, Names the owner's name to compare.
	Numbers, Kinds, Banks, Names int
	// BankID is the bank of account numbers where Banks is NoColumn or its cell is empty; 0 for none.
	BankID int
}

// NoColumn is the number of a column that there is not.
const NoColumn = -1

// Line is one row of a file.
type Line struct {
	// Number is the row's in the file, from 1, as a spreadsheet shows it.
	Number int
	State  LineState
	// Cells are the row as it came.
	Cells []LineCell
	// Question is nil for an invalid line.
	Question *Question
	// Name is the owner's name to compare, empty for none.
	Name string
	// Problem says why an invalid line cannot be sent.
	Problem *LineProblem
	// SameAs is the number of the line that a duplicate repeats.
	SameAs int
	// InquiryID is the line's last question, 0 before there is one. Record is that question, where the reader asked for it.
	InquiryID int64
	Record    *Record
}

// LineCell is a cell as it came: its text and what is suspicious about it.
type LineCell struct {
	Text string
	// Numeric was a number to the spreadsheet, Rounded one that lost digits there, Formula computed, Merged part of a larger cell.
	Numeric, Rounded, Formula, Merged bool
}

// LineProblem is what is wrong with a line.
type LineProblem struct {
	// Msg is a catalogue key and Args its placeholders; neither holds the cell's text.
	Msg  string
	Args map[string]any
	// Cell names the cell: "B17".
	Cell string
}

// LineFilter asks for lines of a file.
type LineFilter struct {
	// States is nil for all.
	States []LineState
	// After is the line number above which the page begins.
	After, Limit int
	// Records asks for the lines' questions and answers too; duplicates have those of the line that they repeat.
	Records bool
}
