package psp

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/textin"
)

const (
	labelRunes = 100
	notesRunes = 2000
	// RawLimit is the largest provider answer that is kept beside a terminal, in bytes.
	RawLimit = 64 << 10
)

// Origin says how a terminal came into the register.
type Origin string

// The origins. Terminals that were only seen in payments are sightings, not part of the register.
const (
	Created  Origin = "created"
	Imported Origin = "imported"
)

// Origins lists the origins in the order in which screens offer them.
var Origins = []Origin{Created, Imported}

// RegisteredTerminal is a terminal of the portal's own register: the last copy of what the provider said, and what
// staff noted beside it. The provider has no list of terminals, so this register is the only one.
type RegisteredTerminal struct {
	Terminal
	ConnectionID int64
	// AccountName is the name of the PSP account as the directory has it, empty when it does not know the account.
	AccountName  string
	Origin       Origin
	RegisteredAt time.Time
	// FetchedAt is when the provider last said what stands in Terminal.
	FetchedAt time.Time
	// Raw is the provider's answer as received, at most RawLimit bytes; empty when there was none or a larger one.
	Raw []byte
	// Label and Notes are local.
	Label, Notes string
	// Version counts the changes of Label and Notes.
	Version int64
}

// TerminalSort is the order of a list of terminals; a leading minus is descending.
type TerminalSort string

// The orders of the register.
const (
	NewestFirst   TerminalSort = "-created"
	OldestFirst   TerminalSort = "created"
	ByNumber      TerminalSort = "number"
	ByNumberAbove TerminalSort = "-number"
)

// TerminalSorts lists the orders in the order in which screens offer them; the first is the default.
var TerminalSorts = []TerminalSort{NewestFirst, OldestFirst, ByNumber, ByNumberAbove}

// TerminalFilter narrows the register. Zero values do not narrow.
type TerminalFilter struct {
	ConnectionID int64
	Type         *TerminalType
	PSP          string
	AccountUUID  string
	Enabled      *bool
	Origin       Origin
	// Query is looked for in number, label and description and at the beginning of the UUID, as people type it.
	Query string
	Sort  TerminalSort
	// After and Before are cursors of a page; at most one is set.
	After, Before string
	// Limit is the size of a page: 50 when it is 0, at most 100.
	Limit int
}

// TerminalPage is one page of the register.
type TerminalPage struct {
	Terminals []RegisteredTerminal
	// Next and Previous are the cursors for After and Before, empty at the ends.
	Next, Previous string
}

// TerminalQuery is a checked filter as the store answers it: up to Limit rows after (or before) From, exclusive, in
// the order of Sort; rows before From come nearest first.
type TerminalQuery struct {
	TerminalFilter
	From     *Position
	Backward bool
}

// Sighting is a terminal number seen in mirrored payments.
type Sighting struct {
	Type   TerminalType
	Number string
	// PSP is the name of the PSP.
	PSP string
	// FirstAt and LastAt are the times of its oldest and newest payment.
	FirstAt, LastAt time.Time
	Payments        int64
}

// SightingPage is one page of sightings, latest first.
type SightingPage struct {
	Sightings []Sighting
	// Next is the cursor of the following page, empty at the end.
	Next string
}

// RegisterTerminal is the effect of a creation or an import: a terminal for the register. The store also writes it in
// the transaction that settles a command.
type RegisterTerminal struct {
	ConnectionID int64
	Terminal     Terminal
	Origin       Origin
	// Raw is the provider's answer, empty when there is none.
	Raw []byte
	At  time.Time
}

// Annotation is what staff note beside a terminal.
type Annotation struct {
	ConnectionID int64
	UUID         string
	// Version is the version that the person saw.
	Version      int64
	Label, Notes string
}

