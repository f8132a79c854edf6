package access

import (
	"context"
	"time"

	"payportal/internal/audit"
)

// Store is the part of the database that people and sign-in need. Each method that changes something writes its audit
// entry in the same transaction, and fails with errs.NotFound, errs.Conflict or errs.Unavailable.
type Store interface {
	UserStore
	RoleStore
	AttemptStore
	SetupStore
	// RecordAudit writes the entry of an act that changes nothing.
	RecordAudit(ctx context.Context, e audit.Entry) error
}

// UserStore keeps users.
type UserStore interface {
	User(ctx context.Context, id int64) (User, error)
	Users(ctx context.Context, f UserFilter) ([]User, error)
	UserRecord(ctx context.Context, id int64) (UserRecord, error)
	// UserRecordByName finds a user by the normal form of the user name.
	UserRecordByName(ctx context.Context, username string) (UserRecord, error)
	// CreateUser adds a user. errs.Conflict with the field username when there is one of that name.
	CreateUser(ctx context.Context, r UserRecord, e audit.Entry) (User, error)
	// ChangeUser reads the user, lets change edit the record, and writes it, in one transaction. errs.Conflict when
	// version is neither 0 nor the user's, or when no enabled administrator would be left. What changed goes into the
	// entry.
	ChangeUser(ctx context.Context, id, version int64, e audit.Entry, change func(*UserRecord) error) (User, error)
	// SavePreferences writes the preferences alone and leaves the version.
	SavePreferences(ctx context.Context, id int64, p Preferences, e audit.Entry) error
	// Generation is a number that grows whenever this process changes a user, a role or the end of a session.
	Generation() uint64
}

// RoleStore keeps custom roles and lists the built-in ones with them.
type RoleStore interface {
	Roles(ctx context.Context) ([]Role, error)
	Role(ctx context.Context, id RoleID) (Role, error)
	// CreateRole adds a custom role. errs.Conflict with the field name when there is one of that name.
	CreateRole(ctx context.Context, r Role, e audit.Entry) error
	// ChangeRole is to a custom role what ChangeUser is to a user.
	ChangeRole(ctx context.Context, id RoleID, version int64, e audit.Entry, change func(*Role) error) (Role, error)
	// DeleteRole removes a custom role; errs.Conflict while somebody has it.
	DeleteRole(ctx context.Context, id RoleID, version int64, e audit.Entry) error
}

// Bucket counts guesses of one kind at one thing.
type Bucket struct {
	// Key is a keyed hash of what is guessed at: the table tells no user names and no addresses.
	Key []byte
	// Limit is how many guesses Window admits, wherever it begins.
	Limit  int
	Window time.Duration
}

// Reservation is a guess that was counted before it was checked, so that parallel guesses cannot pass the limit.
type Reservation []int64

// AttemptStore keeps the guesses at passwords and codes.
type AttemptStore interface {
	// Reserve counts a guess in each bucket, or, when one of them is full, in none and fails with errs.RateLimited. The
	// entry is written for the first refusal of a window only: a flood must not fill the trail.
	Reserve(ctx context.Context, at time.Time, buckets []Bucket, refused audit.Entry) (Reservation, error)
	// AcceptPassword takes the guess back, because it was right. signedIn is when the user signed in with it; zero when it
	// was no sign-in.
	AcceptPassword(ctx context.Context, signedIn time.Time, userID int64, guess Reservation, e audit.Entry) error
	// AcceptStep uses a TOTP time step up: false when it, or a later one, was used before. When true, the guess is taken
	// back and the entry written.
	AcceptStep(ctx context.Context, userID, step int64, guess Reservation, e audit.Entry) (bool, error)
	// AcceptRecoveryCode uses a recovery code up: false when the user has none of that hash.
	AcceptRecoveryCode(ctx context.Context, userID int64, hash []byte, guess Reservation, e audit.Entry) (bool, error)
}

// SetupStore keeps the token by which the first administrator is made.
type SetupStore interface {
	// OfferSetup puts the hash of a new token in the place of any earlier one; false, and nothing, once there is a user.
	OfferSetup(ctx context.Context, hash []byte, until time.Time) (bool, error)
	// SetupOpen reports whether the token serves at that time.
	SetupOpen(ctx context.Context, at time.Time, hash []byte) (bool, error)
	// RedeemSetup adds the first user and uses the token up. errs.NotFound when the token is wrong or ended, or when there
	// is a user.
	RedeemSetup(ctx context.Context, at time.Time, hash []byte, r UserRecord, e audit.Entry) (User, error)
}

// SessionStore is what the use-cases need of the session store beside what the cookie's manager does with it.
type SessionStore interface {
	// Touch notes that the session is in use now.
	Touch(publicID string)
	// IdleUntil is when the session ends if it is not used.
	IdleUntil(publicID string) time.Time
	// SessionsOf lists the user's sessions that have not ended, the last used first.
	SessionsOf(ctx context.Context, userID int64) ([]SessionInfo, error)
	// EndSession ends one session of the user at once; errs.NotFound when it is not there, or another's.
	EndSession(ctx context.Context, userID int64, publicID string, e audit.Entry) error
	// EndOtherSessions ends all sessions of the user but one.
	EndOtherSessions(ctx context.Context, userID int64, keep string, e audit.Entry) error
}

// CookieSession is the session of the request in ctx, as a *scs.SessionManager has it.
type CookieSession interface {
	Get(ctx context.Context, key string) any
	Put(ctx context.Context, key string, value any)
	RenewToken(ctx context.Context) error
	SetDeadline(ctx context.Context, expire time.Time)
	Destroy(ctx context.Context) error
}
