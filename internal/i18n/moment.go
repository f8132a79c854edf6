package i18n

import (
	"strconv"
	"strings"
	"time"

	"payportal/internal/calendar"
)

// Date writes the day of t in the user's calendar and zone: "2025-03-20", "1403/12/30", «۱۴۰۳/۱۲/۳۰». A zero time is "–".
func (p *Printer) Date(t time.Time) string {
	var buf [64]byte
	return string(p.finish(p.appendDate(buf[:0], t), t))
}

// Time writes hours and minutes of t in the user's zone: "13:05".
func (p *Printer) Time(t time.Time) string {
	var buf [64]byte
	local := t.In(p.prefs.Zone)
	return string(p.finish(appendClock(buf[:0], local, false), t))
}

// DateTime writes the day and the time with seconds: "2025-03-20 13:05:09".
func (p *Printer) DateTime(t time.Time) string {
	var buf [64]byte
	return string(p.AppendDateTime(buf[:0], t))
}

// AppendDateTime appends what DateTime writes, for exports.
func (p *Printer) AppendDateTime(dst []byte, t time.Time) []byte {
	var buf [64]byte
	plain := append(p.appendDate(buf[:0], t), ' ')
	plain = appendClock(plain, t.In(p.prefs.Zone), true)
	return append(dst, p.finish(plain, t)...)
}

// LongDate writes the day with the month's name: "20 March 2025", «۳۰ اسفند ۱۴۰۳».
func (p *Printer) LongDate(t time.Time) string {
	var buf [64]byte
	return string(p.finish(p.appendLong(buf[:0], t, p.prefs.Calendar), t))
}

// OtherCalendar writes the day with the month's name in the calendar that the user did not choose, and the time with
// seconds, for title attributes.
func (p *Printer) OtherCalendar(t time.Time) string {
	var buf [64]byte
	plain := append(p.appendLong(buf[:0], t, p.prefs.Calendar.Other()), ' ')
	return string(p.finish(appendClock(plain, t.In(p.prefs.Zone), true), t))
}

// Month names a month of the user's calendar, 1 to 12.
func (p *Printer) Month(month int) string { return p.months[p.prefs.Calendar][month-1] }

// Preset names a period preset: "Last 7 days", in the user's digits.
func (p *Printer) Preset(preset calendar.Preset) string {
	return p.Digits(p.T("preset." + string(preset)))
}

// Zone labels the user's time zone with its distance from UTC now: "Tehran (UTC+03:30)".
func (p *Printer) Zone() string { return p.ZoneAt(time.Now()) }

// ZoneAt labels the user's time zone with its distance from UTC at a moment; it differs by season in Warsaw.
func (p *Printer) ZoneAt(t time.Time) string {
	name := p.prefs.Zone.String()
	label := p.T("zone." + name)
	if _, err := calendar.Zone(name); err != nil {
		label = name
	}
	if name == "UTC" {
		return label
	}
	return label + " (" + p.Digits("UTC"+t.In(p.prefs.Zone).Format("-07:00")) + ")"
}

// appendDate writes the numeric date in Latin digits. The Jalali calendar is written with slashes, as in Iran, and so is
// any date in Persian; else it is ISO 8601.
func (p *Printer) appendDate(dst []byte, t time.Time) []byte {
	separator := byte('-')
	if p.prefs.Calendar == calendar.Jalali || p.prefs.Lang == Persian {
		separator = '/'
	}
	return p.prefs.Calendar.DateOf(t, p.prefs.Zone).Append(dst, separator)
}

func (p *Printer) appendLong(dst []byte, t time.Time, sys calendar.System) []byte {
	d := sys.DateOf(t, p.prefs.Zone)
	dst = strconv.AppendInt(dst, int64(d.Day), 10)
	dst = append(dst, ' ')
	dst = append(dst, p.months[sys][max(d.Month, 1)-1]...)
	dst = append(dst, ' ')
	return strconv.AppendInt(dst, int64(d.Year), 10)
}

func appendClock(dst []byte, local time.Time, seconds bool) []byte {
	hour, minute, second := local.Clock()
	dst = append(dst, byte('0'+hour/10), byte('0'+hour%10), ':', byte('0'+minute/10), byte('0'+minute%10))
	if seconds {
		dst = append(dst, ':', byte('0'+second/10), byte('0'+second%10))
	}
	return dst
}

// finish turns written Latin digits to the user's, or all of it to "–" when t is no moment at all.
func (p *Printer) finish(plain []byte, t time.Time) []byte {
	switch {
	case t.IsZero():
		return []byte(none)
	case p.prefs.Digits == Latin:
		return plain
	default:
		return appendPersianDigits(make([]byte, 0, 64), plain)
	}
}

// ageMessages are the messages of Age, found once for a printer.
type ageMessages struct {
	now, ahead                    string
	seconds, minutes, hours, days *message
}

func newAgeMessages(c *catalogue) ageMessages {
	get := func(key string) *message {
		if m := c.templates[key]; m != nil {
			return m
		}
		m := &message{}
		m.forms[0] = []segment{{text: "⟦" + key + "⟧"}}
		return m
	}
	return ageMessages{
		now: c.plain["age.now"], ahead: c.plain["age.ahead"],
		seconds: get("age.seconds"), minutes: get("age.minutes"), hours: get("age.hours"), days: get("age.days"),
	}
}

// Age writes how long before now a moment was: "just now", "40 seconds ago", "3 minutes ago". A moment more than a minute
// ahead of now is said to be so: one of two clocks is wrong, and the reader should not take the copy for fresh.
func (p *Printer) Age(since, now time.Time) string {
	age := now.Sub(since)
	switch {
	case since.IsZero():
		return none
	case age < -time.Minute:
		return p.ages.ahead
	case age < 10*time.Second:
		return p.ages.now
	case age < time.Minute:
		return p.count(p.ages.seconds, int64(age/time.Second))
	case age < time.Hour:
		return p.count(p.ages.minutes, int64(age/time.Minute))
	case age < 24*time.Hour:
		return p.count(p.ages.hours, int64(age/time.Hour))
	default:
		return p.count(p.ages.days, int64(age/(24*time.Hour)))
	}
}

// count fills a message whose only placeholder is Count.
func (p *Printer) count(m *message, n int64) string {
	var b strings.Builder
	for _, s := range m.form(p.words.tag, n) {
		if s.arg == "" {
			b.WriteString(s.text)
		} else {
			b.WriteString(p.Int(n))
		}
	}
	return b.String()
}
