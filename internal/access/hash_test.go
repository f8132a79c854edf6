package access

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// oneUser is a store with one user, for tests of the order in which a sign-in does things.
type oneUser struct {
	Store
	record UserRecord
}

func (s oneUser) UserRecordByName(_ context.Context, username string) (UserRecord, error) {
	if username != s.record.Username {
		return UserRecord{}, errs.New(errs.NotFound, "read user", "", nil)
	}
	return s.record, nil
}

func (oneUser) Reserve(context.Context, time.Time, []Bucket, audit.Entry) (Reservation, error) {
	return Reservation{}, nil
}

func (oneUser) RecordAudit(context.Context, audit.Entry) error { return nil }

// TestEveryRefusedSignInComparesOneHash is the measure of equal timing: a comparison is nearly all of a sign-in's time.
func TestEveryRefusedSignInComparesOneHash(t *testing.T) {
	cost := HashCost{MemoryKiB: 8, Iterations: 1, Parallelism: 1}
	for name, user := range map[string]User{
		"known":    {ID: 1, Username: "sara"},
		"disabled": {ID: 1, Username: "sara", Disabled: true},
		"unknown":  {ID: 1, Username: "somebody.else"},
	} {
		hash := newHasher(cost)
		stored, err := hash.hash(t.Context(), seal.NewSecret("right"))
		if err != nil {
			t.Fatal(err)
		}
		compared := []string{}
		hash.compare = func(password, hash string) (bool, error) {
			compared = append(compared, hash)
			return argon2id.ComparePasswordAndHash(password, hash)
		}
		store := oneUser{record: UserRecord{User: user, PasswordHash: stored}}
		s := &SignIn{store: store, now: time.Now, prover: &prover{store: store, hash: hash, limits: DefaultLimits, now: time.Now}}
		_, err = s.Password(t.Context(), PasswordAttempt{Username: "sara", Password: seal.NewSecret("wrong")})
		if !errs.Is(err, errs.Invalid) || len(compared) != 1 {
			t.Errorf("%s user: %v after %d comparisons, want Invalid after 1", name, err, len(compared))
			continue
		}
		params, _, _, err := argon2id.DecodeHash(compared[0])
		if err != nil || params.Memory != 8 || params.Iterations != 1 || params.Parallelism != 1 || params.KeyLength != 32 || params.SaltLength != 16 {
			t.Errorf("%s user: compared with %s, %v; want a hash of the full cost", name, compared[0], err)
		}
	}
}

// TestNoPasswordIsRightWithoutAHash: not even one that the dummy hash would accept.
func TestNoPasswordIsRightWithoutAHash(t *testing.T) {
	h := newHasher(HashCost{MemoryKiB: 8, Iterations: 1, Parallelism: 1})
	h.compare = func(string, string) (bool, error) { return true, nil }
	if ok, err := h.matches(seal.NewSecret("x"), ""); err != nil || ok {
		t.Errorf("matches = %v, %v; want false", ok, err)
	}
}

func TestDefaultCost(t *testing.T) {
	hash, err := newHasher(HashCost{}).hash(t.Context(), seal.NewSecret("x"))
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; err != nil || !strings.HasPrefix(hash, want) {
		t.Errorf("hash = %s, %v; want %s…", hash, err, want)
	}
}

func TestTwoHashesAtOnceAndAShortQueue(t *testing.T) {
	h := newHasher(HashCost{MemoryKiB: 8, Iterations: 1, Parallelism: 1})
	var leaves []func()
	for range hashesAtOnce {
		leave, err := h.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range hashQueue {
		waiting.Go(func() {
			if _, err := h.enter(ctx); err == nil {
				t.Error("a third hash runs at once")
			}
		})
	}
	for len(h.queue) < hashesAtOnce+hashQueue { // until all of them wait
		select {
		case <-t.Context().Done():
			t.Fatal("they do not wait")
		default:
		}
	}
	if _, err := h.enter(t.Context()); !errs.Is(err, errs.RateLimited) {
		t.Errorf("one more than the queue holds = %v, want RateLimited", err)
	}
	cancel()
	waiting.Wait()
	leaves[0]()
	leave, err := h.enter(t.Context())
	if err != nil {
		t.Fatalf("after one is done = %v, want nil", err)
	}
	leave()
	leaves[1]()
	if len(h.queue) != 0 || len(h.turns) != 0 {
		t.Errorf("%d in the queue and %d hashing after all is done, want 0", len(h.queue), len(h.turns))
	}
}
