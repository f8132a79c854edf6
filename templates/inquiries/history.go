package inquiries

import "payportal/templates/ui"

// HistoryID is the id of the part of the history that filters and paging replace.
const HistoryID = "inquiry-history"

// History is the page of what was asked.
type History struct {
	Filter HistoryFilter
	Search HistorySearch
	List   HistoryList
}

// HistoryFilter is the form above the list.
type HistoryFilter struct {
	Kind, Outcome, User ui.SelectInput
	From, To            ui.Field
}

// HistorySearch is the form that searches for a number. It is posted, so that no number ever stands in an address.
type HistorySearch struct {
	// Action has the other filters in its query.
	Action string
	Number ui.Field
}

// HistoryList is the part of the page that the filters change.
type HistoryList struct {
	Label  string
	Errors []ui.FormError
	Chips  ui.Chips
	Rows   []HistoryRow
	Empty  ui.Empty
	Pager  ui.Pager
	// Older leads on in a search for a number, by POST; nil for other lists and at the end.
	Older *HistoryOlder
}

// HistoryOlder is the form that leads to the next page of a search.
type HistoryOlder struct {
	Action string
	Hidden []ui.Hidden
}

// HistoryRow is one question.
type HistoryRow struct {
	Href string
	At   ui.Time
	Who  string
	Kind string
	Bank Bank
	// Number is masked; empty for a wage and for a forgotten number. Forgotten says which.
	Number    string
	Forgotten bool
	Outcome   ui.Status
	// Source says whether it was a single question or the line of a file.
	Source string
}

// HistoryEntry is the page of one question.
type HistoryEntry struct {
	Title, BackHref string
	Outcome         ui.Status
	Errors          []ui.FormError
	Who, Kind       string
	Bank            Bank
	Number          string
	Asked, Settled  ui.Time
	Source          string
	// SourceHref leads to the file; empty when it is not the reader's.
	SourceHref string
	Connection string
	// Explained is said of an outcome that needs it: a lost answer.
	Explained *ui.Notice
	// Forgotten says why number and answer are gone; nil while they are kept.
	Forgotten *ui.Notice
	Reveal    *HistoryReveal
	// Opened is what a reveal shows.
	Opened *HistoryOpened
}

// HistoryReveal is the form of POST …/reveal.
type HistoryReveal struct {
	Action string
	// List is the query of the list that the reader came from.
	List   string
	Reason ui.Field
}

// HistoryOpened are number and answer for somebody who said why: one of its fields is set.
type HistoryOpened struct {
	Answer     *Answer
	Estimate   *Estimate
	Unanswered *HistoryUnanswered
}

// HistoryUnanswered is a whole question without an answer.
type HistoryUnanswered struct {
	// Number is empty for a wage, whose transfer Wage tells.
	Number ui.Ident
	Wage   string
	// Reason says why there is no answer.
	Reason string
}