// TerminalStore keeps the register, by connection. Reading a terminal that is not there fails with errs.NotFound.
type TerminalStore interface {
	// Terminals lists terminals without their Raw.
	Terminals(ctx context.Context, q TerminalQuery) ([]RegisteredTerminal, error)
	Terminal(ctx context.Context, connectionID int64, uuid string) (RegisteredTerminal, error)
	// TerminalConnections lists the connections that have registered a UUID, lowest first.
	TerminalConnections(ctx context.Context, uuid string) ([]int64, error)
	// TerminalRegistered tells whether the register has a terminal of this type, account and number.
	TerminalRegistered(ctx context.Context, connectionID int64, t TerminalType, accountUUID, number string) (bool, error)
	// RegisterTerminal adds a terminal with its audit entry, or answers errs.Conflict when it is there already.
	RegisterTerminal(ctx context.Context, r RegisterTerminal, e audit.Entry) error
	// RenewTerminal replaces the provider's part of a registered terminal.
	RenewTerminal(ctx context.Context, connectionID int64, t Terminal, raw []byte, at time.Time) error
	// AnnotateTerminal answers errs.Conflict when the version is not the present one.
	AnnotateTerminal(ctx context.Context, a Annotation, e audit.Entry) error
	// UnregisteredSightings gives up to limit sightings that no registered terminal has, latest first, from after.
	UnregisteredSightings(ctx context.Context, connectionID int64, after *Sighting, limit int) ([]Sighting, error)
	// PSPAccount fails with errs.NotFound for an account that the directory does not know.
	PSPAccount(ctx context.Context, connectionID int64, uuid string) (ListedAccount, error)
}

// Terminals is the use-cases of terminals (P3, P4).
type Terminals struct {
	store     TerminalStore
	providers Providers
	commands  *command.Service
	now       func() time.Time
}

// NewTerminals makes the use-cases. commands must know the kind of TerminalCreation.
func NewTerminals(store TerminalStore, providers Providers, commands *command.Service) *Terminals {
	return &Terminals{store: store, providers: providers, commands: commands, now: time.Now}
}

// List gives one page of the register. It fails with errs.Invalid for an unknown sort or a forged cursor.
func (t *Terminals) List(ctx context.Context, f TerminalFilter) (TerminalPage, error) {
	q, err := terminalQuery(f)
	if err != nil {
		return TerminalPage{}, err
	}
	size := q.Limit
	q.Limit++ // one more tells whether there is more
	rows, err := t.store.Terminals(ctx, q)
	if err != nil {
		return TerminalPage{}, err
	}
	more := len(rows) > size
	rows = rows[:min(len(rows), size)]
	if q.Backward {
		slices.Reverse(rows)
	}
	page := TerminalPage{Terminals: rows}
	if len(rows) == 0 {
		return page, nil
	}
	if more || q.Backward {
		page.Next = terminalPosition(q.Sort, rows[len(rows)-1]).String()
	}
	if more && q.Backward || !q.Backward && q.From != nil {
		page.Previous = terminalPosition(q.Sort, rows[0]).String()
	}
	return page, nil
}

func terminalQuery(f TerminalFilter) (TerminalQuery, error) {
	const op = "list terminals"
	f.Limit = pageSize(f.Limit)
	f.Query = textin.Search(f.Query)
	switch f.Sort {
	case "":
		f.Sort = NewestFirst
	case NewestFirst, OldestFirst, ByNumber, ByNumberAbove:
	default:
		return TerminalQuery{}, errs.InvalidField(op, "sort", "psp.sort_invalid")
	}
	q := TerminalQuery{TerminalFilter: f, Backward: f.Before != ""}
	parameter, cursor := "after", f.After
	if q.Backward {
		parameter, cursor = "before", f.Before
	}
	from, err := parseAfter(op, parameter, cursor)
	q.From = from
	return q, err
}

func terminalPosition(sort TerminalSort, t RegisteredTerminal) Position {
	if sort == ByNumber || sort == ByNumberAbove {
		return Position{Text: t.Number, ID: t.UUID}
	}
	return timePosition(t.CreatedAt, t.UUID)
}

// Unregistered lists terminal numbers that were seen in payments and that no registered terminal has, latest first.
func (t *Terminals) Unregistered(ctx context.Context, connectionID int64, after string, limit int) (SightingPage, error) {
	from, err := parseSightingAfter(after)
	if err != nil {
		return SightingPage{}, err
	}
	limit = pageSize(limit)
	sightings, err := t.store.UnregisteredSightings(ctx, connectionID, from, limit+1)
	if err != nil {
		return SightingPage{}, err
	}
	page := SightingPage{Sightings: sightings}
	if len(sightings) > limit {
		page.Sightings = sightings[:limit]
		page.Next = page.Sightings[limit-1].position().String()
	}
	return page, nil
}

// position has the type in the first byte of the ID and the number in the rest: together with the PSP they are unique.
func (s Sighting) position() Position {
	return Position{At: s.LastAt.UnixMicro(), Text: s.PSP, ID: string(rune('0'+s.Type)) + s.Number}
}

func parseSightingAfter(cursor string) (*Sighting, error) {
	from, err := parseAfter("list sightings", "after", cursor)
	if from == nil || err != nil {
		return nil, err
	}
	return &Sighting{LastAt: time.UnixMicro(from.At), Type: TerminalType(from.ID[0] - '0'), Number: from.ID[1:], PSP: from.Text}, nil
}

