package access

import (
	"context"
	"fmt"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// SignIn is the way in: a password, then a second factor where there is one.
type SignIn struct {
	store    Store
	sessions *Sessions
	prover   *prover
	devices  devices
	now      func() time.Time
}

// PasswordAttempt is what the sign-in form sends.
type PasswordAttempt struct {
	Username string
	Password seal.Secret
	// Device is the value of the device cookie; empty where there is none.
	Device string
	Client Client
}

// Result is how far the sign-in has come.
type Result struct {
	State State
	// Device is a new value for the device cookie, to be kept for DeviceValid; empty to leave it.
	Device string
}

// Password checks the user name and password, and starts a session in the cookie of ctx when they are right. Whatever is
// wrong with them (no such user, a wrong password, a disabled user, a given password past its time) gives one answer,
// errs.Invalid without fields, after one hash comparison. errs.RateLimited when there were too many guesses, or too many
// at once.
func (s *SignIn) Password(ctx context.Context, a PasswordAttempt) (Result, error) {
	record, err := s.find(ctx, a.Username)
	if err != nil {
		return Result{}, err
	}
	now, e := s.now(), signInEntry(record, a.Client)
	guess, ok, err := s.verify(ctx, record, a, e, now)
	if err != nil {
		return Result{}, err
	}
	expired := !record.PasswordUntil.IsZero() && !now.Before(record.PasswordUntil)
	if !ok || record.Disabled || expired {
		return Result{}, s.prover.refuse(ctx, e, errs.New(errs.Invalid, "sign in", msgRefused, nil))
	}
	session := s.sessions.newSession(record.User, a.Client, false)
	e.SessionID, e.After = session.PublicID, map[string]any{"state": session.State.String()}
	if err := s.store.AcceptPassword(ctx, now, record.ID, guess, e); err != nil {
		return Result{}, err
	}
	if err := s.sessions.start(ctx, session); err != nil {
		return Result{}, err
	}
	return s.result(session, now), nil
}

// verify counts the guess and compares the password. It has one of the turns to hash no longer than that.
func (s *SignIn) verify(ctx context.Context, r UserRecord, a PasswordAttempt, e audit.Entry, now time.Time) (Reservation, bool, error) {
	leave, err := s.prover.hash.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer leave()
	guess, err := s.store.Reserve(ctx, now, s.buckets(r, a, now), refused(e))
	if err != nil {
		return nil, false, err
	}
	ok, err := s.prover.hash.matches(a.Password, r.PasswordHash)
	return guess, ok, err
}

// find reads the user of a typed name; no user, without an error, when there is none.
func (s *SignIn) find(ctx context.Context, typed string) (UserRecord, error) {
	username, err := NormalUsername(typed)
	if err != nil {
		return UserRecord{User: User{Username: typed}}, nil
	}
	record, err := s.store.UserRecordByName(ctx, username)
	if errs.Is(err, errs.NotFound) {
		return UserRecord{User: User{Username: username}}, nil
	}
	return record, err
}

// buckets are where this guess counts. A browser in which the user has signed in before has one of its own.
func (s *SignIn) buckets(r UserRecord, a PasswordAttempt, now time.Time) []Bucket {
	if r.ID != 0 {
		if nonce, ok := s.devices.nonce(a.Device, r.ID, now); ok {
			return []Bucket{s.prover.bucket(s.prover.limits.Device, "device", nonce)}
		}
	}
	return []Bucket{
		s.prover.bucket(s.prover.limits.Account, "account", r.Username),
		s.prover.bucket(s.prover.limits.Address, "address", network(a.Client.Address)),
	}
}

// SecondFactor checks a TOTP or recovery code of a session in the state TOTPNeeded and takes the session on. Errors:
// errs.Invalid with the field code, errs.RateLimited, errs.Conflict in another state.
func (s *SignIn) SecondFactor(ctx context.Context, id Identity, c Client, code string) (Result, error) {
	if id.Session.State != TOTPNeeded {
		return Result{}, errs.New(errs.Conflict, "check second factor", "access.state.wrong", nil)
	}
	record, err := s.store.UserRecord(ctx, id.UserID)
	if err != nil {
		return Result{}, err
	}
	e := audit.Entry{Actor: id.Actor(c), Act: "session.second_factor", Object: userObject(id.UserID), Outcome: audit.OK}
	if err := s.prover.code(ctx, record, code, true, e); err != nil {
		return Result{}, err
	}
	session := id.Session
	session.SecondFactorGiven = true
	session.State = nextState(record.User, s.sessions.policy.SecondFactor, true)
	session.StepUpAt = s.now()
	if err := s.sessions.renew(ctx, &session); err != nil {
		return Result{}, err
	}
	return s.result(session, s.now()), nil
}

// result gives a device cookie once every proof that the account asks for was given.
func (s *SignIn) result(session Session, now time.Time) Result {
	r := Result{State: session.State}
	if session.State != TOTPNeeded {
		r.Device = s.devices.issue(session.UserID, now)
	}
	return r
}

// signInEntry does not hold a name that is nobody's: people type passwords there.
func signInEntry(r UserRecord, c Client) audit.Entry {
	e := audit.Entry{
		Actor: audit.Actor{UserID: r.ID, Name: r.Username, Address: c.Address, RequestID: c.RequestID},
		Act:   "session.sign_in", Object: userObject(r.ID), Outcome: audit.OK,
	}
	if r.ID == 0 {
		e.Name, e.Object = "unknown user", "user:unknown"
	}
	return e
}

// userObject names a user in the audit trail.
func userObject(id int64) string { return fmt.Sprintf("user:%d", id) }
