//go:build race

package killtest

// The race detector makes everything several times slower: it is given a few kills; the full count runs without it.
const (
	kills = 6
	lines = 800
)
