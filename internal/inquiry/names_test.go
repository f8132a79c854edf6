package inquiry_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"payportal/internal/inquiry"
)

func person(first, last string) inquiry.Owner { return inquiry.Owner{First: first, Last: last} }

func company(name string) inquiry.Owner { return inquiry.Owner{Last: name} }

func TestCompareName(t *testing.T) {
	const (
		none, match, near, differs = inquiry.None, inquiry.Match, inquiry.Near, inquiry.Differs
	)
	tests := []struct {
		typed string
		owner inquiry.Owner
		want  inquiry.Verdict
	}{
		// Spelling.
		{"علی رضایی", person("علی", "رضایی"), match},
		{"علي رضايي", person("علی", "رضایی"), match},
		{"على رضایى", person("علی", "رضایی"), match},
		{"علی رضائی", person("علی", "رضایی"), match},
		{"اكبر كريمي", person("اکبر", "کریمی"), match},
		{"آرش آذری", person("ارش", "اذری"), match},
		{"أحمد إبراهیمی", person("احمد", "ابراهیمی"), match},
		{"فاطمة موسوی", person("فاطمه", "موسوی"), match},
		{"فرشتۀ نیک", person("فرشته", "نیک"), match},
		{"مؤمن مؤذنی", person("مومن", "موذنی"), match},
		{"مُحَمَّد کاظمی", person("محمد", "کاظمی"), match},
		{"محمـــد کاظمی", person("محمد", "کاظمی"), match},
		{"\u202bعلی رضایی\u202c", person("علی", "رضایی"), match},
		{"ﻋﻠﯽ رضایی", person("علی", "رضایی"), match},
		{"  علی \t رضایی ", person("علی", "رضایی"), match},
		{"علی.رضایی", person("علی", "رضایی"), match},

		// Compounds.
		{"محمدرضا احمدی", person("محمد رضا", "احمدی"), match},
		{"محمد‌رضا احمدی", person("محمدرضا", "احمدی"), match},
		{"محمد رضا احمدی", person("محمدرضا", "احمدی"), match},
		{"مریم علی نژاد", person("مریم", "علی‌نژاد"), match},
		{"مریم علینژاد", person("مریم", "علی نژاد"), match},
		{"امیر حسین حاج رضایی", person("امیرحسین", "حاجرضایی"), match},
		{"عبد الرضا پور محمدی", person("عبدالرضا", "پورمحمدی"), match},

		// Titles.
		{"آقای علی رضایی", person("علی", "رضایی"), match},
		{"جناب آقای دکتر علی رضایی", person("علی", "رضایی"), match},
		{"سرکار خانم مهندس زهرا رضایی", person("زهرا", "رضایی"), match},
		{"مهندس زهرا رضایی", person("زهرا", "رضایی"), match},
		{"دکتر دکتر زاده", person("", "دکتر زاده"), match},
		{"علی دکتر زاده", person("علی", "زاده"), near},
		{"خانم شهرام رضایی", person("آقای شهرام", "رضایی"), near},
		{"دکتر", person("علی", "رضایی"), differs},

		// سید.
		{"محمد موسوی", person("سید محمد", "موسوی"), near},
		{"محمد موسوی", person("سیدمحمد", "موسوی"), near},
		{"سید محمد موسوی", person("محمد", "موسوی"), near},
		{"سیده زهرا موسوی", person("زهرا", "موسوی"), near},
		{"سیدمحمد موسوی", person("سید محمد", "موسوی"), match},
		{"سیّد محمد موسوی", person("سید محمد", "موسوی"), match},
		{"سید محمد موسوی", person("سیده محمد", "موسوی"), near},
		{"فاطمه موسوی", person("فاطمه سادات", "موسوی"), near},

		// Order.
		{"رضایی علی", person("علی", "رضایی"), near},
		{"رضایی، علی", person("علی", "رضایی"), near},
		{"احمدی محمدرضا", person("محمد رضا", "احمدی"), near},
		{"علی محمد", person("محمد", "علی"), near},
		{"نژاد علی مریم", person("مریم", "علی‌نژاد"), near},
		{"نژاد مریم علی", person("مریم", "علینژاد"), near},
		{"مریم علینژاد", person("نژاد مریم", "علی"), near},

		// A part left out.
		{"محمد احمدی", person("محمد علی", "احمدی"), near},
		{"محمد علی احمدی", person("محمد", "احمدی"), near},
		{"علی احمدی", person("محمد علی", "احمدی"), differs},
		{"محمد رضا", person("محمد رضا", "احمدی"), differs},
		{"احمدی", person("علی", "احمدی"), differs},
		{"علی", person("علی", "احمدی"), differs},
		{"علی رضایی", person("علی", "رضایی نژاد"), differs},
		{"امیر احمدی", person("امیر محمد علی", "احمدی"), differs},

		// A letter or two.
		{"علی رضایی", person("علی", "رضاییی"), near},
		{"ابولفضل کریمی", person("ابوالفضل", "کریمی"), near},
		{"حسن حسینی", person("حسین", "حسینی"), near},
		{"محمد احمدی", person("محمود", "احمدی"), near},
		{"محمدرضا احمدی", person("محمدرضا", "احمدپور"), differs},
		{"محمدرضا ابراهیمی", person("محمدرضا", "ابراهمیی"), near},
		{"محمدرضا ابراهیمی", person("محمدرظا", "ابراحیمی"), near},
		{"محمد رضا ابراهیمی", person("محمدرضا", "ابراحیمی"), near},
		{"محمدرضا ابراهیمی", person("محمدرظا", "ابراحیمب"), differs},
		{"علی", person("", "ولی"), differs},
		{"رضا کیا", person("رضا", "کیان"), near},

		// Other people.
		{"علی کریمی", person("علی", "رحیمی"), differs},
		{"علی کریمی", person("علی", "کیسمی"), differs},
		{"علی رضایی", person("علی", "رجبی"), differs},
		{"علی رضایی", person("رضا", "علیزاده"), differs},
		{"زهرا محمدی", person("زینب", "محمدی"), differs},
		{"مریم صادقی", person("مریم", "قاسمی"), differs},
		{"محمد محمدی", person("محمد", "احمدپناه"), differs},

		// Companies.
		{"الکام توسعه آماد", company("الکام توسعه آماد"), match},
		{"شرکت الکام توسعه آماد", company("الکام توسعه آماد"), match},
		{"شرکت الکام توسعه آماد (سهامی خاص)", company("الکام توسعه آماد"), match},
		{"الکام توسعه آماد (س.خ)", company("شرکت الکام توسعه آماد سهامی خاص"), match},
		{"شرکت سهامی عام پارس", company("پارس - سهامی‌عام"), match},
		{"پارس با مسئولیت محدود", company("شرکت پارس با مسؤولیت محدود"), match},
		{"مؤسسه نور", company("موسسه نور"), match},
		{"شرکت پارس (سهامی خاص)", company("شرکت پارس (سهامی عام)"), near},
		{"شرکت نور", company("موسسه نور"), near},
		{"الکام آماد", company("الکام توسعه آماد"), near},
		{"الکام توسعه", company("الکام توسعه آماد"), differs},
		{"شرکت پارس ۱", company("شرکت پارس ۲"), differs},
		{"پارس خودرو ۱۲", company("پارس خودرو 12"), match},
		{"شرکت", company("شرکت"), match},
		{"شرکت علی احمدی", person("علی", "احمدی"), near},
		{"علی احمدی سهامی خاص", person("علی", "احمدی"), near},

		// Latin letters.
		{"ALI REZAEI", person("Ali", "Rezaei"), match},
		{"Ali Rezayi", person("Ali", "Rezaei"), near},
		{"Аli Rezaei", person("Ali", "Rezaei"), near}, // a Cyrillic А
		{"Ali Rezaei", person("علی", "رضایی"), differs},

		// Nothing to compare.
		{"", person("علی", "رضایی"), none},
		{" \u200c.-", person("علی", "رضایی"), none},
		{"علی رضایی", company(""), none},
	}
	for _, tt := range tests {
		got := inquiry.CompareName(tt.typed, []inquiry.Owner{tt.owner})
		if got.Verdict != tt.want {
			t.Errorf("%q and %q: got %s, want %s", tt.typed, tt.owner.Name(), got.Verdict, tt.want)
		}
		if wantOwner := map[bool]int{true: -1, false: 0}[tt.want == none]; got.Owner != wantOwner {
			t.Errorf("%q and %q: owner %d, want %d", tt.typed, tt.owner.Name(), got.Owner, wantOwner)
		}
	}
}

