//go:build race

package main

// underRace says that the race detector watches, which makes SQLite ten times slower: tests that only count do less.
const underRace = true
