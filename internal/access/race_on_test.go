//go:build race

package access_test

// raceFactor divides the counts of the two longest tests under the race detector, which slows SQLite down 60 times. The
// run without it has the full counts.
const raceFactor = 25
