package calendar_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"payportal/internal/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := calendar.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// nowruz says for each year from 1925 to 2124 on which day after 20 March the Jalali year begins, as ICU 78, which the
// browsers have, answers for Intl.DateTimeFormat with the calendar "persian".
const nowruz = "1221112111211121112111211121112111211111111111111111111111111111111111101110111011101110111011101110" +
	"1110011001100110011001100110011001100010001000100010001000100010001000000001111111111111111111111110"

func TestEveryDayAgreesWithTheBrowsers(t *testing.T) {
	if len(nowruz) != calendar.LastYear-calendar.FirstYear+1 {
		t.Fatalf("the table has %d years", len(nowruz))
	}
	for i := range len(nowruz) - 1 {
		gregorianYear := calendar.FirstYear + i
		day := time.Date(gregorianYear, time.March, 20+int(nowruz[i]-'0'), 12, 0, 0, 0, time.UTC)
		next := time.Date(gregorianYear+1, time.March, 20+int(nowruz[i+1]-'0'), 12, 0, 0, 0, time.UTC)
		want := calendar.Date{Year: gregorianYear - 621, Month: 1, Day: 1}
		for day.Before(next) {
			if got := calendar.FromTime(day, time.UTC); got != want {
				t.Fatalf("%s is %v, want %v", day.Format(time.DateOnly), got, want)
			}
			start, err := calendar.Jalali.Start(want, time.UTC)
			if err != nil || !start.Equal(day.Add(-12*time.Hour)) {
				t.Fatalf("%v starts at %v, %v, want %s", want, start, err, day.Format(time.DateOnly))
			}
			day = day.AddDate(0, 0, 1)
			want.Day++
			if want.Day > 31 || (want.Month > 6 && want.Day > 30) {
				want.Month, want.Day = want.Month+1, 1
			}
		}
		if want != (calendar.Date{Year: gregorianYear - 621, Month: 12, Day: 30}) && want != (calendar.Date{Year: gregorianYear - 621, Month: 13, Day: 1}) {
			t.Errorf("the year %d ended before %v", gregorianYear-621, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	tests := []struct {
		name, typed string
		sys         calendar.System
		zone        string
		want        string // UTC
		err         error
	}{
		{"leap day", "1403/12/30", calendar.Jalali, "Asia/Tehran", "2025-03-19T20:30:00Z", nil},
		{"no leap day", "1404/12/30", calendar.Jalali, "Asia/Tehran", "", calendar.ErrDate},
		{"Persian digits", "۱۴۰۳/۱۲/۳۰", calendar.Jalali, "Asia/Tehran", "2025-03-19T20:30:00Z", nil},
		{"Arabic digits, hyphens", "١٤٠٣-١٢-٣٠", calendar.Jalali, "Asia/Tehran", "2025-03-19T20:30:00Z", nil},
		{"points, one digit", " 1404.1.1 ", calendar.Jalali, "UTC", "2025-03-21T00:00:00Z", nil},
		{"Gregorian in Warsaw, summer", "2025-07-01", calendar.Gregorian, "Europe/Warsaw", "2025-06-30T22:00:00Z", nil},
		{"Gregorian in Lima", "2025-07-01", calendar.Gregorian, "America/Lima", "2025-07-01T05:00:00Z", nil},
		{"Gregorian leap day", "2024-02-29", calendar.Gregorian, "UTC", "2024-02-29T00:00:00Z", nil},
		{"no Gregorian leap day", "2025-02-29", calendar.Gregorian, "UTC", "", calendar.ErrDate},
		{"31 of a month of 30", "1403/07/31", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"month 13", "2025-13-01", calendar.Gregorian, "UTC", "", calendar.ErrDate},
		{"Jalali month 13", "1403/13/01", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"month 0", "2025-00-10", calendar.Gregorian, "UTC", "", calendar.ErrDate},
		{"Jalali month 0", "1403/00/10", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"day 0", "1403/01/00", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"Jalali year as Gregorian", "1403/01/01", calendar.Gregorian, "UTC", "", calendar.ErrRange},
		{"Gregorian year as Jalali", "2025-03-20", calendar.Jalali, "UTC", "", calendar.ErrRange},
		{"first day", "1925-01-01", calendar.Gregorian, "UTC", "1925-01-01T00:00:00Z", nil},
		{"before the first", "1924-12-31", calendar.Gregorian, "UTC", "", calendar.ErrRange},
		{"last day", "2124-12-31", calendar.Gregorian, "UTC", "2124-12-31T00:00:00Z", nil},
		{"after the last", "2125-01-01", calendar.Gregorian, "UTC", "", calendar.ErrRange},
		{"day first", "30/12/1403", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"mixed separators", "1403/12-30", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"no separators", "14031230", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"two parts", "1403/12", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"four parts", "1403/12/30/1", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"three-digit day", "1403/12/030", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"time behind", "2025-03-20T10:00", calendar.Gregorian, "UTC", "", calendar.ErrDate},
		{"sign", "-2025-03-20", calendar.Gregorian, "UTC", "", calendar.ErrDate},
		{"direction mark", "\u200f1403/12/30", calendar.Jalali, "UTC", "", calendar.ErrDate},
		{"empty", "", calendar.Jalali, "UTC", "", calendar.ErrDate},

		{"Tehran's clock skipped this midnight", "1401/01/01", calendar.Jalali, "Asia/Tehran", "2022-03-20T20:30:00Z", nil},
		{"and this one", "1401/01/02", calendar.Jalali, "Asia/Tehran", "2022-03-21T20:30:00Z", nil},
		{"summer in Tehran", "1401/01/03", calendar.Jalali, "Asia/Tehran", "2022-03-22T19:30:00Z", nil},
		{"Tehran's clock was turned back over this midnight", "1401/06/31", calendar.Jalali, "Asia/Tehran", "2022-09-21T20:30:00Z", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := calendar.ParseDate(tt.typed, tt.sys, zone(t, tt.zone))
			if !errors.Is(err, tt.err) {
				t.Fatalf("ParseDate(%q) error = %v, want %v", tt.typed, err, tt.err)
			}
			if err == nil && got.UTC().Format(time.RFC3339) != tt.want {
				t.Errorf("ParseDate(%q) = %s, want %s", tt.typed, got.UTC().Format(time.RFC3339), tt.want)
			}
		})
	}
}

// TestDaysTileTime holds that days neither overlap nor leave a gap, in zones that turn their clocks at any hour, over midnight
// in both directions, and that skip a whole day (Apia, 30 December 2011).
func TestDaysTileTime(t *testing.T) {
	for _, name := range []string{
		"Asia/Tehran", "Europe/Warsaw", "America/Lima", "UTC", "America/Havana", "America/Sao_Paulo", "Asia/Beirut",
		"Pacific/Apia", "Atlantic/Azores", "Africa/Cairo",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			z, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			day := calendar.Day(time.Date(2005, 1, 1, 12, 0, 0, 0, z), z)
			for day.Start.Year() < 2030 {
				if !day.Contains(day.Start) || day.Contains(day.End) {
					t.Fatalf("%v does not hold its start, or holds its end", day)
				}
				first, last, next := day.Start.In(z), day.End.Add(-time.Nanosecond).In(z), calendar.Day(day.End, z)
				if first.YearDay() != last.YearDay() {
					t.Fatalf("%v to %v is not one day", first, last)
				}
				if before := first.Add(-time.Nanosecond); before.YearDay() == first.YearDay() {
					t.Fatalf("%v already belongs to the day that starts at %v", before, first)
				}
				if name != "Pacific/Apia" && !next.Start.Equal(day.End) {
					t.Fatalf("after %v comes %v", day, next)
				}
				day = next
			}
		})
	}
}

