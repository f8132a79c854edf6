// Package seal keeps secrets unreadable at rest: a ring of AES-256-GCM keys seals single values, each bound to the place
// where it is stored, and derives keys for other purposes. It stores nothing itself and reads no file or environment. It
// is a leaf: every package may import it and it imports nothing of ours.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// ErrOpen means that a sealed value cannot be opened: it was changed, it was sealed for another place, or its key is not
// in the ring. Which of them is not told apart, save for the key in the message.
var ErrOpen = errors.New("seal: cannot open the value")

// keySize is the size in bytes of a key: AES-256.
const keySize = 32

// version is the first byte of a sealed value: version ‖ key id ‖ nonce ‖ ciphertext and tag.
const version = 1

const idSize = 4

// Keyring holds the current key and the previous ones that still open what they sealed. It is safe for concurrent use
// and prints as a placeholder.
type Keyring struct {
	keys []key // the first is the current one
}

type key struct {
	id   [idSize]byte
	raw  []byte
	aead cipher.AEAD
}

// GenerateKey makes a new random key in the form that ParseKeys reads.
func GenerateKey() string {
	raw := make([]byte, keySize)
	rand.Read(raw) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(raw)
}

// ParseKeys reads keys of 32 bytes in base64, apart by white space or commas. The first is the current key, the others
// are previous ones, kept until everything has been sealed anew.
func ParseKeys(text string) (*Keyring, error) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
	if len(fields) == 0 {
		return nil, errors.New("seal: no key given")
	}
	ring := &Keyring{}
	for i, field := range fields {
		k, err := newKey(field)
		if err != nil {
			return nil, fmt.Errorf("seal: key %d: %w", i+1, err)
		}
		if ring.find(k.id[:]) != nil {
			return nil, fmt.Errorf("seal: key %d is given twice", i+1)
		}
		ring.keys = append(ring.keys, k)
	}
	return ring, nil
}

// newKey reads one key. Its errors do not quote the text.
func newKey(text string) (key, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return key{}, errors.New("not base64")
	}
	if len(raw) != keySize {
		return key{}, fmt.Errorf("%d bytes long, want %d", len(raw), keySize)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return key{}, err
	}
	k := key{raw: raw, aead: aead}
	copy(k.id[:], derive(raw, "key id", idSize))
	return k, nil
}

// Seal encrypts plain for one place: the value opens only as the same column of the same row.
func (r *Keyring) Seal(table, column, row string, plain []byte) []byte {
	k := r.keys[0]
	sealed := append([]byte{version}, k.id[:]...)
	return k.aead.Seal(sealed, nil, plain, place(table, column, row)) // #nosec G407 -- the AEAD draws its own random nonce
}

// Open decrypts what Seal made for the same place, under any key of the ring. Error: ErrOpen.
func (r *Keyring) Open(table, column, row string, sealed []byte) ([]byte, error) {
	if len(sealed) < 1+idSize || sealed[0] != version {
		return nil, fmt.Errorf("%w of %s.%s: not a sealed value", ErrOpen, table, column)
	}
	id, body := sealed[1:1+idSize], sealed[1+idSize:]
	k := r.find(id)
	if k == nil {
		return nil, fmt.Errorf("%w of %s.%s: no key with id %x", ErrOpen, table, column, id)
	}
	plain, err := k.aead.Open(nil, nil, body, place(table, column, row))
	if err != nil {
		return nil, fmt.Errorf("%w of %s.%s", ErrOpen, table, column)
	}
	return plain, nil
}

// IsCurrent reports whether the value was sealed with the current key, so that a rotation may leave it.
func (r *Keyring) IsCurrent(sealed []byte) bool {
	return len(sealed) > idSize && sealed[0] == version && bytes.Equal(sealed[1:1+idSize], r.keys[0].id[:])
}

// Derive makes a key of 32 bytes for a purpose from the current key. A rotation changes it: use it for what may be lost,
// such as cookies and rate limits.
func (r *Keyring) Derive(purpose string) []byte {
	return derive(r.keys[0].raw, "derive "+purpose, keySize)
}

func (r *Keyring) find(id []byte) *key {
	for i := range r.keys {
		if bytes.Equal(r.keys[i].id[:], id) {
			return &r.keys[i]
		}
	}
	return nil
}

func derive(raw []byte, info string, size int) []byte {
	out, err := hkdf.Key(sha256.New, raw, nil, "payportal "+info, size)
	if err != nil {
		panic(err) // only for a size beyond 255 hashes
	}
	return out
}

// place is the associated data of a value. The lengths in front keep ("ab","c") and ("a","bc") apart.
func place(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return b
}

// String gives a placeholder.
func (r *Keyring) String() string { return redacted }

// GoString gives a placeholder.
func (r *Keyring) GoString() string { return redacted }

// Format prints a placeholder for every verb.
func (r *Keyring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue gives a placeholder.
func (r *Keyring) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives a placeholder.
func (r *Keyring) MarshalText() ([]byte, error) { return []byte(redacted), nil }
