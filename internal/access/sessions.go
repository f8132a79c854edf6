package access

import (
	"context"
	"strings"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// Sessions is who is signed in, and the end of it.
type Sessions struct {
	store     SessionStore
	cookie    CookieSession
	directory *directory
	policy    Policy
	prover    *prover
	now       func() time.Time
}

// Current gives who makes the request whose session is in ctx, with the rights that the store has now. active says that
// a person did something: it puts the idle limit off, which a background poll does not. errs.Unauthenticated when nobody
// is signed in, or the user was disabled.
//
// When the user's rights have changed since the session got its token, the session gets a new one.
func (s *Sessions) Current(ctx context.Context, active bool) (Identity, error) {
	session, ok := s.cookie.Get(ctx, sessionKey).(Session)
	if !ok {
		return Identity{}, noSession("")
	}
	person, err := s.directory.person(ctx, session.UserID)
	if errs.Is(err, errs.NotFound) || err == nil && person.Disabled {
		return Identity{}, noSession("")
	}
	if err != nil {
		return Identity{}, err
	}
	if active {
		s.store.Touch(session.PublicID)
	}
	if person.RightsEpoch != session.RightsEpoch {
		err = s.followRights(ctx, &session, person.User, active)
	}
	return Identity{Person: person, Session: session}, err
}

// followRights takes the session to where the changed rights ask for, and gives it a new token: not on a background poll,
// whose answer may come after the one of another request.
func (s *Sessions) followRights(ctx context.Context, session *Session, u User, active bool) error {
	if session.State == Full {
		session.State = nextState(u, s.policy.SecondFactor, session.SecondFactorGiven)
	}
	if !active {
		return nil
	}
	session.RightsEpoch = u.RightsEpoch
	return s.renew(ctx, session)
}

func noSession(msg string) error { return errs.New(errs.Unauthenticated, "read session", msg, nil) }

// newSession is the session of a user whose password was right.
func (s *Sessions) newSession(u User, c Client, secondFactorGiven bool) Session {
	now := s.now()
	session := Session{
		PublicID: randomText(16), UserID: u.ID, State: nextState(u, s.policy.SecondFactor, secondFactorGiven),
		SecondFactorGiven: secondFactorGiven, RightsEpoch: u.RightsEpoch, CreatedAt: now, ExpiresAt: now.Add(s.policy.Absolute),
		Address: c.Address.Unmap().WithZone(""), UserAgent: shortAgent(c.UserAgent),
	}
	if session.State != TOTPNeeded {
		session.StepUpAt = now
	}
	return session
}

// start puts a new session into the cookie. Whatever session the browser had before is no longer its own.
func (s *Sessions) start(ctx context.Context, session Session) error { return s.renew(ctx, &session) }

// renew gives the session a new token, as every change of what it may do asks for. The absolute end stays.
func (s *Sessions) renew(ctx context.Context, session *Session) error {
	if err := s.cookie.RenewToken(ctx); err != nil {
		return err
	}
	session.Generation++
	s.cookie.Put(ctx, sessionKey, *session)
	s.cookie.SetDeadline(ctx, session.ExpiresAt) // RenewToken moved it
	return nil
}

// Remaining is how long the session lasts if nobody does anything from now on.
func (s *Sessions) Remaining(id Identity) time.Duration {
	end := s.store.IdleUntil(id.Session.PublicID)
	if id.Session.ExpiresAt.Before(end) {
		end = id.Session.ExpiresAt
	}
	return max(end.Sub(s.now()), 0)
}

// SignOut ends the session at once, here and for a copy of its cookie.
func (s *Sessions) SignOut(ctx context.Context, id Identity, c Client) error {
	err := s.store.EndSession(ctx, id.UserID, id.Session.PublicID, sessionEntry(id, c, "session.sign_out", id.Session.PublicID))
	if err != nil && !errs.Is(err, errs.NotFound) { // ended meanwhile: signed out all the same
		return err
	}
	return s.cookie.Destroy(ctx)
}

// List gives the user's own sessions, the last used first.
func (s *Sessions) List(ctx context.Context, id Identity) ([]SessionInfo, error) {
	list, err := s.store.SessionsOf(ctx, id.UserID)
	for i := range list {
		list[i].Current = list[i].PublicID == id.Session.PublicID
	}
	return list, err
}

// Revoke ends one of the user's own sessions at once. errs.NotFound when it is not there or not theirs.
func (s *Sessions) Revoke(ctx context.Context, id Identity, c Client, publicID string) error {
	return s.store.EndSession(ctx, id.UserID, publicID, sessionEntry(id, c, "session.revoke", publicID))
}

// RevokeOthers ends all of the user's sessions but this one.
func (s *Sessions) RevokeOthers(ctx context.Context, id Identity, c Client) error {
	e := sessionEntry(id, c, "session.revoke_others", id.Session.PublicID)
	e.Object = userObject(id.UserID)
	return s.store.EndOtherSessions(ctx, id.UserID, id.Session.PublicID, e)
}

// StepUp checks a fresh proof of identity: a TOTP code, or the password of a user without one. It holds for StepUpValid.
// Errors: errs.Invalid with the field code or proof, errs.RateLimited.
func (s *Sessions) StepUp(ctx context.Context, id Identity, c Client, proof seal.Secret) error {
	if id.Session.State != Full {
		return noSession("")
	}
	record, err := s.prover.store.UserRecord(ctx, id.UserID)
	if err != nil {
		return err
	}
	e := sessionEntry(id, c, "session.step_up", id.Session.PublicID)
	if record.SecondFactor {
		err = s.prover.code(ctx, record, proof.Reveal(), false, e)
	} else {
		err = s.passwordStepUp(ctx, record, proof, e)
	}
	if err != nil {
		return err
	}
	session := id.Session
	session.StepUpAt = s.now()
	return s.renew(ctx, &session)
}

func (s *Sessions) passwordStepUp(ctx context.Context, r UserRecord, password seal.Secret, e audit.Entry) error {
	guess, err := s.prover.password(ctx, r, password, e)
	if err != nil {
		return err
	}
	return s.prover.store.AcceptPassword(ctx, time.Time{}, r.ID, guess, e)
}

// RequireStepUp is errs.Forbidden with a message of its own (IsStepUpNeeded) when the last proof is too old.
func (s *Sessions) RequireStepUp(id Identity) error {
	if id.SteppedUp(s.now()) {
		return nil
	}
	return errs.New(errs.Forbidden, "require step-up", msgStepUpNeeded, nil)
}

// IsStepUpNeeded reports whether err asks the user for a fresh proof, so that the page can offer the form for it.
func IsStepUpNeeded(err error) bool {
	e, ok := asError(err)
	return ok && e.Msg == msgStepUpNeeded
}

func sessionEntry(id Identity, c Client, act, publicID string) audit.Entry {
	return audit.Entry{Actor: id.Actor(c), Act: act, Object: "session:" + publicID, Outcome: audit.OK}
}

// shortAgent keeps the readable front part of a browser's name for itself.
func shortAgent(agent string) string {
	printable := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, agent[:min(len(agent), maxUserAgent)])
	return strings.TrimSpace(printable)
}
