package ui

import "strconv"

// Chart is a chart of columns, one for each bar, each a stack of one part per series. It is drawn by the server and says
// the same again in a table.
type Chart struct {
	// Title names the chart and its table.
	Title string
	// LabelHead is the head of the table's first column ("Day").
	LabelHead string
	// Series are the parts of each column from the bottom up, five at most.
	Series []string
	Bars   []Bar
	// Highest is how the sum of the highest bar is written; it stands at the top of the plot. Empty leaves it out.
	Highest string
}

// Bar is one column.
type Bar struct {
	// Label stands in the table, Short below the column; Short may be empty where labels would touch.
	Label, Short string
	// Parts has a value for each series.
	Parts []Part
}

// Part is a value and how it is written.
type Part struct {
	// Value is not negative, in any one unit for the whole chart.
	Value int64
	Text  string
}

// The drawing's measures in its own units; the style sheet stretches it to the room there is.
const (
	chartWidth = 1200
	plotHeight = 180
)

// block is a rectangle of the drawing.
type block struct {
	x, y, width, height int
	class               string
}

// column is a bar as drawn.
type column struct {
	blocks []block
	// title is what a pointer sees.
	title string
}

func (c Chart) viewBox() string {
	return "0 0 " + strconv.Itoa(chartWidth) + " " + strconv.Itoa(plotHeight)
}

// highest is the greatest sum of a bar, 1 at least.
func (c Chart) highest() int64 {
	top := int64(1)
	for _, b := range c.Bars {
		top = max(top, b.sum())
	}
	return top
}

func (b Bar) sum() int64 {
	var sum int64
	for _, p := range b.Parts {
		sum += p.Value
	}
	return sum
}

// columns lays the bars out. A part that is not zero is never invisible.
func (c Chart) columns() []column {
	top := c.highest()
	columns := make([]column, len(c.Bars))
	for i, b := range c.Bars {
		left, right := i*chartWidth/len(c.Bars), (i+1)*chartWidth/len(c.Bars)
		gap := max((right-left)*3/10, 1)
		col := column{title: b.Label}
		y := plotHeight
		for s, p := range b.Parts {
			height := scale(p.Value, top)
			if height == 0 {
				continue
			}
			y -= height
			col.blocks = append(col.blocks, block{
				x: left + gap/2, y: max(y, 0), width: max(right-left-gap, 1), height: height, class: seriesClass(s),
			})
			col.title += "\n" + c.Series[s] + ": " + p.Text
		}
		columns[i] = col
	}
	return columns
}

// scale gives the height of a value without overflow for amounts of any size.
func scale(value, top int64) int {
	if value <= 0 {
		return 0
	}
	if top > 1<<40 {
		value, top = value>>20, top>>20
	}
	return max(int(value*(plotHeight-4)/top), 2)
}

func seriesClass(i int) string { return "s" + strconv.Itoa(i%5+1) }

func (c Chart) gridLines() []int {
	return []int{1, plotHeight / 4, plotHeight / 2, plotHeight * 3 / 4, plotHeight}
}

// chartLabel is what stands below a bar. A dense one is left out where the chart is narrow.
type chartLabel struct {
	text  string
	dense bool
}

// roomyLabels is how many labels fit below a chart on a phone.
const roomyLabels = 7

// labels are the bars' short labels; of many, every third stays where there is little room.
func (c Chart) labels() []chartLabel {
	shown := 0
	for _, b := range c.Bars {
		if b.Short != "" {
			shown++
		}
	}
	labels, nth := make([]chartLabel, len(c.Bars)), 0
	for i, b := range c.Bars {
		labels[i].text = b.Short
		if b.Short != "" {
			labels[i].dense = shown > roomyLabels && nth%3 != 0
			nth++
		}
	}
	return labels
}
