package payments

import "payportal/templates/ui"

// Detail is the page of one payment.
type Detail struct {
	Title    string
	BackHref string
	ID       ui.Ident
	Status   ui.Status
	Amount   ui.Money
	// Words is the amount in words, with its unit.
	Words   string
	At      ui.Time
	Zone    string
	Type    string
	PSP     string
	PSPHref string
	Card    ui.Ident
	// CardHref are the payments with the same card; empty when the provider gave no card number.
	CardHref string
	Terminal ui.Ident
	// TerminalHref leads to the terminal in the register; empty when the user may not see it.
	TerminalHref string
	// PaymentsHref are the payments of the same terminal.
	PaymentsHref string
	Connection   string
	FirstSeen    ui.Time
	Changes      []Change
}

// Change is one field that the provider changed later.
type Change struct {
	At              ui.Time
	Field, Old, New string
}
