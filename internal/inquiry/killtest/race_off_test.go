//go:build !race

package killtest

// kills is how often the work is cut off, and lines how long the file is: longer than all those lives together get.
const (
	kills = 50
	lines = 4000
)
