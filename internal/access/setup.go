package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// SetupValid is how long a set-up token serves.
const SetupValid = 24 * time.Hour

// Setup makes the first administrator of an empty portal, by a token that only its log has.
type Setup struct {
	store Store
	hash  *hasher
	now   func() time.Time
}

// errNoToken is the cause, for the log, of a refused set-up.
var errNoToken = errors.New("wrong, used or ended set-up token")

// Offer makes a token while there is no user, in the place of any earlier one; false once there is a user.
func (s *Setup) Offer(ctx context.Context) (seal.Secret, bool, error) {
	token := rand.Text()
	ok, err := s.store.OfferSetup(ctx, hashSetupToken(token), s.now().Add(SetupValid))
	if err != nil || !ok {
		return seal.Secret{}, false, err
	}
	return seal.NewSecret(token), true, nil
}

// Check reports, before a form is shown or a hash is made, whether the token serves: errs.NotFound when not.
func (s *Setup) Check(ctx context.Context, token seal.Secret) error {
	ok, err := s.store.SetupOpen(ctx, s.now(), hashSetupToken(token.Reveal()))
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "set up the portal", "access.setup.refused", errNoToken)
	}
	return err
}

// Redeem makes the first administrator with a password of their own. Fields: username, display_name, password. A wrong or
// used token, or a portal that has users, is errs.NotFound. The Roles of n are not asked for.
func (s *Setup) Redeem(ctx context.Context, c Client, token seal.Secret, n NewUser, password seal.Secret) error {
	if err := s.Check(ctx, token); err != nil {
		return err
	}
	record, err := newUserRecord(n)
	if err != nil {
		return err
	}
	if err := checkNewPassword("new_password", password, record.Username); err != nil {
		return err
	}
	administrator, _ := BuiltInRole(Administrator)
	record.Roles, record.CreatedAt = []Role{administrator}, s.now()
	if record.PasswordHash, err = s.hash.hash(ctx, password); err != nil {
		return err
	}
	e := audit.Entry{
		Actor: audit.Actor{Name: "set-up link", Address: c.Address, RequestID: c.RequestID}, Act: "user.create", Outcome: audit.OK,
	}
	_, err = s.store.RedeemSetup(ctx, s.now(), hashSetupToken(token.Reveal()), record, e)
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "set up the portal", "access.setup.refused", errNoToken)
	}
	return err
}

// hashSetupToken needs no salt and no cost: a token is 128 random bits.
func hashSetupToken(token string) []byte {
	sum := sha256.Sum256([]byte("set-up token " + token))
	return sum[:]
}
