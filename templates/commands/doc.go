// Package commands draws the pages that follow a side effect at a provider whose outcome is open: what was asked for, what is
// known, and what people can do. Its view models hold texts that are ready to show and know no kind of command; web builds
// them. It asks nobody anything.
package commands
