package psp

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"payportal/internal/errs"
)

// liveTimeout bounds a live read that has a copy to fall back to: a page must not wait for a provider that hangs.
const liveTimeout = 5 * time.Second

// CopiedList names a list of the provider that the portal keeps a copy of.
type CopiedList string

// The copied lists.
const (
	PSPList     CopiedList = "psps"
	AccountList CopiedList = "accounts"
	ReportList  CopiedList = "reports"
)

// Freshness says how old a copy is and whether the provider could be asked.
type Freshness struct {
	// FetchedAt is when the provider last gave what is shown; zero when it never did.
	FetchedAt time.Time
	// AttemptedAt is when the provider was last asked; zero when it never was.
	AttemptedAt time.Time
	// Problem is the catalogue key of why the last attempt failed, empty after a success.
	Problem string
}

// ListedPSP is a PSP of the local copy.
type ListedPSP struct {
	PSP
	// GoneAt is when the provider stopped listing it; zero while it is listed.
	GoneAt time.Time
}

// ListedAccount is a PSP account of the local copy.
type ListedAccount struct {
	Account
	// GoneAt is when the provider stopped listing it; zero while it is listed.
	GoneAt time.Time
}

// DirectoryStore keeps the copies of PSPs and PSP accounts, by connection. Reading one that is not there fails with
// errs.NotFound.
type DirectoryStore interface {
	// PSPs lists the copies by name, those that are gone last.
	PSPs(ctx context.Context, connectionID int64) ([]ListedPSP, error)
	PSP(ctx context.Context, connectionID, id int64) (ListedPSP, error)
	// PSPAccounts lists the copies by name, those that are gone last.
	PSPAccounts(ctx context.Context, connectionID int64) ([]ListedAccount, error)
	PSPAccount(ctx context.Context, connectionID int64, uuid string) (ListedAccount, error)
	// ReplacePSPs makes the copy equal to the provider's whole list, in one transaction; what is no longer listed is
	// kept and marked as gone.
	ReplacePSPs(ctx context.Context, connectionID int64, psps []PSP, at time.Time) error
	// ReplacePSPAccounts does the same for accounts.
	ReplacePSPAccounts(ctx context.Context, connectionID int64, accounts []Account, at time.Time) error
	// SavePSP and SavePSPAccount renew the copy of one that was read alone.
	SavePSP(ctx context.Context, connectionID int64, p PSP) error
	SavePSPAccount(ctx context.Context, connectionID int64, a Account) error
	CopyStore
}

// CopyStore keeps how fresh the copied lists are.
type CopyStore interface {
	// CopyFreshness gives the zero Freshness for a list that was never asked for.
	CopyFreshness(ctx context.Context, connectionID int64, list CopiedList) (Freshness, error)
	// CopyFailed keeps the last copy and notes why it could not be renewed; problem is a catalogue key.
	CopyFailed(ctx context.Context, connectionID int64, list CopiedList, problem string, at time.Time) error
}

// Directory is the use-cases of PSPs and PSP accounts (P7, P8).
type Directory struct {
	store     DirectoryStore
	providers Providers
	now       func() time.Time
}

// NewDirectory makes the use-cases.
func NewDirectory(store DirectoryStore, providers Providers) *Directory {
	return &Directory{store: store, providers: providers, now: time.Now}
}

// Refresh copies both lists from the provider: a background job and the refresh button call it. A list that cannot be
// had keeps its last copy, with the reason noted; the other one is still tried. The error joins what failed.
func (d *Directory) Refresh(ctx context.Context, connectionID int64) error {
	return errors.Join(
		refresh(ctx, d.store, connectionID, PSPList, d.now, func(ctx context.Context) error {
			provider, err := d.providers.PSPReporting(ctx, connectionID)
			if err != nil {
				return err
			}
			psps, err := provider.PSPs(ctx)
			if err != nil {
				return err
			}
			return d.store.ReplacePSPs(ctx, connectionID, psps, d.now())
		}),
		refresh(ctx, d.store, connectionID, AccountList, d.now, func(ctx context.Context) error {
			provider, err := d.providers.PSPReporting(ctx, connectionID)
			if err != nil {
				return err
			}
			accounts, err := provider.Accounts(ctx)
			if err != nil {
				return err
			}
			return d.store.ReplacePSPAccounts(ctx, connectionID, accounts, d.now())
		}),
	)
}

// refresh runs one renewal of a copied list and notes why it failed.
func refresh(ctx context.Context, store CopyStore, connectionID int64, list CopiedList, now func() time.Time, renew func(context.Context) error) error {
	err := renew(ctx)
	if err == nil {
		return nil
	}
	// The note is worth having although the caller may have given up.
	noted := store.CopyFailed(context.WithoutCancel(ctx), connectionID, list, problemOf(err), now())
	return errors.Join(err, noted)
}

// PSPs lists the copy of the PSPs with its freshness.
func (d *Directory) PSPs(ctx context.Context, connectionID int64) ([]ListedPSP, Freshness, error) {
	psps, err := d.store.PSPs(ctx, connectionID)
	if err != nil {
		return nil, Freshness{}, err
	}
	fresh, err := d.store.CopyFreshness(ctx, connectionID, PSPList)
	return psps, fresh, err
}