func TestPresets(t *testing.T) {
	const day = "2006-01-02T15:04Z"
	tests := []struct {
		preset     calendar.Preset
		sys        calendar.System
		zone       string
		start, end string // UTC
	}{
		// Now is Thursday 20 March 2025, 20:40 UTC: in Tehran already Friday, 1 Farvardin 1404.
		{calendar.Today, calendar.Jalali, "Asia/Tehran", "2025-03-20T20:30Z", "2025-03-21T20:30Z"},
		{calendar.Today, calendar.Gregorian, "Europe/Warsaw", "2025-03-19T23:00Z", "2025-03-20T23:00Z"},
		{calendar.Today, calendar.Gregorian, "America/Lima", "2025-03-20T05:00Z", "2025-03-21T05:00Z"},
		{calendar.Yesterday, calendar.Jalali, "Asia/Tehran", "2025-03-19T20:30Z", "2025-03-20T20:30Z"},
		{calendar.Last7, calendar.Gregorian, "UTC", "2025-03-14T00:00Z", "2025-03-21T00:00Z"},
		{calendar.Last30, calendar.Gregorian, "UTC", "2025-02-19T00:00Z", "2025-03-21T00:00Z"},
		{calendar.Last90, calendar.Gregorian, "UTC", "2024-12-21T00:00Z", "2025-03-21T00:00Z"},
		{calendar.ThisWeek, calendar.Jalali, "Asia/Tehran", "2025-03-14T20:30Z", "2025-03-21T20:30Z"},
		{calendar.ThisWeek, calendar.Gregorian, "UTC", "2025-03-17T00:00Z", "2025-03-24T00:00Z"},
		{calendar.ThisMonth, calendar.Jalali, "Asia/Tehran", "2025-03-20T20:30Z", "2025-04-20T20:30Z"},
		{calendar.LastMonth, calendar.Jalali, "Asia/Tehran", "2025-02-18T20:30Z", "2025-03-20T20:30Z"},
		{calendar.LastMonth, calendar.Jalali, "UTC", "2025-01-20T00:00Z", "2025-02-19T00:00Z"},
		{calendar.ThisMonth, calendar.Gregorian, "Europe/Warsaw", "2025-02-28T23:00Z", "2025-03-31T22:00Z"},
		{calendar.LastMonth, calendar.Gregorian, "UTC", "2025-02-01T00:00Z", "2025-03-01T00:00Z"},
	}
	now := time.Date(2025, 3, 20, 20, 40, 0, 0, time.UTC)
	for _, tt := range tests {
		t.Run(string(tt.preset)+" "+tt.zone, func(t *testing.T) {
			got, ok := tt.preset.Period(now, tt.sys, zone(t, tt.zone))
			if !ok {
				t.Fatal("the preset is unknown")
			}
			if start, end := got.Start.UTC().Format(day), got.End.UTC().Format(day); start != tt.start || end != tt.end {
				t.Errorf("got %s to %s, want %s to %s", start, end, tt.start, tt.end)
			}
		})
	}
	if _, ok := calendar.Preset("forever").Period(now, calendar.Jalali, time.UTC); ok {
		t.Error(`the preset "forever" is known`)
	}
}

func TestEveryPresetEndsAfterItStarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(-1_388_534_400, 4_859_900_000).Draw(t, "seconds"), 0) // 1926 to 2123
		z, err := calendar.Zone(rapid.SampledFrom(calendar.ZoneNames()).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		sys := calendar.System(rapid.Uint8Range(0, 1).Draw(t, "system"))
		for _, preset := range calendar.Presets() {
			period, ok := preset.Period(now, sys, z)
			running := preset != calendar.Yesterday && preset != calendar.LastMonth
			if !ok || !period.Start.Before(period.End) || period.Contains(now) != running {
				t.Fatalf("%s at %v is %v", preset, now.In(z), period)
			}
		}
	})
}

func TestParseReadsWhatStringWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := time.Unix(rapid.Int64Range(-1_388_534_400, 4_859_900_000).Draw(t, "seconds"), 0)
		z, err := calendar.Zone(rapid.SampledFrom(calendar.ZoneNames()).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		sys := calendar.System(rapid.Uint8Range(0, 1).Draw(t, "system"))
		want := sys.DateOf(moment, z)
		start, err := calendar.ParseDate(want.String(), sys, z)
		if err != nil {
			t.Fatalf("ParseDate(%v): %v", want, err)
		}
		if got := sys.DateOf(start, z); got != want {
			t.Fatalf("%v starts at %v, which is %v", want, start, got)
		}
		if !calendar.Day(moment, z).Start.Equal(start) {
			t.Fatalf("the day of %v starts at %v, and %v at %v", moment, calendar.Day(moment, z).Start, want, start)
		}
	})
}

func TestZone(t *testing.T) {
	for _, name := range calendar.ZoneNames() {
		if first, second := zone(t, name), zone(t, name); first != second || first.String() != name {
			t.Errorf("Zone(%q) = %v, then %v, want one location of that name", name, first, second)
		}
	}
	for _, name := range []string{"", "Local", "Europe/London", "../etc/passwd"} {
		if _, err := calendar.Zone(name); !errors.Is(err, calendar.ErrZone) {
			t.Errorf("Zone(%q) error = %v, want %v", name, err, calendar.ErrZone)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("1403/12/30", uint8(1))
	f.Add("2025-02-29", uint8(0))
	f.Fuzz(func(t *testing.T, typed string, system uint8) {
		sys := calendar.System(system % 2)
		start, err := calendar.ParseDate(typed, sys, time.UTC)
		if err != nil {
			return
		}
		if year := start.Year(); year < calendar.FirstYear || year > calendar.LastYear {
			t.Fatalf("ParseDate(%q) = %v, outside the valid years", typed, start)
		}
		if again, err := calendar.ParseDate(sys.DateOf(start, time.UTC).String(), sys, time.UTC); err != nil || !again.Equal(start) {
			t.Fatalf("%q is %v, which reads as %v, %v", typed, start, again, err)
		}
	})
}

func BenchmarkJalaliDateOf(b *testing.B) {
	z := zone(b, "Asia/Tehran")
	t := time.Date(2025, 3, 20, 20, 40, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		calendar.Jalali.DateOf(t, z)
	}
}
