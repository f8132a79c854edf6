package psp_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/psp"
)

func formKey() string { return command.NewKey() }

func (o *office) create(t *testing.T, key, number string) (psp.Creation, error) {
	t.Helper()
	return o.terminals.Create(t.Context(), clerk, psp.CreateTerminal{ConnectionID: conn, FormKey: key, NewTerminal: newTerminal(number)})
}

func TestCreateRegistersTheTerminalWithItsTrail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	creation, err := o.create(t, formKey(), "4245444")
	if err != nil || creation.State != command.Succeeded {
		t.Fatalf("creation = %+v, %v, want a success", creation, err)
	}
	got, err := o.db.Terminal(t.Context(), conn, creation.UUID)
	if err != nil || got.Terminal != o.provider.terminals[creation.UUID] || got.Origin != psp.Created {
		t.Errorf("registered = %+v, %v,\nwant %+v", got, err, o.provider.terminals[creation.UUID])
	}
	if want := []string{"terminal.create.intend ok", "terminal.create ok"}; !slices.Equal(o.acts(t), want) {
		t.Errorf("trail = %q, want %q", o.acts(t), want)
	}
	_, err = o.create(t, formKey(), "4245444")
	wantMsg(t, err, "psp.terminal.number_registered")
}

// TestTheSameFormIsCarriedOutOnce is R18: 100 tabs, one terminal, one answer.
func TestTheSameFormIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	key := formKey()
	answers := make([]string, 100)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			creation, err := o.create(t, key, "4245444")
			if err != nil {
				t.Errorf("send %d: %v", i, err)
			}
			answers[i] = creation.UUID
		})
	}
	group.Wait()
	if got := slices.Compact(answers); len(got) != 1 || got[0] == "" {
		t.Errorf("answers = %v, want 100 equal ones", got)
	}
	if calls := o.provider.called("CreateTerminal"); calls != 1 {
		t.Errorf("provider was asked %d times, want once", calls)
	}
	later := psp.NewTerminals(o.db, o.provider, command.New(o.db, psp.TerminalCreation(o.provider))) // as after a restart
	creation, err := later.Create(t.Context(), clerk, psp.CreateTerminal{ConnectionID: conn, FormKey: key, NewTerminal: newTerminal("4245444")})
	if err != nil || creation.UUID != answers[0] {
		t.Errorf("after a restart = %+v, %v, want %s", creation, err, answers[0])
	}
}

func TestAKeyStandsForOneFormOfOnePerson(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	key := formKey()
	if _, err := o.create(t, key, "1"); err != nil {
		t.Fatal(err)
	}
	_, err := o.create(t, key, "2")
	wantKind(t, err, errs.Conflict)
	wantMsg(t, err, "command.key_reused")
	_, err = o.terminals.Create(t.Context(), audit.Actor{UserID: 99, Name: "reza"}, psp.CreateTerminal{ConnectionID: conn, FormKey: key, NewTerminal: newTerminal("1")})
	wantMsg(t, err, "command.key_reused")
	_, err = o.create(t, "chosen by the client", "3")
	wantKind(t, err, errs.Invalid)
	if calls := o.provider.called("CreateTerminal"); calls != 1 {
		t.Errorf("creations = %d, want 1", calls)
	}
}

func TestARefusalStandsAtItsFieldAndIsRepeated(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.onCreate = func(psp.NewTerminal) (error, bool) {
		return &errs.Error{Kind: errs.Declined, Code: "unique", Fields: []errs.Field{{Name: "terminal_number", Msg: "provider.field_unique"}}}, false
	}
	key := formKey()
	first, err := o.create(t, key, "55")
	for range 2 {
		wantKind(t, err, errs.Declined)
		refusal, _ := errors.AsType[*errs.Error](err)
		if refusal.Code != "unique" || refusal.Msg != "psp.terminal.refused" || len(refusal.Fields) != 1 || refusal.Fields[0].Name != "terminal_number" {
			t.Errorf("refusal = %v, want it at the number with the raw code", err)
		}
		_, err = o.create(t, key, "55")
	}
	if first.State != command.Failed || o.provider.called("CreateTerminal") != 1 {
		t.Errorf("state %s after %d calls, want failed after 1", first.State, o.provider.called("CreateTerminal"))
	}
	o.provider.onCreate = nil
	if creation, err := o.create(t, formKey(), "55"); err != nil || creation.UUID == "" {
		t.Errorf("with a new key = %+v, %v, want a success", creation, err)
	}
}

func TestWhatIsSurelyNotSentMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.down = unreachable
	_, err := o.create(t, formKey(), "56")
	wantKind(t, err, errs.Unavailable)
	wantMsg(t, err, "command.not_sent")
	o.provider.down = nil
	if creation, err := o.create(t, formKey(), "56"); err != nil || creation.State != command.Succeeded {
		t.Errorf("second try = %+v, %v, want a success", creation, err)
	}
}

// losing makes the provider create the terminal and lose its answer.
func (o *office) losing(err error) {
	o.provider.onCreate = func(psp.NewTerminal) (error, bool) { return err, true }
}

func TestALostAnswerIsSettledByImportingTheTerminal(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]error{
		"indeterminate": errs.New(errs.Indeterminate, "create terminal", "", nil),
		"bare deadline": context.DeadlineExceeded,
		"unclassified":  errors.New("EOF"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.losing(lost)
			key := formKey()
			creation, err := o.create(t, key, "57")
			wantKind(t, err, errs.Indeterminate)
			if creation.State != command.Unknown || creation.CommandID == 0 {
				t.Fatalf("creation = %+v, want an unknown command", creation)
			}
			_, err = o.create(t, formKey(), "57")
			wantMsg(t, err, "command.subject_unsettled")
			if calls := o.provider.called("CreateTerminal"); calls != 1 {
				t.Fatalf("creations = %d: an open creation was tried again", calls)
			}
			var made string
			for made = range o.provider.terminals {
			}
			result := o.importAll(t, made)
			if len(result.Lines) != 1 || result.Lines[0].Settled != creation.CommandID || result.Lines[0].Status != psp.ImportDone {
				t.Fatalf("import = %+v, want it to settle command %d", result, creation.CommandID)
			}
			again, err := o.create(t, key, "57")
			if err != nil || again.State != command.Succeeded || again.UUID != made {
				t.Errorf("the form again = %+v, %v, want the terminal %s", again, err, made)
			}
			if registered, err := o.db.Terminal(t.Context(), conn, made); err != nil || registered.Origin != psp.Created {
				t.Errorf("registered = %+v, %v, want it as created", registered, err)
			}
		})
	}
}

// TestAnOlderTerminalIsNoAnswer: what existed before the attempt does not prove that the attempt succeeded.
func TestAnOlderTerminalIsNoAnswer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.onCreate = func(psp.NewTerminal) (error, bool) { return errs.New(errs.Indeterminate, "create", "", nil), false }
	creation, _ := o.create(t, formKey(), "58")
	older := o.known("58", day(1))
	pos := o.provider.terminals[older]
	pos.Type = psp.POS
	o.provider.terminals[older] = pos
	if result := o.importAll(t, older); result.Lines[0].Settled != 0 || result.Lines[0].Status != psp.ImportDone {
		t.Errorf("import = %+v, want a plain import", result)
	}
	if open, err := o.commands.Command(t.Context(), creation.CommandID); err != nil || open.State != command.Unknown {
		t.Errorf("command = %s, %v, want it still unknown", open.State, err)
	}
}

func TestAnAnswerThatNamesAnotherTerminalIsUnknown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.onCreate = nil
	wrong := &wrongAnswer{o.provider}
	commands := command.New(o.db, psp.TerminalCreation(wrong))
	terminals := psp.NewTerminals(o.db, wrong, commands)
	creation, err := terminals.Create(t.Context(), clerk, psp.CreateTerminal{ConnectionID: conn, FormKey: formKey(), NewTerminal: newTerminal("59")})
	wantKind(t, err, errs.Indeterminate)
	if creation.State != command.Unknown {
		t.Errorf("state = %s, want unknown", creation.State)
	}
}

type wrongAnswer struct{ *reporting }

