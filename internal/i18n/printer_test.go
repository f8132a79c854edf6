package i18n

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"payportal/internal/calendar"
	"payportal/internal/money"
)

func load(t testing.TB) *Bundle {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := calendar.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// clerks are the two users whom most tests write for: Warsaw in English, Tehran in Persian.
func clerks(t testing.TB) (warsaw, tehran *Printer) {
	b := load(t)
	return b.Printer(Prefs{Lang: English, Zone: zone(t, "Europe/Warsaw")}),
		b.Printer(Prefs{
			Lang: Persian, Calendar: calendar.Jalali, Digits: PersianDigits, Zone: zone(t, "Asia/Tehran"), Unit: money.Toman,
		})
}

// moment is 20 March 2025 in Warsaw and Lima and already 1 Farvardin 1404 in Tehran.
var moment = time.Date(2025, 3, 20, 20, 40, 9, 0, time.UTC)

func TestWhatTwoClerksRead(t *testing.T) {
	warsaw, tehran := clerks(t)
	tests := []struct {
		name   string
		write  func(p *Printer) string
		en, fa string
	}{
		{"language", (*Printer).Lang, "en", "fa"},
		{"direction", (*Printer).Dir, "ltr", "rtl"},
		{"date", func(p *Printer) string { return p.Date(moment) }, "2025-03-20", "۱۴۰۴/۰۱/۰۱"},
		{"time", func(p *Printer) string { return p.Time(moment) }, "21:40", "۰۰:۱۰"},
		{"date and time", func(p *Printer) string { return p.DateTime(moment) }, "2025-03-20 21:40:09", "۱۴۰۴/۰۱/۰۱ ۰۰:۱۰:۰۹"},
		{"long date", func(p *Printer) string { return p.LongDate(moment) }, "20 March 2025", "۱ فروردین ۱۴۰۴"},
		{"other calendar", func(p *Printer) string { return p.OtherCalendar(moment) }, "30 Esfand 1403 21:40:09", "۲۱ مارس ۲۰۲۵ ۰۰:۱۰:۰۹"},
		{"month", func(p *Printer) string { return p.Month(12) }, "December", "اسفند"},
		{"zone in winter", func(p *Printer) string { return p.ZoneAt(moment) }, "Warsaw (UTC+01:00)", "تهران (UTC+۰۳:۳۰)"},
		{
			"zone in summer", func(p *Printer) string { return p.ZoneAt(moment.AddDate(0, 4, 0)) },
			"Warsaw (UTC+02:00)", "تهران (UTC+۰۳:۳۰)",
		},
		{"preset", func(p *Printer) string { return p.Preset(calendar.Last7) }, "Last 7 days", "۷ روز گذشته"},
		{"no date", func(p *Printer) string { return p.Date(time.Time{}) }, "–", "–"},
		{"no date and time", func(p *Printer) string { return p.DateTime(time.Time{}) }, "–", "–"},
		{"no other calendar", func(p *Printer) string { return p.OtherCalendar(time.Time{}) }, "–", "–"},
		{"number", func(p *Printer) string { return p.Int(-1234567) }, "-1,234,567", "-۱٬۲۳۴٬۵۶۷"},
		{"least number", func(p *Printer) string { return p.Int(math.MinInt64) }, "-9,223,372,036,854,775,808", "-۹٬۲۲۳٬۳۷۲٬۰۳۶٬۸۵۴٬۷۷۵٬۸۰۸"},
		{"digits", func(p *Printer) string { return p.Digits("a1.2,3") }, "a1.2,3", "a۱.۲,۳"},
		{"rate", func(p *Printer) string { return p.Percent(995, 1000) }, "99.5%", "۹۹٫۵٪"},
		{"rate rounds half up", func(p *Printer) string { return p.Percent(1, 2000) }, "0.1%", "۰٫۱٪"},
		{"rate of large numbers", func(p *Printer) string { return p.Percent(math.MaxInt64, math.MaxInt64) }, "100.0%", "۱۰۰٫۰٪"},
		{"rate of nothing", func(p *Printer) string { return p.Percent(0, 0) }, "–", "–"},
		{"rate of a negative", func(p *Printer) string { return p.Percent(-1, 5) }, "–", "–"},
		{"rate beyond all numbers", func(p *Printer) string { return p.Percent(math.MaxInt64, 1) }, "–", "–"},
		{"IRR", func(p *Printer) string { return p.Money(money.Of(15005, money.IRR)) }, "15,005", "۱٬۵۰۰٫۵"},
		{"PLN", func(p *Printer) string { return p.Money(money.Of(150050, money.PLN)) }, "1,500.50", "۱٬۵۰۰٫۵۰"},
		{"unit of IRR", func(p *Printer) string { return p.UnitName(money.IRR) }, "rial", "تومان"},
		{"unit of PLN", func(p *Printer) string { return p.UnitName(money.PLN) }, "PLN", "زلوتی"},
		{
			"words", func(p *Printer) string { return p.Words(money.Of(150000, money.IRR)) },
			"one hundred fifty thousand rials", "پانزده هزار تومان",
		},
		{"message", func(p *Printer) string { return p.T("nav.payments") }, "Payments", "تراکنش‌ها"},
		{"missing message", func(p *Printer) string { return p.T("no.such") }, "⟦no.such⟧", "⟦no.such⟧"},
		{"missing message with arguments", func(p *Printer) string { return p.Tf("no.such", nil) }, "⟦no.such⟧", "⟦no.such⟧"},
		{"message that needs arguments", func(p *Printer) string { return p.T("validate.too_long") }, "⟦validate.too_long⟧", "⟦validate.too_long⟧"},
		{
			"arguments", func(p *Printer) string { return p.Tf("validate.range", map[string]any{"Min": 1, "Max": int64(1000)}) },
			"Enter a number from 1 to 1,000.", "عددی از ۱ تا ۱٬۰۰۰ وارد کنید.",
		},
		{
			"text argument stays as it is", func(p *Printer) string { return p.Tf("errs.forbidden_permission", map[string]any{"Permission": "a.1"}) },
			"This needs the permission a.1. Ask an administrator for it.", "این کار به دسترسی a.1 نیاز دارد. آن را از مدیر سامانه بخواهید.",
		},
		{
			"missing argument", func(p *Printer) string { return p.Tf("validate.too_long", nil) },
			"Use at most ⟦Max⟧ characters.", "حداکثر ⟦Max⟧ نویسه وارد کنید.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.write(warsaw); got != tt.en {
				t.Errorf("Warsaw reads %q, want %q", got, tt.en)
			}
			if got := tt.write(tehran); got != tt.fa {
				t.Errorf("Tehran reads %q, want %q", got, tt.fa)
			}
		})
	}
}

