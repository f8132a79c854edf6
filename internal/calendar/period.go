package calendar

import "time"

// Period is a half-open span of time: Start belongs to it and End does not, so that neighbouring periods neither overlap
// nor leave a gap.
type Period struct{ Start, End time.Time }

// Contains reports whether the moment is within the period.
func (p Period) Contains(t time.Time) bool { return !t.Before(p.Start) && t.Before(p.End) }

// Day gives the civil day of zone in which the moment falls. It has 23 or 25 hours where the clock is turned.
func Day(t time.Time, zone *time.Location) Period {
	return Period{addDays(t, 0, zone), addDays(t, 1, zone)}
}

// Preset is a period named relative to now, as it stands in a list's query parameter.
type Preset string

// The presets. Those of several days include today.
const (
	Today     Preset = "today"
	Yesterday Preset = "yesterday"
	Last7     Preset = "7d"
	Last30    Preset = "30d"
	Last90    Preset = "90d"
	ThisWeek  Preset = "week"
	ThisMonth Preset = "month"
	LastMonth Preset = "last_month"
)

// Presets lists every preset in the order in which they are offered.
func Presets() []Preset {
	return []Preset{Today, Yesterday, Last7, Last30, Last90, ThisWeek, ThisMonth, LastMonth}
}

// Period gives the preset's span as of now, with days of zone and weeks and months of the calendar; false for an unknown
// preset. The end of a running week or month is its real end, not now.
func (p Preset) Period(now time.Time, sys System, zone *time.Location) (Period, bool) {
	days := func(first, last int) (Period, bool) {
		return Period{addDays(now, first, zone), addDays(now, last+1, zone)}, true
	}
	switch p {
	case Today:
		return days(0, 0)
	case Yesterday:
		return days(-1, -1)
	case Last7:
		return days(-6, 0)
	case Last30:
		return days(-29, 0)
	case Last90:
		return days(-89, 0)
	case ThisWeek:
		since := int(now.In(zone).Weekday()-sys.WeekStart()+7) % 7
		return days(-since, 6-since)
	case ThisMonth:
		return month(now, 0, sys, zone), true
	case LastMonth:
		return month(now, -1, sys, zone), true
	default:
		return Period{}, false
	}
}

// month gives the calendar month that lies shift months after that of now.
func month(now time.Time, shift int, sys System, zone *time.Location) Period {
	d := sys.DateOf(now, zone)
	return Period{startOfMonth(d, shift, sys, zone), startOfMonth(d, shift+1, sys, zone)}
}

// startOfMonth gives the first moment of the month that lies shift months after that of d.
func startOfMonth(d Date, shift int, sys System, zone *time.Location) time.Time {
	months := d.Year*12 + d.Month - 1 + shift
	first := Date{months / 12, months%12 + 1, 1}
	t, err := sys.Start(first, zone)
	if err != nil {
		return time.Time{} // now is outside 1925 to 2124: the period is empty
	}
	return t
}
