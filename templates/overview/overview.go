// Package overview draws the first page: what came in, from where, how fresh it is and what is running. Each part stands for
// itself: one that could not be had says so and leaves the others alone. The web package builds its view models; nothing
// else but the gallery imports it.
package overview

import "payportal/templates/ui"

// Page is the overview. Parts that the user may not see are nil.
type Page struct {
	Fresh ui.Freshness
	// Filling shows a first fill under way; nil when there is none.
	Filling *ui.Progress
	// Periods and Connections are the choices; Connections is empty when there is only one.
	Periods, Connections []ui.Tab
	// Empty stands in the place of everything when there is nothing to show yet.
	Empty    *ui.Empty
	Payments *Payments
	Copies   *Copies
	Health   *Connections
	Jobs     *Jobs
}

// Trouble is why a part could not be had; a zero Text is none.
type Trouble struct {
	Text string
	// RetryHref asks for the page again.
	RetryHref string
}

// Payments is the part about the payments of the period.
type Payments struct {
	Trouble
	Tiles []ui.Tile
	Chart ui.Chart
	// Nothing says that there were no payments; there is no chart then.
	Nothing   bool
	PSPs      []Share
	Terminals []Share
}

// Share is what one PSP or terminal had.
type Share struct {
	Name string
	// Href are all its payments of the period, SuccessHref the successful ones.
	Href, SuccessHref string
	// LTR marks names that are numbers.
	LTR    bool
	Count  string
	Rate   string
	Amount ui.Money
}

// Copies is the part about how fresh the copied lists of payments are.
type Copies struct {
	Trouble
	Lists []Copy
}

// Copy is one copied list.
type Copy struct {
	Connection, Type string
	Status           ui.Status
	At               ui.Time
	Age              string
	// Note says more about the state, such as how far a first fill is.
	Note string
}

// Connections is the part about how the providers have been answering.
type Connections struct {
	Trouble
	List []Connection
}

// Connection is how one provider has been answering.
type Connection struct {
	Name, Href string
	Status     ui.Status
	LastGood   ui.Time
	Age        string
	// Calls says how many calls there were lately and how many failed, Latency how long they took.
	Calls, Latency string
}

// Jobs is the part about background work.
type Jobs struct {
	Trouble
	List []Job
	// Href is the list of all jobs.
	Href string
}

// Job is one job under way.
type Job struct {
	Label string
	Since ui.Time
	Age   string
}
