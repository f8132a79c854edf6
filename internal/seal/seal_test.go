package seal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"payportal/internal/seal"
)

func ring(t *testing.T, keys ...string) *seal.Keyring {
	t.Helper()
	r, err := seal.ParseKeys(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealedValueOpensOnlyInItsPlace(t *testing.T) {
	r := ring(t, seal.GenerateKey())
	sealed := r.Seal("users", "totp", "12", []byte("seed"))
	if got, err := r.Open("users", "totp", "12", sealed); err != nil || string(got) != "seed" {
		t.Errorf("Open = %q, %v; want seed", got, err)
	}
	for _, place := range [][3]string{
		{"users", "totp", "13"}, {"users", "totp1", "2"}, {"user", "stotp", "12"}, {"connections", "totp", "12"}, {"users", "pending", "12"},
	} {
		if _, err := r.Open(place[0], place[1], place[2], sealed); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("Open as %v = %v, want ErrOpen", place, err)
		}
	}
}

func TestEveryChangedByteIsRefused(t *testing.T) {
	r := ring(t, seal.GenerateKey())
	rapid.Check(t, func(t *rapid.T) {
		sealed := r.Seal("t", "c", "1", rapid.SliceOf(rapid.Byte()).Draw(t, "plain"))
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		sealed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, err := r.Open("t", "c", "1", sealed); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("Open after a change at %d = %v, want ErrOpen", at, err)
		}
		if _, err := r.Open("t", "c", "1", sealed[:at]); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("Open of %d bytes = %v, want ErrOpen", at, err)
		}
	})
}

func TestSealIsRandom(t *testing.T) {
	r := ring(t, seal.GenerateKey())
	if a, b := r.Seal("t", "c", "1", []byte("x")), r.Seal("t", "c", "1", []byte("x")); bytes.Equal(a, b) {
		t.Errorf("two seals of one value are equal: %x", a)
	}
}

func TestRotation(t *testing.T) {
	old, next := seal.GenerateKey(), seal.GenerateKey()
	sealed := ring(t, old).Seal("t", "c", "1", []byte("x"))
	both := ring(t, next, old)
	if both.IsCurrent(sealed) {
		t.Error("IsCurrent of a value under the previous key = true, want false")
	}
	plain, err := both.Open("t", "c", "1", sealed)
	if err != nil {
		t.Fatal(err)
	}
	anew := both.Seal("t", "c", "1", plain)
	if !both.IsCurrent(anew) {
		t.Error("IsCurrent of a value sealed anew = false, want true")
	}
	if _, err := ring(t, next).Open("t", "c", "1", anew); err != nil {
		t.Errorf("Open without the previous key = %v, want nil", err)
	}
	if _, err := ring(t, next).Open("t", "c", "1", sealed); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("Open of the old value without the previous key = %v, want ErrOpen", err)
	}
}

func TestDeriveTellsPurposesAndKeysApart(t *testing.T) {
	key := seal.GenerateKey()
	a := ring(t, key).Derive("a")
	if len(a) != 32 || !bytes.Equal(a, ring(t, key).Derive("a")) {
		t.Errorf("Derive is not a stable key of 32 bytes: %d", len(a))
	}
	if bytes.Equal(a, ring(t, key).Derive("b")) || bytes.Equal(a, ring(t, seal.GenerateKey()).Derive("a")) {
		t.Error("Derive gives one key for two purposes or two rings")
	}
}

func TestParseKeysRefusesWithoutQuoting(t *testing.T) {
	key := seal.GenerateKey()
	for _, text := range []string{"", " ,\n", "short", key[:40], key + "," + key, strings.Repeat("A", 200), key + "\nnot base64!"} {
		_, err := seal.ParseKeys(text)
		if err == nil {
			t.Errorf("ParseKeys(%q) = nil, want an error", text)
			continue
		}
		if strings.Contains(err.Error(), key[:12]) {
			t.Errorf("ParseKeys(%q) quotes the key: %v", text, err)
		}
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	const canary = "canary-5f1c"
	type holder struct {
		Public seal.Secret
		hidden seal.Secret
	}
	h := holder{Public: seal.NewSecret(canary), hidden: seal.NewSecret(canary)}
	key := seal.GenerateKey()
	r := ring(t, key)
	document, err := json.Marshal(map[string]any{"h": h, "s": h.Public, "r": r})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "h", h, "s", h.Public, "r", r, "held", struct{ R *seal.Keyring }{r})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "h", h, "s", h.Public, "r", r)
	out := string(document) + log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out += fmt.Sprintf(verb, h) + fmt.Sprintf(verb, &h) + fmt.Sprintf(verb, h.Public) + fmt.Sprintf(verb, []any{h.hidden}) + fmt.Sprintf(verb, r)
	}
	for _, leak := range []string{canary, "canary", fmt.Sprintf("%x", canary), key, key[:10]} {
		if strings.Contains(out, leak) {
			t.Errorf("output holds %q: %s", leak, out)
		}
	}
	if got := h.Public.Reveal(); got != canary {
		t.Errorf("Reveal = %q, want %q", got, canary)
	}
}

func TestSecretFromDocument(t *testing.T) {
	var in struct{ Password seal.Secret }
	if err := json.Unmarshal([]byte(`{"Password":"pässword"}`), &in); err != nil {
		t.Fatal(err)
	}
	if got := in.Password.Reveal(); got != "pässword" {
		t.Errorf("Reveal = %q, want pässword", got)
	}
	if !in.Password.Equal(seal.NewSecret("pässword")) || in.Password.Equal(seal.Secret{}) || !(seal.Secret{}).IsZero() {
		t.Error("Equal or IsZero is wrong")
	}
}
