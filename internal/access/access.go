// Package access is who may do what: users, roles and permissions, sign-in with a second factor, sessions, and the
// use-cases by which people are managed. It holds the types, the rules, and the small interfaces that it needs of the
// store and of the session cookie. It knows no HTTP and no SQL, and it renders nothing.
//
// web and cmd/portal call its use-cases; the other domain packages may import it for Permission, Identity and By; the
// store implements its interfaces.
package access

import (
	"errors"
	"net/netip"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// Client is where a request comes from.
type Client struct {
	// Address is the client's address, found behind trusted proxies only.
	Address netip.Addr
	// UserAgent is the browser's name for itself: the client's claim, kept short and shown as text only.
	UserAgent string
	// RequestID ties the acts of a request to its log lines.
	RequestID string
}

// By is who does an administrative act, and with what rights: nobody gives to others more than they have.
type By struct {
	audit.Actor
	Rights Set
}

// CommandLine is an act by the command line of the machine, by the operating system's user of that name. It has every
// right: who can run the program can read the master key.
func CommandLine(osUser string) By {
	return By{Actor: audit.Actor{Name: "command line (" + osUser + ")"}, Rights: All()}
}

// Policy is what the portal asks of everybody.
type Policy struct {
	SecondFactor SecondFactorPolicy
	// Absolute is how long a session lasts at most, however busy: 8 hours by default.
	Absolute time.Duration
	// Issuer is the portal's name in the user's authenticator.
	Issuer string
}

// SecondFactorPolicy says whether roles may force a second factor on their users.
type SecondFactorPolicy uint8

const (
	// SecondFactorRequired forces it on administrators, approvers and the custom roles that say so. The zero value.
	SecondFactorRequired SecondFactorPolicy = iota
	// SecondFactorOffered forces it on nobody. For the demo.
	SecondFactorOffered
)

// Config is what the use-cases are made of.
type Config struct {
	Store    Store
	Sessions SessionStore
	// Cookie is the *scs.SessionManager of the staff surface, on the same session store, with SessionCodec.
	Cookie CookieSession
	// Keys seals nothing here; device cookies and rate limits take derived keys from it.
	Keys   *seal.Keyring
	Policy Policy
	// Cost is what a password hash costs; the zero value is DefaultCost.
	Cost HashCost
	// Limits are the guesses allowed; the zero value is DefaultLimits.
	Limits Limits
	// Now is the clock; nil is the real one.
	Now func() time.Time
}

// UseCases are the package's doors.
type UseCases struct {
	SignIn   *SignIn
	Sessions *Sessions
	Account  *Account
	People   *People
	Setup    *Setup
}

// New makes the use-cases. They are safe for concurrent use.
func New(c Config) (*UseCases, error) {
	if c.Store == nil || c.Sessions == nil || c.Cookie == nil || c.Keys == nil {
		return nil, errors.New("access: store, sessions, cookie and keys are needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Policy.Absolute == 0 {
		c.Policy.Absolute = 8 * time.Hour
	}
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits
	}
	hash := newHasher(c.Cost)
	proof := &prover{store: c.Store, hash: hash, limits: c.Limits, bucketKey: c.Keys.Derive("sign-in limits"), now: c.Now}
	sessions := &Sessions{
		store: c.Sessions, cookie: c.Cookie, policy: c.Policy, prover: proof, now: c.Now,
		directory: newDirectory(c.Store, c.Now),
	}
	return &UseCases{
		SignIn:   &SignIn{store: c.Store, sessions: sessions, prover: proof, devices: devices{key: c.Keys.Derive("device cookies")}, now: c.Now},
		Sessions: sessions,
		Account:  &Account{store: c.Store, sessions: sessions, prover: proof, now: c.Now},
		People:   &People{store: c.Store, hash: hash, now: c.Now},
		Setup:    &Setup{store: c.Store, hash: hash, now: c.Now},
	}, nil
}

// The keys of messages that more than one use-case gives.
const (
	msgChanged      = "access.conflict.changed"
	msgTooMuch      = "access.rights.too_much"
	msgWrongCode    = "access.code.wrong"
	msgWrongProof   = "access.password.wrong"
	msgBusy         = "access.busy"
	msgLimited      = "access.sign_in.limited"
	msgRefused      = "access.sign_in.refused"
	msgStepUpNeeded = "access.step_up.needed"
)

// Changed is the error of an act on something that somebody else has changed since it was read.
func Changed(op string) error { return errs.New(errs.Conflict, op, msgChanged, nil) }

func asError(err error) (*errs.Error, bool) { return errors.AsType[*errs.Error](err) }