func TestCompareNameFindsTheBestOwner(t *testing.T) {
	owners := []inquiry.Owner{person("", ""), person("مریم", "کریمی"), person("سید علی", "رضایی"), person("علی", "رضایی"), person("علی", "رضایی")}
	for _, tt := range []struct {
		typed   string
		owner   int
		verdict inquiry.Verdict
	}{
		{"علی رضایی", 3, inquiry.Match},
		{"سیده علی رضایی", 2, inquiry.Near},
		{"مریم رحیمی", 1, inquiry.Differs},
	} {
		if got := inquiry.CompareName(tt.typed, owners); got.Owner != tt.owner || got.Verdict != tt.verdict {
			t.Errorf("%q: owner %d, %s, want %d, %s", tt.typed, got.Owner, got.Verdict, tt.owner, tt.verdict)
		}
	}
	if got := inquiry.CompareName("علی", nil); got.Verdict != inquiry.None || got.Owner != -1 {
		t.Errorf("without owners: %s, owner %d, want none, -1", got.Verdict, got.Owner)
	}
}

// marked writes parts as a text with brackets about what differs.
func marked(parts []inquiry.NamePart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Same {
			b.WriteString(p.Text)
		} else {
			b.WriteString("[" + p.Text + "]")
		}
	}
	return b.String()
}

