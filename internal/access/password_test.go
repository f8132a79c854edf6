package access

import (
	"strings"
	"testing"

	"payportal/internal/errs"
	"payportal/internal/seal"
)

func TestCheckNewPassword(t *testing.T) {
	tests := []struct{ name, password, want string }{
		{"passphrase", "violet teapot on the moon", ""},
		{"Persian passphrase", "کتری بنفش روی کره ماه", ""},
		{"random", "xK9#vm2$Lq8!", ""},
		{"given", givenPassword().Reveal(), ""},
		{"emoji", "🐎🔋📎 correct stable", ""},
		{"common words among others", "the password of seven elephants", ""},
		{"repeated words", strings.Repeat("blue whale ", 5), "common"},
		{"128 characters", passphrase(128), ""},
		{"129 characters", passphrase(129), "long"},
		{"eleven characters", "xK9#vm2$Lq8", "short"},
		{"eleven characters in two forms", "xK9#vm2$Lqﬀ", ""}, // NFKC makes two of the last one
		{"empty", "", "short"},
		{"common", "passwordpassword", "common"},
		{"common with a year", "Password2026!!", "common"},
		{"keyboard", "1q2w3e4r5t6y", "common"},
		{"two common words", "adminpassword1", "common"},
		{"the portal's name", "payportal12345", "common"},
		{"digits in order", "123456789012", "common"},
		{"repeated digits", "121212121212", "common"},
		{"one letter", "aaaaaaaaaaaaaaa", "common"},
		{"alphabet", "abcdefghijklm", "common"},
		{"date of birth twice", "13700102 1370", "common"},
		{"Persian common", "رمزعبور۱۲۳۴۵", "common"},
		{"user name", "ahmadi-and-the-moon", "username"},
		{"user name in capitals", "my name is AHMADI", "username"},
		{"not UTF-8", "violet teapot \xff moon", "unreadable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := checkNewPassword("password", seal.NewSecret(tt.password), "ahmadi")
			got := ""
			if fields := errs.FieldsOf(err); len(fields) == 1 && fields[0].Name == "password" {
				got = strings.TrimPrefix(fields[0].Msg, "access.password.")
			} else if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// passphrase gives n characters that no rule objects to.
func passphrase(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(randomText(8) + " ")
	}
	return b.String()[:n]
}

func TestAShortUserNameMayStandInAPassword(t *testing.T) {
	if err := checkNewPassword("password", seal.NewSecret("violet teapot on the moon"), "mo"); err != nil {
		t.Errorf("checkNewPassword = %v, want nil", err)
	}
}

func TestPasswordsAreTheSameFromEveryKeyboard(t *testing.T) {
	h := newHasher(HashCost{MemoryKiB: 8, Iterations: 1, Parallelism: 1})
	hash, err := h.hash(t.Context(), seal.NewSecret("e\u0301te\u0301 a\u0300 la plage"))
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.matches(seal.NewSecret("été à la plage"), hash); err != nil || !ok {
		t.Errorf("matches = %v, %v; want true", ok, err)
	}
	if ok, err := h.matches(seal.NewSecret("ete a la plage"), hash); err != nil || ok {
		t.Errorf("matches without accents = %v, %v; want false", ok, err)
	}
	if ok, err := h.matches(seal.NewSecret("x"), ""); err != nil || ok {
		t.Errorf("matches without a hash = %v, %v; want false", ok, err)
	}
}

func TestNormalUsername(t *testing.T) {
	for in, want := range map[string]string{
		" Sara ": "sara", "ＳＡＲＡ": "sara", "S.Ahmadi-2": "s.ahmadi-2", "a@b.example": "a@b.example", "علي۱": "علی1", "كريم": "کریم",
	} {
		if got, err := NormalUsername(in); err != nil || got != want {
			t.Errorf("NormalUsername(%q) = %q, %v; want %q", in, got, err, want)
		}
		if again, err := NormalUsername(want); err != nil || again != want {
			t.Errorf("NormalUsername(%q) = %q, %v; want it unchanged", want, again, err)
		}
	}
	for _, in := range []string{"", "a", "a b", "a\u200b" + "b", "a\nb", "a\u202eb", "ab\xff", strings.Repeat("x", 65), "♥♥"} {
		if got, err := NormalUsername(in); err == nil {
			t.Errorf("NormalUsername(%q) = %q, want an error", in, got)
		}
	}
}
