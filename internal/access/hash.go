package access

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/alexedwards/argon2id"

	"payportal/internal/errs"
	"payportal/internal/seal"
)

// HashCost is what one argon2id hash costs.
type HashCost struct {
	MemoryKiB   uint32
	Iterations  uint32
	Parallelism uint8
}

// DefaultCost is OWASP's: 19 MiB, two passes, one lane. A hash takes some 40 ms.
var DefaultCost = HashCost{MemoryKiB: 19 * 1024, Iterations: 2, Parallelism: 1}

const (
	// hashesAtOnce keeps a flood of sign-ins from taking every core and more than 40 MB.
	hashesAtOnce = 2
	// hashQueue is how many may wait for their turn; the next one is told to come again.
	hashQueue = 20
)

// hasher makes and compares password hashes, two at a time.
type hasher struct {
	params *argon2id.Params
	// dummy is a hash that no password has, at the same cost: an unknown user name must take the time of a known one.
	dummy   string
	turns   chan struct{}
	queue   chan struct{}
	compare func(password, hash string) (bool, error)
}

func newHasher(cost HashCost) *hasher {
	if cost == (HashCost{}) {
		cost = DefaultCost
	}
	params := &argon2id.Params{Memory: cost.MemoryKiB, Iterations: cost.Iterations, Parallelism: cost.Parallelism, SaltLength: 16, KeyLength: 32}
	return &hasher{
		params: params, dummy: dummyHash(params),
		turns: make(chan struct{}, hashesAtOnce), queue: make(chan struct{}, hashesAtOnce+hashQueue),
		compare: argon2id.ComparePasswordAndHash,
	}
}

// dummyHash writes a random key in the place of a hash: computing a real one would cost the start 20 MB and 40 ms.
func dummyHash(p *argon2id.Params) string {
	random := make([]byte, p.SaltLength+p.KeyLength)
	rand.Read(random) // never fails: it ends the program instead
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism, encode(random[:p.SaltLength]), encode(random[p.SaltLength:]))
}

// enter waits for a turn to hash; the caller calls leave when done. errs.RateLimited when the queue is full.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, errs.New(errs.RateLimited, "hash password", msgBusy, nil)
	}
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, fmt.Errorf("hash password: %w", ctx.Err())
	}
}

// hash makes the hash of a new password.
func (h *hasher) hash(ctx context.Context, password seal.Secret) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return argon2id.CreateHash(normalPassword(password), h.params)
}

// matches compares a password with a hash, or, where there is none, with the dummy one. The caller has entered.
func (h *hasher) matches(password seal.Secret, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	ok, err := h.compare(normalPassword(password), hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok && known, nil
}
