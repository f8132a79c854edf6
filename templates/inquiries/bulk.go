package inquiries

import "payportal/templates/ui"

// BulkID is the id of the part of a file's page that filters, paging and time replace.
const BulkID = "bulk"

// Bulk is the page of files: the form of POST /inquiries/bulk with the fields connection, file and text, and the person's own
// files.
type Bulk struct {
	Errors []ui.FormError
	// Connections is empty when there is only one; Connection is then sent hidden.
	Connections ui.SelectInput
	Connection  string
	File, Text  ui.Field
	// Limits are what the person may still ask for.
	Limits []ui.Tile
	// NoConnection is drawn in place of the form when there is nothing to ask.
	NoConnection *ui.Empty
	Files        BulkFiles
}

// BulkFiles are the files of the person.
type BulkFiles struct {
	Label string
	Rows  []BulkFile
	Empty ui.Empty
	Pager ui.Pager
}

// BulkFile is one file.
type BulkFile struct {
	Href, Name string
	State      ui.Status
	// Done says how far it is.
	Done    string
	Created ui.Time
}

// BulkDraft is a file before anything is asked: what was read, how its columns are understood, what it costs.
type BulkDraft struct {
	// Title is the file's name and Text what was read.
	Title, Text string
	State       ui.Status
	Errors      []ui.FormError
	// Action is the address of the file, below which its forms are posted.
	Action, Version string
	Tiles           []ui.Tile
	Cost            BulkCost
	Sample          BulkSample
	Columns         BulkColumns
	Lines           BulkLines
}

// BulkCost is what beginning costs.
type BulkCost struct {
	Text  string
	Facts []BulkFact
	// Starts are the ways to begin, each with what it pays for; none when Blocked says why not.
	Starts  []ui.Button
	Blocked *ui.Notice
}

// BulkFact is a figure with its name.
type BulkFact struct{ Label, Text string }

// BulkSample is the first rows as they were read, each column with what it is taken for.
type BulkSample struct {
	Label   string
	Columns []BulkColumn
	Rows    []BulkSampleRow
}

// BulkColumn is a column of the file.
type BulkColumn struct {
	// Name is its letter and Heading its own one, if it has any. Role is what it is taken for; empty for a column that is kept
	// and not read.
	Name, Heading, Role string
}

// BulkSampleRow is a row of the file.
type BulkSampleRow struct {
	Number string
	Cells  []BulkCell
}

// BulkCell is a cell: its text, shortened, and what is suspicious about it.
type BulkCell struct{ Text, Note string }

// BulkColumns is the form of POST …/columns.
type BulkColumns struct {
	Number, Kind, KindColumn, Bank, BankColumn, Name ui.SelectInput
	// Open shows the form: something in it is wrong.
	Open bool
}

// BulkRun is a file that is being asked, or was.
type BulkRun struct {
	Title, Text string
	Errors      []ui.FormError
	Downloads   []ui.Button
	Now         BulkNow
	// Stop ends the work for good; nil when it is over.
	Stop *BulkAct
}

// BulkNow is the part of a file's page that changes.
type BulkNow struct {
	// Announce is said after it was replaced.
	Announce string
	// PollHref is asked every three seconds; empty when nothing happens any more.
	PollHref string
	State    ui.Status
	Progress ui.Progress
	Notices  []ui.Notice
	Tiles    []ui.Tile
	// Acts can be done now, and CanStop says that the work can be ended for good.
	Acts    []BulkAct
	CanStop bool
	Retry   *BulkRetry
	Lines   BulkLines
}

// BulkAct is something that can be done with a file.
type BulkAct struct {
	Button ui.Button
	Action string
	// Text says what it means, for one that needs a second thought.
	Text string
}

// BulkRetry is the form of POST …/retry.
type BulkRetry struct {
	Action, Version string
	Text            string
	// Lost is the choice to ask lost lines too; nil when there are none.
	Lost   *ui.CheckInput
	Button ui.Button
}

// BulkLines are lines of a file with their results.
type BulkLines struct {
	Title, Label string
	Chips        ui.Chips
	Rows         []BulkLine
	// Read says that the numbers could be read, Results that there are outcomes, Names that names are compared.
	Read, Results, Names bool
	Empty                ui.Empty
	Pager                ui.Pager
}

// BulkLine is one line.
type BulkLine struct {
	// Row is its number in the file and Cell the one that is wrong, if any.
	Row, Cell string
	// Number is the masked number, or of an invalid line the cell's text, shortened.
	Number, Kind string
	Bank         Bank
	State        ui.Status
	// IBAN is the masked answer.
	IBAN string
	// Name is how the owners' names compare; nil without an answer or a name.
	Name *ui.Status
	// Note says why there is no answer, or which line this one repeats.
	Note string
}
