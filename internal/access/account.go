package access

import (
	"context"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// Account is what users do with their own account. What weakens it, or gives it a new key, asks for a step-up.
type Account struct {
	store    Store
	sessions *Sessions
	prover   *prover
	now      func() time.Time
}

// ChangePassword sets a password that the user chose and ends all other sessions of the user. The current password is
// asked for, except right after the sign-in with a given one. Fields: proof (the current one), password.
func (a *Account) ChangePassword(ctx context.Context, id Identity, c Client, current, next seal.Secret) error {
	given := id.Session.State == PasswordChangeNeeded
	if !given && id.Session.State != Full {
		return noSession("")
	}
	record, err := a.store.UserRecord(ctx, id.UserID)
	if err != nil {
		return err
	}
	if err := checkNewPassword("new_password", next, record.Username); err != nil {
		return err
	}
	e := a.entry(id, c, "account.password")
	var guess Reservation
	if !given {
		if guess, err = a.prover.password(ctx, record, current, e); err != nil {
			return err
		}
	}
	if err := a.refuseSame(ctx, record, next); err != nil {
		return err
	}
	hash, err := a.prover.hash.hash(ctx, next)
	if err != nil {
		return err
	}
	return a.change(ctx, id, e, guess, func(r *UserRecord) error {
		if r.PasswordHash != record.PasswordHash {
			return Changed("change password")
		}
		r.PasswordHash, r.PasswordUntil, r.MustChangePassword = hash, time.Time{}, false
		return nil
	})
}

// refuseSame keeps a given password from staying.
func (a *Account) refuseSame(ctx context.Context, r UserRecord, next seal.Secret) error {
	leave, err := a.prover.hash.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	same, err := a.prover.hash.matches(next, r.PasswordHash)
	if err == nil && same {
		err = errs.InvalidField("change password", "new_password", "access.password.same")
	}
	return err
}

// BeginSecondFactor makes a seed for a new authenticator. An enrolled one stays in force until the new one is confirmed.
func (a *Account) BeginSecondFactor(ctx context.Context, id Identity, c Client) (Enrolment, error) {
	if err := a.mayEnrol(id); err != nil {
		return Enrolment{}, err
	}
	seed := newSeed()
	user, err := a.store.ChangeUser(ctx, id.UserID, 0, a.entry(id, c, "account.second_factor_begin"), func(r *UserRecord) error {
		r.PendingTOTP = seed
		return nil
	})
	return enrolment(seed, a.sessions.policy.Issuer, user.Username), err
}

// PendingSecondFactor gives the enrolment that was begun and not confirmed; false when there is none.
func (a *Account) PendingSecondFactor(ctx context.Context, id Identity) (Enrolment, bool, error) {
	if err := a.mayEnrol(id); err != nil {
		return Enrolment{}, false, err
	}
	record, err := a.store.UserRecord(ctx, id.UserID)
	if err != nil || record.PendingTOTP.IsZero() {
		return Enrolment{}, false, err
	}
	return enrolment(record.PendingTOTP, a.sessions.policy.Issuer, record.Username), true, nil
}

// ConfirmSecondFactor puts the begun authenticator in force when the code is its own, and gives recovery codes, which are
// shown this once. All other sessions of the user end. Field: code. errs.Conflict when no enrolment was begun.
func (a *Account) ConfirmSecondFactor(ctx context.Context, id Identity, c Client, code string) ([]string, error) {
	if err := a.mayEnrol(id); err != nil {
		return nil, err
	}
	record, err := a.store.UserRecord(ctx, id.UserID)
	if err != nil {
		return nil, err
	}
	if record.PendingTOTP.IsZero() {
		return nil, errs.New(errs.Conflict, "confirm second factor", "access.state.wrong", nil)
	}
	e := a.entry(id, c, "account.second_factor")
	guess, err := a.prover.reserveCode(ctx, id.UserID, e)
	if err != nil {
		return nil, err
	}
	step, ok := matchStep(record.PendingTOTP, normalCode(code), a.now())
	if !ok {
		return nil, a.prover.refuse(ctx, e, errs.InvalidField("confirm second factor", "code", msgWrongCode))
	}
	codes, hashes := newRecoveryCodes()
	id.Session.SecondFactorGiven = true
	return codes, a.change(ctx, id, e, guess, func(r *UserRecord) error {
		if !r.PendingTOTP.Equal(record.PendingTOTP) {
			return Changed("confirm second factor")
		}
		r.TOTP, r.PendingTOTP, r.SecondFactor = r.PendingTOTP, seal.Secret{}, true
		r.LastStep, r.NewRecoveryCodes = step, hashes
		return nil
	})
}

// mayEnrol admits who is asked to enrol, and who is signed in and has just proved it.
func (a *Account) mayEnrol(id Identity) error {
	switch id.Session.State {
	case EnrolmentNeeded:
		return nil
	case Full:
		return a.sessions.RequireStepUp(id)
	}
	return noSession("")
}

// RegenerateRecoveryCodes replaces all recovery codes and gives the new ones, which are shown this once.
func (a *Account) RegenerateRecoveryCodes(ctx context.Context, id Identity, c Client) ([]string, error) {
	if err := a.mayChangeFactor(id); err != nil {
		return nil, err
	}
	codes, hashes := newRecoveryCodes()
	_, err := a.store.ChangeUser(ctx, id.UserID, 0, a.entry(id, c, "account.recovery_codes"), func(r *UserRecord) error {
		if !r.SecondFactor {
			return errs.New(errs.Conflict, "make recovery codes", "access.state.wrong", nil)
		}
		r.NewRecoveryCodes = hashes
		return nil
	})
	return codes, err
}

// RemoveSecondFactor takes the authenticator and the recovery codes away, where no role of the user asks for them
// (errs.Conflict). All other sessions of the user end.
func (a *Account) RemoveSecondFactor(ctx context.Context, id Identity, c Client) error {
	if err := a.mayChangeFactor(id); err != nil {
		return err
	}
	return a.change(ctx, id, a.entry(id, c, "account.second_factor_remove"), nil, func(r *UserRecord) error {
		if mustHaveSecondFactor(r.User, a.sessions.policy.SecondFactor) {
			return errs.New(errs.Conflict, "remove second factor", "access.second_factor.required", nil)
		}
		r.removeSecondFactor()
		return nil
	})
}

// SecondFactorRequired reports whether one of the user's roles asks for a second factor, so that it cannot be removed.
func (a *Account) SecondFactorRequired(id Identity) bool {
	return mustHaveSecondFactor(id.User, a.sessions.policy.SecondFactor)
}

func (a *Account) mayChangeFactor(id Identity) error {
	if id.Session.State != Full {
		return noSession("")
	}
	return a.sessions.RequireStepUp(id)
}

// removeSecondFactor leaves LastStep: no step may be used again under another seed.
func (r *UserRecord) removeSecondFactor() {
	r.TOTP, r.PendingTOTP, r.SecondFactor = seal.Secret{}, seal.Secret{}, false
	r.NewRecoveryCodes = [][]byte{}
}

// change edits the own record, takes back the guess that proved right, ends the other sessions, and gives this one a new
// token and its next state.
func (a *Account) change(ctx context.Context, id Identity, e audit.Entry, guess Reservation, edit func(*UserRecord) error) error {
	user, err := a.store.ChangeUser(ctx, id.UserID, 0, e, func(r *UserRecord) error {
		r.EndSessions, r.KeepSession, r.TakeBack = true, id.Session.PublicID, guess
		return edit(r)
	})
	if err != nil {
		return err
	}
	session := id.Session
	session.State = nextState(user, a.sessions.policy.SecondFactor, session.SecondFactorGiven)
	session.StepUpAt = a.now()
	return a.sessions.renew(ctx, &session)
}

// Rename changes the name under which colleagues see the user. Field: display_name.
func (a *Account) Rename(ctx context.Context, id Identity, c Client, displayName string) error {
	name, err := normalDisplayName(displayName)
	if err != nil {
		return err
	}
	_, err = a.store.ChangeUser(ctx, id.UserID, 0, a.entry(id, c, "account.rename"), func(r *UserRecord) error {
		r.DisplayName = name
		return nil
	})
	return err
}

// SavePreferences writes how the user wants the portal to look. Fields: the preferences' JSON keys.
func (a *Account) SavePreferences(ctx context.Context, id Identity, c Client, p Preferences) error {
	if err := p.validate(); err != nil {
		return err
	}
	e := a.entry(id, c, "account.preferences")
	e.Before, e.After = id.Preferences, p
	return a.store.SavePreferences(ctx, id.UserID, p, e)
}

func (a *Account) entry(id Identity, c Client, act string) audit.Entry {
	return audit.Entry{Actor: id.Actor(c), Act: act, Object: userObject(id.UserID), Outcome: audit.OK}
}