func TestCompareNameMarksWhatDiffers(t *testing.T) {
	tests := []struct {
		typed        string
		owner        inquiry.Owner
		first, other string
		reordered    bool
	}{
		{"علي  رضائی", person("علی", "رضایی"), "علي  رضائی", "علی رضایی", false},
		{"محمد‌رضا احمدی", person("محمد رضا", "احمدى"), "محمد‌رضا احمدی", "محمد رضا احمدى", false},
		{"حسن حسینی", person("حسین", "حسینی"), "حسن حسینی", "حس[ی]ن حسینی", false},
		{"محمد علی احمدی", person("محمد", "احمدی"), "محمد [علی] احمدی", "محمد احمدی", false},
		{"محمد موسوی", person("سیدمحمد", "موسوی"), "[محمد] موسوی", "[سیدمحمد] موسوی", false},
		{"علی کریمی", person("علی", "رحیمی"), "علی [کریمی]", "علی [رحیمی]", false},
		{"مریم صادقی", person("علی", "قاسمی نژاد"), "[مریم صادقی]", "[علی قاسمی نژاد]", false},
		{"زهرا ابراهیمی", person("زهرا", "ابراهمیی"), "زهرا ابراه[یم]ی", "زهرا ابراه[می]ی", false},
		{"محمد رضا ابراهیمی", person("محمدرضا", "ابراحیمی"), "محمد رضا ابرا[ه]یمی", "محمدرضا ابرا[ح]یمی", false},
		{"رضایی علی", person("علی", "رضایی"), "رضایی علی", "علی رضایی", true},
		{"پارس (سهامی خاص)", company("شرکت پارس سهامی عام"), "پارس ([سهامی خاص])", "شرکت پارس [سهامی عام]", false},
		{"شرکت علی احمدی", person("علی", "احمدی"), "[شرکت] علی احمدی", "علی احمدی", false},
		{"Ali\xffRezaei", person("ali", "Rezayi"), "Ali\xffReza[e]i", "ali Reza[y]i", false},
	}
	for _, tt := range tests {
		got := inquiry.CompareName(tt.typed, []inquiry.Owner{tt.owner})
		if first, other := marked(got.Typed), marked(got.Found); first != tt.first || other != tt.other {
			t.Errorf("%q and %q: got %q and %q, want %q and %q", tt.typed, tt.owner.Name(), first, other, tt.first, tt.other)
		}
		if got.Reordered != tt.reordered {
			t.Errorf("%q and %q: reordered %v, want %v", tt.typed, tt.owner.Name(), got.Reordered, tt.reordered)
		}
	}
}

