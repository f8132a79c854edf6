package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// BenchmarkFigures measures the figures of docs/performance.md on the program itself: the stripped binary as a process of
// its own, a million payments in its mirror, somebody signed in, plain HTTP on loopback. Each operation is a round; the
// figures are the medians of the rounds, so `make bench` runs several. A table of all figures beside their targets is
// printed at the end.
func BenchmarkFigures(b *testing.B) {
	f := newFigures(b)
	b.Run("size", f.size)
	b.Run("start", f.start)
	b.Run("pages", f.pages)
	b.Run("totals", f.totals)
	b.Run("export", f.export)
	b.Run("sign in", f.signIn)
	b.Run("inquiries", f.inquiries)
	b.Run("first fill", f.firstFill)
	f.print()
}

// figures collects what was measured.
type figures struct {
	*site
	lines        []figure
	filled       []figure // those of the first fill, once it was made
	files, asked int      // that were sent: no two are alike
}

// figure is a line of the table. A limit of 0 is no target.
type figure struct {
	name, unit string
	value      float64
	limit      float64
	atLeast    bool // the limit is the least that is wanted, not the most
}

func newFigures(b *testing.B) *figures { return &figures{site: openSite(b)} }

// report notes a figure for the table and as a metric of the benchmark. A later run of the same benchmark takes the place
// of an earlier one.
func (f *figures) report(b *testing.B, line figure) {
	b.ReportMetric(line.value, strings.ReplaceAll(line.name+" "+line.unit, " ", "-"))
	f.lines = slices.DeleteFunc(f.lines, func(other figure) bool { return other.name == line.name && other.unit == line.unit })
	f.lines = append(f.lines, line)
}

// print writes the table to the standard output, where the benchmarks' own lines go.
func (f *figures) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nfigure\tmedian\ttarget\t")
	for _, line := range f.lines {
		fmt.Fprintf(w, "%s\t%s %s\t%s\n", line.name, number(line.value), line.unit, line.target())
	}
	_ = w.Flush() // the standard output is gone: so is the reader
}

func (l figure) target() string {
	sign, met := "≤", l.value <= l.limit
	if l.atLeast {
		sign, met = "≥", l.value >= l.limit
	}
	switch {
	case l.limit == 0:
		return ""
	case met:
		return sign + " " + number(l.limit)
	}
	return sign + " " + number(l.limit) + "  MISSED"
}

// number writes three digits, or all of those before the point.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// median of what the rounds gave.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
