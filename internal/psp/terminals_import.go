package psp

import (
	"context"
	"strings"
	"sync/atomic"
	"unicode"

	"golang.org/x/sync/errgroup"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/textin"
)

const (
	// importLimit bounds a pasted list, after doublets are dropped.
	importLimit = 500
	// importBytes bounds the pasted text: 500 URNs with generous separators.
	importBytes = 64 << 10
	// importParallel is how many terminals are asked for at once; the adapter has its own cap for each connection.
	importParallel = 4
	// importGiveUp is after how many provider errors the rest of a list is left for a retry: a provider that is down
	// would otherwise cost one timeout for each line.
	importGiveUp = 3
)

// ImportStatus says what became of one line of an import.
type ImportStatus string

// The results of a line.
const (
	ImportDone      ImportStatus = "imported"
	ImportAlready   ImportStatus = "already"   // it stood in the register
	ImportMalformed ImportStatus = "malformed" // not a UUID
	ImportNotFound  ImportStatus = "not_found" // the provider does not know it
	ImportFailed    ImportStatus = "failed"    // provider or database trouble: may be tried again
)

// ImportLine is the result for one entry of the pasted list.
type ImportLine struct {
	// Input is what was pasted, safe to show and at most 80 characters.
	Input string
	// UUID is empty for a malformed entry.
	UUID   string
	Status ImportStatus
	// Problem is the catalogue key of why it failed, for ImportFailed.
	Problem string
	// Settled is the id of a creation of unknown outcome that this terminal answers; 0 for none.
	Settled int64
}

// ImportResult is the result of an import, a line for each different entry, in the order of the pasted text.
type ImportResult struct {
	Lines []ImportLine
}

// Count gives the number of lines of a status.
func (r ImportResult) Count(s ImportStatus) int {
	n := 0
	for _, line := range r.Lines {
		if line.Status == s {
			n++
		}
	}
	return n
}

// Retry lists the UUIDs that may be tried again.
func (r ImportResult) Retry() []string {
	var uuids []string
	for _, line := range r.Lines {
		if line.Status == ImportFailed {
			uuids = append(uuids, line.UUID)
		}
	}
	return uuids
}

// Import registers the terminals of a pasted list of UUIDs, whatever separates them. Each line stands alone: what
// succeeded stays although others failed. A terminal that answers a creation of unknown outcome settles it. The error
// is errs.Invalid at the field "uuids" for an empty or too long list; troubles of a line are in its result.
func (t *Terminals) Import(ctx context.Context, actor audit.Actor, connectionID int64, pasted string) (ImportResult, error) {
	lines, err := importLines(pasted)
	if err != nil {
		return ImportResult{}, err
	}
	run := terminalImport{Terminals: t, actor: actor, connectionID: connectionID}
	var group errgroup.Group
	group.SetLimit(importParallel)
	for i := range lines {
		if lines[i].Status != ImportMalformed {
			group.Go(func() error { run.importOne(ctx, &lines[i]); return nil })
		}
	}
	return ImportResult{Lines: lines}, group.Wait()
}

// terminalImport is one import on its way.
type terminalImport struct {
	*Terminals
	actor        audit.Actor
	connectionID int64
	// failures counts the lines that the provider did not answer.
	failures atomic.Int32
}

// errNotTried means that the provider failed for so many lines that it is left alone.
var errNotTried = errs.New(errs.Unavailable, "import terminal", "psp.import.not_tried", nil)

// importLines splits a pasted text into its different entries.
func importLines(pasted string) ([]ImportLine, error) {
	const op = "import terminals"
	if len(pasted) > importBytes {
		return nil, errs.InvalidField(op, "uuids", "psp.import.too_many")
	}
	entries := strings.FieldsFunc(pasted, func(r rune) bool {
		return unicode.IsSpace(r) || textin.IsForbidden(r) || strings.ContainsRune(`,;|"'`+"`،؛[]()<>\u200c", r)
	})
	seen := make(map[string]bool, len(entries))
	var lines []ImportLine
	for _, entry := range entries {
		uuid, ok := ParseUUID(textin.FoldDigits(entry))
		line := ImportLine{Input: clip(entry, 80), UUID: uuid}
		key := uuid
		if !ok {
			line.UUID, line.Status, key = "", ImportMalformed, entry
		}
		if !seen[key] {
			seen[key] = true
			lines = append(lines, line)
		}
	}
	switch {
	case len(lines) == 0:
		return nil, errs.InvalidField(op, "uuids", "psp.import.empty")
	case len(lines) > importLimit:
		return nil, errs.InvalidField(op, "uuids", "psp.import.too_many")
	}
	return lines, nil
}

