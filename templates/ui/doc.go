// Package ui holds the components that pages are made of. Each takes a view model with what it shows and nothing else, and
// is a pure function of it: it fetches nothing, formats no money and asks for no permission. Where a component has words
// of its own it takes the printer as first argument. Templates of features import it; it imports no domain.
//
// Addresses start with "/" (or "#"): templ refuses a relative one with a colon in its query.
package ui