// Accounts lists the copy of the PSP accounts with its freshness.
func (d *Directory) Accounts(ctx context.Context, connectionID int64) ([]ListedAccount, Freshness, error) {
	accounts, err := d.store.PSPAccounts(ctx, connectionID)
	if err != nil {
		return nil, Freshness{}, err
	}
	fresh, err := d.store.CopyFreshness(ctx, connectionID, AccountList)
	return accounts, fresh, err
}

// PSP reads one PSP from the provider (P7) and falls back to the copy when the provider cannot be asked. It fails with
// errs.NotFound when neither knows it, and with the provider's error when there is no copy.
func (d *Directory) PSP(ctx context.Context, connectionID, id int64) (ListedPSP, Freshness, error) {
	live, err := d.livePSP(ctx, connectionID, id)
	if err == nil {
		now := d.now()
		keepCopy(ctx, "PSP", d.store.SavePSP(ctx, connectionID, live))
		return ListedPSP{PSP: live}, Freshness{FetchedAt: now, AttemptedAt: now}, nil
	}
	copied, copyErr := d.store.PSP(ctx, connectionID, id)
	if copyErr != nil {
		return ListedPSP{}, Freshness{}, firstUnlessNotFound(copyErr, err)
	}
	fresh, copyErr := d.fallback(ctx, connectionID, PSPList, err)
	return copied, fresh, copyErr
}

func (d *Directory) livePSP(ctx context.Context, connectionID, id int64) (PSP, error) {
	provider, err := d.providers.PSPReporting(ctx, connectionID)
	if err != nil {
		return PSP{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	live, err := provider.PSP(ctx, id)
	if err == nil && live.ID != id {
		err = errs.New(errs.Unavailable, "read PSP", "psp.problem.answer", nil)
	}
	return live, err
}

// Account reads one PSP account from the provider (P8) and falls back to the copy like PSP.
func (d *Directory) Account(ctx context.Context, connectionID int64, uuid string) (ListedAccount, Freshness, error) {
	uuid, ok := ParseUUID(uuid)
	if !ok {
		return ListedAccount{}, Freshness{}, errs.New(errs.NotFound, "read PSP account", "", nil)
	}
	live, err := d.liveAccount(ctx, connectionID, uuid)
	if err == nil {
		now := d.now()
		keepCopy(ctx, "PSP account", d.store.SavePSPAccount(ctx, connectionID, live))
		return ListedAccount{Account: live}, Freshness{FetchedAt: now, AttemptedAt: now}, nil
	}
	copied, copyErr := d.store.PSPAccount(ctx, connectionID, uuid)
	if copyErr != nil {
		return ListedAccount{}, Freshness{}, firstUnlessNotFound(copyErr, err)
	}
	fresh, copyErr := d.fallback(ctx, connectionID, AccountList, err)
	return copied, fresh, copyErr
}

func (d *Directory) liveAccount(ctx context.Context, connectionID int64, uuid string) (Account, error) {
	provider, err := d.providers.PSPReporting(ctx, connectionID)
	if err != nil {
		return Account{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	live, err := provider.Account(ctx, uuid)
	if err == nil && live.UUID != uuid {
		err = errs.New(errs.Unavailable, "read PSP account", "psp.problem.answer", nil)
	}
	return live, err
}

// keepCopy notes that a live answer could not be copied. Whoever asked has the answer: a full disk must not take it away.
func keepCopy(ctx context.Context, what string, err error) {
	if err != nil {
		slog.WarnContext(ctx, "a live answer of the provider is not copied", "what", what, "error", err)
	}
}

// fallback is the freshness of a copy that stands in for a live read that failed now.
func (d *Directory) fallback(ctx context.Context, connectionID int64, list CopiedList, cause error) (Freshness, error) {
	fresh, err := d.store.CopyFreshness(ctx, connectionID, list)
	fresh.AttemptedAt, fresh.Problem = d.now(), problemOf(cause)
	return fresh, err
}

// firstUnlessNotFound chooses what to say when there is neither a copy nor a live answer: a broken store before the
// provider's trouble, and that before "not there".
func firstUnlessNotFound(copyErr, liveErr error) error {
	if errs.Is(copyErr, errs.NotFound) {
		return liveErr
	}
	return copyErr
}

// problemOf says in one sentence (a catalogue key) why the provider could not give what was asked of it.
func problemOf(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && (strings.HasPrefix(e.Msg, "psp.") || e.Msg == "errs.database") { // our own finding or trouble, not the provider's
		return e.Msg
	}
	if credentialsRefused(err) {
		return "psp.problem.unauthenticated"
	}
	switch errs.KindOf(err) {
	case errs.Unavailable:
		return "psp.problem.unavailable"
	case errs.RateLimited:
		return "psp.problem.rate_limited"
	case errs.Forbidden:
		return "psp.problem.forbidden"
	case errs.Unauthenticated:
		return "psp.problem.unauthenticated"
	case errs.NotFound:
		return "psp.problem.not_found"
	default:
		return "psp.problem.other"
	}
}

// credentialsRefused reports whether the provider refused who we are, rather than what we asked. An adapter says so by
// these messages, since its errors are Forbidden either way: the user of the portal has a session.
func credentialsRefused(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return false
	}
	switch e.Msg {
	case "provider.user_refused", "provider.client_refused", "provider.unauthorized":
		return true
	}
	return false
}
