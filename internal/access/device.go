package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// DeviceValid is how long a browser in which a user signed in stays a known device.
const DeviceValid = 90 * 24 * time.Hour

// devices makes and reads the value of the device cookie: it says that this browser has signed in as this user before,
// and gives its guesses a bucket of their own, so that an attack on the account does not lock its owner out (OWASP,
// "device cookies"). It is no proof of anything else.
type devices struct{ key []byte }

const (
	deviceNonce = 16
	devicePlain = 8 + 8 + deviceNonce // user id, end in seconds, nonce
)

func (d devices) issue(userID int64, now time.Time) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, devicePlain+sha256.Size), uint64(userID))
	b = binary.BigEndian.AppendUint64(b, uint64(now.Add(DeviceValid).Unix()))
	b = b[:devicePlain]
	rand.Read(b[devicePlain-deviceNonce:]) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(append(b, d.mac(b)...))
}

// nonce gives the device's name when the cookie is ours, of this user, and still valid.
func (d devices) nonce(cookie string, userID int64, now time.Time) (string, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil || len(b) != devicePlain+sha256.Size || !hmac.Equal(b[devicePlain:], d.mac(b[:devicePlain])) {
		return "", false
	}
	owner, end := int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	if owner != userID || now.Unix() >= end {
		return "", false
	}
	return string(b[devicePlain-deviceNonce : devicePlain]), true
}

func (d devices) mac(b []byte) []byte {
	h := hmac.New(sha256.New, d.key)
	h.Write(b)
	return h.Sum(nil)
}