// Connections lists the connections in whose register a UUID stands: a link to a terminal names no connection.
func (t *Terminals) Connections(ctx context.Context, uuid string) ([]int64, error) {
	uuid, ok := ParseUUID(uuid)
	if !ok {
		return nil, nil
	}
	return t.store.TerminalConnections(ctx, uuid)
}

// Get reads a registered terminal from the provider (P4) and renews the copy; when the provider cannot be asked it gives
// the last copy, with its age and the reason. It fails with errs.NotFound for a terminal that is not registered.
func (t *Terminals) Get(ctx context.Context, connectionID int64, uuid string) (RegisteredTerminal, Freshness, error) {
	uuid, ok := ParseUUID(uuid)
	if !ok {
		return RegisteredTerminal{}, Freshness{}, errs.New(errs.NotFound, "read terminal", "", nil)
	}
	registered, err := t.store.Terminal(ctx, connectionID, uuid)
	if err != nil {
		return RegisteredTerminal{}, Freshness{}, err
	}
	now := t.now()
	live, raw, err := t.live(ctx, connectionID, uuid)
	if err != nil {
		return registered, Freshness{FetchedAt: registered.FetchedAt, AttemptedAt: now, Problem: problemOf(err)}, nil
	}
	registered.Terminal, registered.Raw, registered.FetchedAt = live, raw, now
	keepCopy(ctx, "terminal", t.store.RenewTerminal(ctx, connectionID, live, raw, now))
	return registered, Freshness{FetchedAt: now, AttemptedAt: now}, nil
}

// live asks the provider for one terminal, and refuses an answer about another one.
func (t *Terminals) live(ctx context.Context, connectionID int64, uuid string) (Terminal, []byte, error) {
	provider, err := t.providers.PSPReporting(ctx, connectionID)
	if err != nil {
		return Terminal{}, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	live, raw, err := provider.Terminal(ctx, uuid)
	if err != nil {
		return Terminal{}, nil, err
	}
	if named, ok := ParseUUID(live.UUID); !ok || named != uuid {
		return Terminal{}, nil, errs.New(errs.Unavailable, "read terminal", "psp.problem.answer", nil)
	}
	live.UUID = uuid
	if account, ok := ParseUUID(live.AccountUUID); ok {
		live.AccountUUID = account
	}
	if len(raw) > RawLimit {
		raw = nil
	}
	return live, raw, nil
}

// Annotate writes the local label and notes. It fails with errs.Invalid at a field, errs.NotFound, or errs.Conflict when
// somebody else changed them since the person looked.
func (t *Terminals) Annotate(ctx context.Context, actor audit.Actor, a Annotation) error {
	const op = "annotate terminal"
	var fields []errs.Field
	var err error
	if a.Label, err = textin.Line(a.Label); err != nil {
		fields = append(fields, errs.Field{Name: "label", Msg: "psp.text_characters"})
	} else if utf8.RuneCountInString(a.Label) > labelRunes {
		fields = append(fields, errs.Field{Name: "label", Msg: "psp.text_too_long", Args: map[string]any{"Max": labelRunes}})
	}
	if a.Notes, err = textin.Text(a.Notes); err != nil {
		fields = append(fields, errs.Field{Name: "notes", Msg: "psp.text_characters"})
	} else if utf8.RuneCountInString(a.Notes) > notesRunes {
		fields = append(fields, errs.Field{Name: "notes", Msg: "psp.text_too_long", Args: map[string]any{"Max": notesRunes}})
	}
	if fields != nil {
		return &errs.Error{Kind: errs.Invalid, Op: op, Fields: fields}
	}
	uuid, ok := ParseUUID(a.UUID)
	if !ok {
		return errs.New(errs.NotFound, op, "", nil)
	}
	a.UUID = uuid
	before, err := t.store.Terminal(ctx, a.ConnectionID, uuid)
	if err != nil {
		return err
	}
	err = t.store.AnnotateTerminal(ctx, a, audit.Entry{
		Actor: actor, Act: "terminal.annotate", Object: "terminal:" + uuid, Outcome: "ok",
		Before: map[string]any{"label": before.Label, "notes": before.Notes},
		After:  map[string]any{"label": a.Label, "notes": a.Notes},
	})
	if errs.Is(err, errs.Conflict) {
		return errs.New(errs.Conflict, op, "psp.terminal.changed", errors.Unwrap(err))
	}
	return err
}
