package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"payportal/internal/seal"
	"payportal/internal/textin"
)

// TOTP as every authenticator has it: RFC 6238 with SHA-1, steps of 30 seconds and six digits, by the server's clock.
const (
	totpStep   = 30 * time.Second
	totpDigits = otp.DigitsSix
	// totpSkew is how many steps a phone's clock may be off. RFC 6238 §5.2 advises one, for the time that typing takes; a
	// step is used once all the same.
	totpSkew = 1
	seedSize = 20
)

// recoveryCodes is how many codes a user gets for the day when the authenticator is lost.
const recoveryCodes = 10

const recoveryCodeLength = 16

// Enrolment is an authenticator being enrolled.
type Enrolment struct {
	// Secret is the seed in base32, for typing.
	Secret seal.Secret
	// URI is the otpauth URI, for the QR code.
	URI seal.Secret
}

func newSeed() seal.Secret {
	seed := make([]byte, seedSize)
	rand.Read(seed) // never fails: it ends the program instead
	return seal.NewSecret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed))
}

func enrolment(seed seal.Secret, issuer, username string) Enrolment {
	query := url.Values{
		"secret": {seed.Reveal()}, "issuer": {issuer}, "algorithm": {"SHA1"},
		"digits": {strconv.Itoa(int(totpDigits))}, "period": {strconv.Itoa(int(totpStep / time.Second))},
	}
	// Authenticators read %20 and not + as a space.
	uri := "otpauth://totp/" + url.PathEscape(issuer+":"+username) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	return Enrolment{Secret: seed, URI: seal.NewSecret(uri)}
}

// matchStep finds the time step whose code this is, within the skew. It compares with every step whichever matches.
func matchStep(seed seal.Secret, code string, now time.Time) (int64, bool) {
	if seed.IsZero() {
		return 0, false
	}
	current, found := now.Unix()/int64(totpStep/time.Second), int64(-1)
	for step := current - totpSkew; step <= current+totpSkew; step++ {
		want, err := hotp.GenerateCodeCustom(seed.Reveal(), uint64(step), hotp.ValidateOpts{Digits: totpDigits, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = step
		}
	}
	return found, found >= 0
}

// normalCode is a typed code: Latin digits and lower case, without spaces and hyphens.
func normalCode(code string) string {
	return strings.ToLower(textin.Compact(code))
}

func isRecoveryCode(code string) bool { return len(code) == recoveryCodeLength }

// newRecoveryCodes makes the codes to show once and the hashes to keep.
func newRecoveryCodes() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		code := randomText(recoveryCodeLength)
		codes = append(codes, groups(code))
		hashes = append(hashes, hashRecoveryCode(code))
	}
	return codes, hashes
}

// hashRecoveryCode needs no salt and no cost: a code is 80 random bits.
func hashRecoveryCode(code string) []byte {
	sum := sha256.Sum256([]byte("recovery code " + code))
	return sum[:]
}