func TestAge(t *testing.T) {
	warsaw, tehran := clerks(t)
	tests := []struct {
		age    time.Duration
		en, fa string
	}{
		{-2 * time.Minute, "in the future, check the clocks", "در آینده؛ ساعت‌ها را بررسی کنید"},
		{-time.Minute, "just now", "همین حالا"},
		{0, "just now", "همین حالا"},
		{9 * time.Second, "just now", "همین حالا"},
		{10 * time.Second, "10 seconds ago", "۱۰ ثانیه پیش"},
		{59 * time.Second, "59 seconds ago", "۵۹ ثانیه پیش"},
		{time.Minute, "1 minute ago", "۱ دقیقه پیش"},
		{59*time.Minute + 59*time.Second, "59 minutes ago", "۵۹ دقیقه پیش"},
		{time.Hour, "1 hour ago", "۱ ساعت پیش"},
		{23 * time.Hour, "23 hours ago", "۲۳ ساعت پیش"},
		{24 * time.Hour, "1 day ago", "۱ روز پیش"},
		{90 * 24 * time.Hour, "90 days ago", "۹۰ روز پیش"},
		{2000 * 24 * time.Hour, "2,000 days ago", "۲٬۰۰۰ روز پیش"},
	}
	for _, tt := range tests {
		since := moment.Add(-tt.age)
		if got := warsaw.Age(since, moment); got != tt.en {
			t.Errorf("%v: got %q, want %q", tt.age, got, tt.en)
		}
		if got := tehran.Age(since, moment); got != tt.fa {
			t.Errorf("%v: got %q, want %q", tt.age, got, tt.fa)
		}
	}
	if got := warsaw.Age(time.Time{}, moment); got != "–" {
		t.Errorf("age of no moment: got %q, want –", got)
	}
}