// drawName draws a name as banks write them, with its parts.
func drawName(t *rapid.T, label string) inquiry.Owner {
	firsts := []string{"علی", "محمد", "محمد رضا", "محمدرضا", "سید محمد", "سیدعلی", "زهرا", "فاطمه سادات", "حسن", "حسین", "امیرحسین", "رضا", "آرش"}
	lasts := []string{"رضایی", "رضائی", "احمدی", "محمدی", "حاج رضایی", "علی نژاد", "علی‌نژاد", "موسوی", "کريمي", "رحیمی", "رضا", "محمد", "پور"}
	return person(rapid.SampledFrom(firsts).Draw(t, label+" first"), rapid.SampledFrom(lasts).Draw(t, label+" last"))
}

func TestEveryNameMatchesItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owner := drawName(t, "owner")
		if rapid.Bool().Draw(t, "any text") {
			owner = company(rapid.String().Draw(t, "text"))
		}
		got := inquiry.CompareName(owner.Name(), []inquiry.Owner{owner}).Verdict
		if hasNone := inquiry.CompareName(owner.Name(), []inquiry.Owner{person("علی", "رضایی")}).Verdict == inquiry.None; got != inquiry.Match && !hasNone {
			t.Errorf("%q and itself: got %s, want match", owner.Name(), got)
		}
	})
}

func TestOrderNeverMakesAMatchDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owner := drawName(t, "owner")
		typed := rapid.Permutation(strings.Fields(owner.Name())).Draw(t, "typed")
		got := inquiry.CompareName(strings.Join(typed, " "), []inquiry.Owner{owner}).Verdict
		if got != inquiry.Match && got != inquiry.Near {
			t.Errorf("%q and %q: got %s, want match or near", strings.Join(typed, " "), owner.Name(), got)
		}
	})
}

func TestComparisonIsSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawName(t, "a"), drawName(t, "b")
		if rapid.Bool().Draw(t, "typo") {
			letters := []rune(a.Last)
			at := rapid.IntRange(0, len(letters)-1).Draw(t, "at")
			b = person(a.First, string(letters[:at])+rapid.SampledFrom([]string{"", "ن", "یی", "س "}).Draw(t, "instead")+string(letters[at+1:]))
		}
		ab := inquiry.CompareName(a.Name(), []inquiry.Owner{b})
		ba := inquiry.CompareName(b.Name(), []inquiry.Owner{a})
		if ab.Verdict != ba.Verdict {
			t.Errorf("%q and %q: got %s, and %s the other way round", a.Name(), b.Name(), ab.Verdict, ba.Verdict)
		}
	})
}

func TestNothingPrintsANameMatch(t *testing.T) {
	got := inquiry.CompareName("canary name", []inquiry.Owner{person("canary", "nome")})
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "m", got)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "m", got)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, got)
		fmt.Fprintf(&out, verb, []any{&got})
	}
	if strings.Contains(out.String(), "canary") || strings.Contains(out.String(), fmt.Sprintf("%x", "canary")) {
		t.Errorf("the output holds a name: %s", out.String())
	}
}

func FuzzCompareName(f *testing.F) {
	for _, seed := range [][3]string{
		{"محمد‌رضا احمدی", "محمد رضا", "احمدي"},
		{"شرکت پارس (س.خ)", "", "پارس سهامی عام"},
		{"ﻋﻠﯽ \xff\u202e", "سیّده", "ﷲ"},
		{strings.Repeat("س خ ", 59), "شرکت", strings.Repeat("خ س ", 59)},
		{strings.Repeat("ا ", 119), "", strings.Repeat("ا ", 120)},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, typed, first, last string) {
		owner := person(first, last)
		began := time.Now()
		got := inquiry.CompareName(typed, []inquiry.Owner{owner})
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("took %s", took)
		}
		if got.Verdict == inquiry.None {
			return
		}
		for _, side := range []struct {
			text  string
			parts []inquiry.NamePart
		}{{typed, got.Typed}, {owner.Name(), got.Found}} {
			var all strings.Builder
			for _, p := range side.parts {
				all.WriteString(p.Text)
			}
			if all.String() != side.text {
				t.Fatalf("the parts of %q are %q put together", side.text, all.String())
			}
		}
		flat := inquiry.CompareName(typed, []inquiry.Owner{company(owner.Name())}).Verdict
		if back := inquiry.CompareName(owner.Name(), []inquiry.Owner{company(typed)}).Verdict; back != flat {
			t.Fatalf("%q and %q: got %s, and %s the other way round", typed, owner.Name(), flat, back)
		}
	})
}
