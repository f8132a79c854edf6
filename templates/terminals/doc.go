// Package terminals draws the register of terminals: its list, the terminals that were only seen in payments, the forms of
// creation and import, and the page of one terminal. Its view models hold texts that are ready to show; web builds them and
// decides what a user may do. It asks nobody anything.
package terminals