func (w *wrongAnswer) PSPReporting(context.Context, int64) (psp.Provider, error) { return w, nil }

func (w *wrongAnswer) CreateTerminal(ctx context.Context, n psp.NewTerminal) (psp.Terminal, error) {
	t, err := w.reporting.CreateTerminal(ctx, n)
	t.Number = "1" + t.Number
	return t, err
}

func TestTwoPersonsDeclareThatNothingWasCreated(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.provider.onCreate = func(psp.NewTerminal) (error, bool) { return errs.New(errs.Indeterminate, "create", "", nil), false }
	key := formKey()
	creation, _ := o.create(t, key, "60")
	open, err := o.commands.Command(t.Context(), creation.CommandID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.commands.ProposeNotDone(t.Context(), clerk, open.ID, open.Version, "not in their panel")
	wantMsg(t, err, "command.lease_running")
	o.endLease(t, open.ID)

	_, err = o.commands.ProposeNotDone(t.Context(), clerk, open.ID, open.Version, " ")
	wantKind(t, err, errs.Invalid)
	_, err = o.commands.ConfirmNotDone(t.Context(), clerk, open.ID, open.Version)
	wantMsg(t, err, "command.not_proposed")
	_, err = o.commands.ProposeNotDone(t.Context(), audit.System("job"), open.ID, open.Version, "x")
	wantKind(t, err, errs.Forbidden)
	proposed, err := o.commands.ProposeNotDone(t.Context(), clerk, open.ID, open.Version, "not in their panel")
	if err != nil || proposed.State != command.Unknown || proposed.Proposal.By != clerk.UserID {
		t.Fatalf("proposed = %+v, %v", proposed, err)
	}
	_, err = o.commands.ConfirmNotDone(t.Context(), clerk, open.ID, proposed.Version)
	wantKind(t, err, errs.Forbidden)
	second := audit.Actor{UserID: 13, Name: "reza"}
	_, err = o.commands.ConfirmNotDone(t.Context(), second, open.ID, open.Version)
	wantMsg(t, err, "command.changed")
	done, err := o.commands.ConfirmNotDone(t.Context(), second, open.ID, proposed.Version)
	if err != nil || done.State != command.Failed || done.Resolution != command.ByPersons {
		t.Fatalf("confirmed = %+v, %v, want failed by two persons", done, err)
	}
	_, err = o.create(t, key, "60")
	wantMsg(t, err, "command.declared_not_done")
	o.provider.onCreate = nil
	if again, err := o.create(t, formKey(), "60"); err != nil || again.State != command.Succeeded {
		t.Errorf("new try = %+v, %v, want a success", again, err)
	}
	want := []string{
		"terminal.create.intend ok", "terminal.create unknown", "terminal.create.propose_not_done ok",
		"terminal.create.confirm_not_done ok", "terminal.create.intend ok", "terminal.create ok",
	}
	if got := o.acts(t); !slices.Equal(got, want) {
		t.Errorf("trail = %q,\nwant %q", got, want)
	}
}

// endLease lets the lease of a command's sender end, as time would.
func (o *office) endLease(t *testing.T, id int64) {
	t.Helper()
	if _, err := o.db.Writer().Exec("UPDATE commands SET lease_until = ? WHERE id = ?", time.Now().Add(-time.Second).UnixMicro(), id); err != nil {
		t.Fatal(err)
	}
}

func TestAbandonedRequestsAreCarriedOut(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, leave := context.WithCancel(t.Context())
	o.provider.onCreate = func(psp.NewTerminal) (error, bool) {
		leave() // the browser goes away while the provider works
		return nil, true
	}
	creation, err := o.terminals.Create(ctx, clerk, psp.CreateTerminal{ConnectionID: conn, FormKey: formKey(), NewTerminal: newTerminal("61")})
	if err != nil || creation.State != command.Succeeded {
		t.Errorf("creation = %+v, %v, want a success", creation, err)
	}
	if !strings.Contains(strings.Join(o.acts(t), ","), "terminal.create ok") {
		t.Errorf("trail = %q, want the outcome", o.acts(t))
	}
}
