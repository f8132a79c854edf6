package access

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// Limit is how many wrong guesses a window admits.
type Limit struct {
	Guesses int
	Window  time.Duration
}

// Limits are the guesses allowed. Right ones do not count.
type Limits struct {
	// Account is at the password of one user name, known or not, from unknown devices together.
	Account Limit
	// Device is at the password of one user from one browser in which that user has signed in before.
	Device Limit
	// Address is at any password from one IPv4 address or IPv6 /64. An office shares one.
	Address Limit
	// Code and CodeDay are at the second factor of one user.
	Code, CodeDay Limit
}

// DefaultLimits are the limits of a portal that serves.
var DefaultLimits = Limits{
	Account: Limit{10, 30 * time.Minute},
	Device:  Limit{10, 30 * time.Minute},
	Address: Limit{100, 30 * time.Minute},
	Code:    Limit{5, 5 * time.Minute},
	CodeDay: Limit{30, 24 * time.Hour},
}

// prover checks passwords and codes: every guess is counted before it is looked at.
type prover struct {
	store     Store
	hash      *hasher
	limits    Limits
	bucketKey []byte
	now       func() time.Time
}

// bucket names what is guessed at by a keyed hash.
func (p *prover) bucket(limit Limit, kind, of string) Bucket {
	h := hmac.New(sha256.New, p.bucketKey)
	h.Write([]byte(kind + "\x00" + of))
	return Bucket{Key: h.Sum(nil)[:16], Limit: limit.Guesses, Window: limit.Window}
}

func (p *prover) userBucket(limit Limit, kind string, userID int64) Bucket {
	return p.bucket(limit, kind, string(binary.BigEndian.AppendUint64(nil, uint64(userID))))
}

// network is the part of an address that one customer of a provider holds.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		prefix, _ := a.Prefix(64) // 64 is a valid length for every IPv6 address
		return prefix.String()
	}
	return a.String()
}

// password checks the password of a signed-in user, for a step-up or a change of it. The caller takes the guess back.
func (p *prover) password(ctx context.Context, r UserRecord, password seal.Secret, e audit.Entry) (Reservation, error) {
	leave, err := p.hash.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	guess, err := p.store.Reserve(ctx, p.now(), []Bucket{p.userBucket(p.limits.Device, "proof", r.ID)}, refused(e))
	if err != nil {
		return nil, err
	}
	ok, err := p.hash.matches(password, r.PasswordHash)
	if err == nil && !ok {
		err = p.refuse(ctx, e, errs.InvalidField(e.Act, "proof", msgWrongProof))
	}
	return guess, err
}

// code checks a TOTP code, or, where recovery is allowed, a recovery code, and uses it up.
func (p *prover) code(ctx context.Context, r UserRecord, code string, recovery bool, e audit.Entry) error {
	guess, err := p.reserveCode(ctx, r.ID, e)
	if err != nil {
		return err
	}
	code, accepted := normalCode(code), false
	if recovery && isRecoveryCode(code) {
		e.After = map[string]any{"recovery_code": true}
		accepted, err = p.store.AcceptRecoveryCode(ctx, r.ID, hashRecoveryCode(code), guess, e)
	} else if step, ok := matchStep(r.TOTP, code, p.now()); ok {
		accepted, err = p.store.AcceptStep(ctx, r.ID, step, guess, e)
	}
	if err != nil || accepted {
		return err
	}
	return p.refuse(ctx, e, errs.InvalidField(e.Act, "code", msgWrongCode))
}

func (p *prover) reserveCode(ctx context.Context, userID int64, e audit.Entry) (Reservation, error) {
	return p.store.Reserve(ctx, p.now(), []Bucket{
		p.userBucket(p.limits.Code, "code", userID), p.userBucket(p.limits.CodeDay, "code day", userID),
	}, refused(e))
}

// refuse writes that the proof was wrong and gives the answer for the user.
func (p *prover) refuse(ctx context.Context, e audit.Entry, answer error) error {
	if err := p.store.RecordAudit(ctx, refused(e)); err != nil {
		return err
	}
	return answer
}

func refused(e audit.Entry) audit.Entry {
	e.Outcome, e.Before, e.After = audit.Refused, nil, nil
	return e
}