// clip cuts a text for the screen and shows what is invisible in it.
func clip(s string, runes int) string {
	s = textin.Visible(s)
	n := 0
	for at := range s {
		if n == runes {
			return s[:at] + "…"
		}
		n++
	}
	return s
}

// importOne brings one terminal into the register and writes what became of it into its line.
func (i *terminalImport) importOne(ctx context.Context, line *ImportLine) {
	status, settled, err := i.register(ctx, line.UUID)
	switch {
	case err == nil:
		line.Status, line.Settled = status, settled
	case errs.Is(err, errs.NotFound):
		line.Status = ImportNotFound
	default:
		line.Status, line.Problem = ImportFailed, problemOf(err)
		i.failures.Add(1)
	}
}

// register fetches a terminal and adds it to the register, with the creation that it settles. A terminal that is in the
// register already is not asked for, but may still be the answer to an open creation.
func (i *terminalImport) register(ctx context.Context, uuid string) (ImportStatus, int64, error) {
	status := ImportAlready
	r := RegisterTerminal{ConnectionID: i.connectionID, Origin: Imported, At: i.now()}
	known, err := i.store.Terminal(ctx, i.connectionID, uuid)
	switch {
	case err == nil:
		r.Terminal, r.Raw, r.At = known.Terminal, known.Raw, known.FetchedAt
	case errs.Is(err, errs.NotFound):
		status = ImportDone
		if r.Terminal, r.Raw, err = i.ask(ctx, uuid); err != nil {
			return "", 0, err
		}
	default:
		return "", 0, err
	}
	if settled, err := i.settleCreation(ctx, i.actor, r); settled != 0 || err != nil {
		return status, settled, err
	}
	if status == ImportAlready {
		return status, 0, nil
	}
	err = i.store.RegisterTerminal(ctx, r, audit.Entry{
		Actor: i.actor, Act: "terminal.import", Object: "terminal:" + uuid, Outcome: "ok", After: r.auditFacts(),
	})
	if errs.Is(err, errs.Conflict) { // somebody else imported it meanwhile
		return ImportAlready, 0, nil
	}
	return status, 0, err
}

func (i *terminalImport) ask(ctx context.Context, uuid string) (Terminal, []byte, error) {
	if i.failures.Load() >= importGiveUp {
		return Terminal{}, nil, errNotTried
	}
	return i.live(ctx, i.connectionID, uuid)
}

// settleCreation finds the creation of unknown outcome that this terminal answers and settles it as succeeded, with the
// terminal's registration in the same transaction. It gives the command's id, or 0 when there is none.
func (t *Terminals) settleCreation(ctx context.Context, actor audit.Actor, r RegisterTerminal) (int64, error) {
	open, err := t.commands.UnsettledFor(ctx, TerminalCreate, r.ConnectionID, creationSubject(r.Terminal.Type, r.Terminal.AccountUUID, r.Terminal.Number))
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// A terminal that is much older than the attempt is not its effect. An hour allows for clocks that differ.
	if open.State != command.Unknown || r.Terminal.CreatedAt.Before(open.IntendedAt.Add(-creationClockSkew)) {
		return 0, nil
	}
	r.Origin = Created
	settled, err := t.commands.SettleFound(ctx, actor, open, creationResult(r))
	if errs.Is(err, errs.Conflict) { // settled by somebody else meanwhile
		return 0, nil
	}
	return settled.ID, err
}

// auditFacts is what the trail keeps of a terminal.
func (r RegisterTerminal) auditFacts() map[string]any {
	return map[string]any{
		"connection": r.ConnectionID, "type": r.Terminal.Type.String(), "account": r.Terminal.AccountUUID,
		"number": r.Terminal.Number, "psp": r.Terminal.PSP,
	}
}
