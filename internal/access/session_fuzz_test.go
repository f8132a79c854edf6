package access_test

import (
	"bytes"
	"testing"
	"time"

	"payportal/internal/access"
)

// FuzzSessionCodec: damaged session data is an error and never a panic, and what is read is written as it was.
func FuzzSessionCodec(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Add(bytes.Repeat([]byte{1}, 200))
	whole, err := access.SessionCodec{}.Encode(time.Unix(1_700_000_000, 0), map[string]any{"session": access.Session{UserID: 1, PublicID: "a"}, "flash": "done"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := access.DecodeSession(data); err != nil {
			return
		}
		deadline, values, err := access.SessionCodec{}.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		again, err := access.SessionCodec{}.Encode(deadline, values)
		if err != nil {
			t.Fatalf("%x is read and cannot be written: %v", data, err)
		}
		if _, _, err := (access.SessionCodec{}).Decode(again); err != nil {
			t.Errorf("%x is written as %x, which cannot be read: %v", data, again, err)
		}
	})
}
