// Package calendar turns moments into civil dates of the Gregorian and the Jalali calendar and back, and says when a
// day, week or month begins in a time zone. It formats nothing but numeric dates; names of months belong to the message
// catalogues. It carries the time zone database in the binary, so that it does not depend on the machine. It is a leaf:
// every package may import it and it imports nothing of ours.
package calendar

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // the container has no zone files

	jalaali "github.com/jalaali/go-jalaali"
)

var (
	// ErrDate means that a text is not a date, or not one that the calendar has.
	ErrDate = errors.New("calendar: not a date")
	// ErrRange means a date outside FirstYear to LastYear, the span in which our Jalali arithmetic agrees with the
	// browsers' (ICU). A Jalali year typed under the Gregorian calendar, or the reverse, ends here.
	ErrRange = errors.New("calendar: date is outside 1925 to 2124")
	// ErrZone means a time zone that the portal does not offer.
	ErrZone = errors.New("calendar: unknown time zone")
)

// The valid span in Gregorian years, both included.
const (
	FirstYear = 1925
	LastYear  = 2124
)

// System is a calendar.
type System uint8

const (
	// Gregorian is the calendar of Poland and Peru; its week starts on Monday.
	Gregorian System = iota
	// Jalali is the solar calendar of Iran; its week starts on Saturday.
	Jalali
)

// Other gives the other calendar, for showing a date in both.
func (sys System) Other() System {
	if sys == Jalali {
		return Gregorian
	}
	return Jalali
}

// WeekStart is the first day of the calendar's week.
func (sys System) WeekStart() time.Weekday {
	if sys == Jalali {
		return time.Saturday
	}
	return time.Monday
}

// Date is a civil date; which calendar it is of, the caller knows.
type Date struct{ Year, Month, Day int }

// FromTime gives the Jalali date of a moment as a clock in zone shows it.
func FromTime(t time.Time, zone *time.Location) Date { return Jalali.DateOf(t, zone) }

// DateOf gives the date of a moment as a clock in zone shows it.
func (sys System) DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	if sys == Gregorian {
		return Date{y, int(m), d}
	}
	jy, jm, jd, err := jalaali.ToJalaali(y, m, d)
	if err != nil {
		// Only years before 560 and after 3798 come here; no clock of ours shows them, and a wrong date would be worse.
		return Date{}
	}
	return Date{jy, int(jm), jd}
}

// gregorian gives the Gregorian date, or ErrDate when the calendar has no such day, or ErrRange.
func (sys System) gregorian(d Date) (Date, error) {
	g := d
	if sys == Jalali {
		y, m, day, err := jalaali.ToGregorian(d.Year, jalaali.Month(d.Month), d.Day)
		if err != nil {
			return Date{}, fmt.Errorf("%w: %04d-%02d-%02d (Jalali)", ErrDate, d.Year, d.Month, d.Day)
		}
		g = Date{y, int(m), day}
	} else if t := time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC); t.Month() != time.Month(d.Month) || t.Day() != d.Day {
		return Date{}, fmt.Errorf("%w: %04d-%02d-%02d (Gregorian)", ErrDate, d.Year, d.Month, d.Day)
	}
	if g.Year < FirstYear || g.Year > LastYear {
		return Date{}, ErrRange
	}
	return g, nil
}

// Start gives the first moment of a date in zone, which is not midnight where the clock skips it. Errors: ErrDate, ErrRange.
func (sys System) Start(d Date, zone *time.Location) (time.Time, error) {
	g, err := sys.gregorian(d)
	if err != nil {
		return time.Time{}, err
	}
	return startOfDay(g.Year, time.Month(g.Month), g.Day, zone), nil
}

// startOfDay finds the first moment whose clock in zone shows the Gregorian date. Iran turned its clocks at midnight until 2022:
// 00:00 of 22 March 2022 does not exist in Tehran and that day starts at 01:00. Where a clock is turned back over
// midnight, 00:00 comes twice and the first counts.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	wall := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	before, after := offsetAt(wall.Add(-36*time.Hour), zone), offsetAt(wall.Add(36*time.Hour), zone)
	early, late := wall.Add(-max(before, after)), wall.Add(-min(before, after))
	for _, t := range []time.Time{early, late} {
		if local := t.In(zone); local.Day() == d && local.Hour() == 0 && local.Minute() == 0 {
			return local
		}
	}
	// Midnight was skipped: the day starts at the turn of the clock, which both guesses enclose.
	turn, _ := late.In(zone).ZoneBounds()
	return turn
}

// offsetAt is how far the clock of zone is ahead of UTC at a moment.
func offsetAt(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// addDays moves a moment's civil day in zone by n and gives the start of the day that it meets.
func addDays(t time.Time, n int, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	moved := time.Date(y, m, d+n, 12, 0, 0, 0, time.UTC)
	return startOfDay(moved.Year(), moved.Month(), moved.Day(), zone)
}

// Append writes a date as YYYY-MM-DD with the given separator, in Latin digits.
func (d Date) Append(dst []byte, separator byte) []byte {
	dst = append(dst, byte('0'+d.Year/1000%10), byte('0'+d.Year/100%10), byte('0'+d.Year/10%10), byte('0'+d.Year%10), separator)
	dst = append(dst, byte('0'+d.Month/10), byte('0'+d.Month%10), separator)
	return append(dst, byte('0'+d.Day/10), byte('0'+d.Day%10))
}

// String writes a date as YYYY-MM-DD in Latin digits.
func (d Date) String() string {
	var buf [10]byte
	return string(d.Append(buf[:0], '-'))
}