// TestAPaymentsDayFollowsTheZone is expectation 34: 20:40 UTC is the next day in Tehran and the same in Warsaw and Lima.
func TestAPaymentsDayFollowsTheZone(t *testing.T) {
	b := load(t)
	for name, want := range map[string]string{
		"Asia/Tehran": "2025-03-21", "Europe/Warsaw": "2025-03-20", "America/Lima": "2025-03-20", "UTC": "2025-03-20",
	} {
		if got := b.Printer(Prefs{Zone: zone(t, name)}).Date(moment); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestTomanIsATenthOfRial is expectation 18.
func TestTomanIsATenthOfRial(t *testing.T) {
	b := load(t)
	rial, toman := b.Printer(Prefs{Unit: money.Rial}), b.Printer(Prefs{Unit: money.Toman})
	for _, minor := range []int64{0, 5, 10, 15, 1000, 123456789} {
		a := money.Of(minor, money.IRR)
		read, err := money.ParseAmount(toman.Money(a), money.IRR, money.Toman)
		if err != nil || read != a {
			t.Errorf("%s rial shows as %s toman, which is %v, %v", rial.Money(a), toman.Money(a), read, err)
		}
	}
}

func TestPrintersAreMadeOncePerPrefs(t *testing.T) {
	b := load(t)
	tehran := zone(t, "Asia/Tehran")
	again, err := time.LoadLocation("Asia/Tehran") // another pointer to the same zone, as a careless caller would pass
	if err != nil {
		t.Fatal(err)
	}
	if b.Printer(Prefs{Zone: tehran}) != b.Printer(Prefs{Zone: again}) {
		t.Error("two printers for one zone")
	}
	if b.Printer(Prefs{Zone: tehran}) == b.Printer(Prefs{Zone: tehran, Digits: PersianDigits}) {
		t.Error("one printer for two digit sets")
	}
	if got := b.Printer(Prefs{Lang: "xx"}).Prefs(); got.Lang != English || got.Zone.String() != "UTC" {
		t.Errorf("unknown language and no zone give %+v, want English and UTC", got)
	}
	lab := time.FixedZone("Lab", 5*3600+45*60)
	if got, want := b.Printer(Prefs{Zone: lab}).ZoneAt(moment), "Lab (UTC+05:45)"; got != want {
		t.Errorf("a zone that is not offered: got %q, want %q", got, want)
	}
	if got, want := b.Printer(Prefs{}).Zone(), "UTC"; got != want {
		t.Errorf("Zone() = %q, want %q", got, want)
	}
}

func TestPrintersAreSafeForConcurrentUse(t *testing.T) {
	b := load(t)
	tehran := zone(t, "Asia/Tehran")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 200 {
				p := b.Printer(Prefs{Lang: Langs()[i%2], Digits: Digits(i / 2 % 2), Zone: tehran})
				if got := p.Tf("pager.count", map[string]any{"Count": i}); strings.Contains(got, "⟦") {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	all.Wait()
}

func TestPluralForms(t *testing.T) {
	warsaw, _ := clerks(t)
	for count, want := range map[any]string{
		0: "0 rows", 1: "1 row", int64(2): "2 rows", int32(21): "21 rows", 10_000_001: "10,000,001 rows", -1: "-1 row",
	} {
		if got := warsaw.Tf("pager.count", map[string]any{"Count": count}); got != want {
			t.Errorf("Count %v: got %q, want %q", count, got, want)
		}
	}
}

// TestFormattingAllocatesLittle holds what a list page of 50 rows relies on: looking a message up costs nothing, and what is
// formatted costs its own string and no more.
func TestFormattingAllocatesLittle(t *testing.T) {
	_, tehran := clerks(t)
	amount := money.Of(1234567890, money.IRR)
	var out [128]byte
	for _, tt := range []struct {
		name string
		do   func()
		want float64
	}{
		{"T", func() { _ = tehran.T("nav.payments") }, 0},
		{"DateTime", func() { _ = tehran.DateTime(moment) }, 1},
		{"Date", func() { _ = tehran.Date(moment) }, 1},
		{"OtherCalendar", func() { _ = tehran.OtherCalendar(moment) }, 1},
		{"Money", func() { _ = tehran.Money(amount) }, 1},
		{"Int", func() { _ = tehran.Int(123456) }, 1},
		{"AppendDateTime", func() { tehran.AppendDateTime(out[:0], moment) }, 0},
		{"AppendMoney", func() { tehran.AppendMoney(out[:0], amount) }, 0},
	} {
		if got := testing.AllocsPerRun(100, tt.do); got > tt.want {
			t.Errorf("%s allocates %v times, want at most %v", tt.name, got, tt.want)
		}
	}
}

func BenchmarkPrinter(b *testing.B) {
	_, p := clerks(b)
	amount := money.Of(1234567890, money.IRR)
	now := moment.Add(3 * time.Minute)
	args := map[string]any{"Min": 1, "Max": 100}
	for _, bench := range []struct {
		name string
		do   func()
	}{
		{"T", func() { _ = p.T("nav.payments") }},
		{"Tf", func() { _ = p.Tf("validate.range", args) }},
		{"DateTime", func() { _ = p.DateTime(moment) }},
		{"OtherCalendar", func() { _ = p.OtherCalendar(moment) }},
		{"Money", func() { _ = p.Money(amount) }},
		{"Age", func() { _ = p.Age(moment, now) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench.do()
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
