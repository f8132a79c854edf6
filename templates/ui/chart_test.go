package ui

import (
	"math"
	"strings"
	"testing"
)

func TestChartColumns(t *testing.T) {
	tests := []struct {
		name    string
		parts   [][]int64 // a bar each
		heights [][]int   // a drawn block each
	}{
		{"empty", nil, nil},
		{"all zero", [][]int64{{0, 0}}, [][]int{{}}},
		{"the highest fills the plot", [][]int64{{100}, {50}}, [][]int{{176}, {88}}},
		{"a little is never nothing", [][]int64{{1_000_000, 1}}, [][]int{{175, 2}}},
		{"amounts of any size", [][]int64{{math.MaxInt64}, {math.MaxInt64 / 2}}, [][]int{{176}, {87}}},
		{"below zero is not drawn", [][]int64{{-5}, {10}}, [][]int{{}, {176}}},
	}
	for _, tt := range tests {
		c := Chart{Series: []string{"good", "bad"}}
		for _, values := range tt.parts {
			var b Bar
			for _, v := range values {
				b.Parts = append(b.Parts, Part{Value: v})
			}
			c.Bars = append(c.Bars, b)
		}
		columns := c.columns()
		if len(columns) != len(tt.heights) {
			t.Fatalf("%s: got %d columns, want %d", tt.name, len(columns), len(tt.heights))
		}
		for i, col := range columns {
			if len(col.blocks) != len(tt.heights[i]) {
				t.Errorf("%s: column %d: got %d blocks, want %d", tt.name, i, len(col.blocks), len(tt.heights[i]))
				continue
			}
			for j, b := range col.blocks {
				if b.height != tt.heights[i][j] {
					t.Errorf("%s: column %d block %d: got height %d, want %d", tt.name, i, j, b.height, tt.heights[i][j])
				}
			}
		}
	}
}

func TestChartStaysInItsPlot(t *testing.T) {
	c := Chart{Series: make([]string, 5)}
	for i := range 400 {
		b := Bar{}
		for s := range 5 {
			b.Parts = append(b.Parts, Part{Value: int64(i * s)})
		}
		c.Bars = append(c.Bars, b)
	}
	for i, col := range c.columns() {
		for _, b := range col.blocks {
			if b.x < 0 || b.x+b.width > chartWidth || b.y < 0 || b.y+b.height > plotHeight || b.width < 1 {
				t.Errorf("column %d: block %+v leaves the plot of %d by %d", i, b, chartWidth, plotHeight)
			}
		}
	}
}

func TestFieldDescribesItself(t *testing.T) {
	tests := []struct {
		field Field
		want  string
	}{
		{Field{Name: "a"}, ""},
		{Field{Name: "a", Hint: "h"}, "f-a-hint"},
		{Field{Name: "a", Error: "e"}, "f-a-err"},
		{Field{Name: "a", Hint: "h", Error: "e"}, "f-a-err f-a-hint"},
	}
	for _, tt := range tests {
		if got := tt.field.describedBy(); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.field, got, tt.want)
		}
	}
}

func TestPasswordIsNeverSentBack(t *testing.T) {
	var page strings.Builder
	f := Field{Name: "password", Value: "correct horse"}
	if err := input("password", "form-control", f.secret()).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "correct horse") || !strings.Contains(page.String(), `type="password"`) {
		t.Errorf("got %s, want a password input without its value", page.String())
	}
}
