package psp_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/psp"
)

// lyingProvider answers about another thing than it was asked for.
type lyingProvider struct{ *reporting }

func (l *lyingProvider) PSPReporting(context.Context, int64) (psp.Provider, error) { return l, nil }

func (l *lyingProvider) PSP(context.Context, int64) (psp.PSP, error) {
	return psp.PSP{ID: 41, Name: "other"}, nil
}

func (l *lyingProvider) Terminal(context.Context, string) (psp.Terminal, []byte, error) {
	return psp.Terminal{UUID: uuid.NewString(), Number: "666"}, []byte("{}"), nil
}

// known puts a terminal into the provider and gives its UUID.
func (o *office) known(number string, created time.Time) string {
	t := psp.Terminal{
		UUID: uuid.NewString(), Type: psp.IPG, AccountUUID: accountUUID, PSP: "SEP", Number: number, AcceptorCode: 5, Enabled: true,
		CreatedAt: created, StartFetchTime: created,
	}
	o.provider.terminals[t.UUID] = t
	return t.UUID
}

func (o *office) importAll(t *testing.T, pasted string) psp.ImportResult {
	t.Helper()
	result, err := o.terminals.Import(t.Context(), clerk, conn, pasted)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	return result
}

func TestImportTellsOfEachLine(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second := o.known("1001", day(3)), o.known("1002", day(4))
	o.importAll(t, first)
	unknown := uuid.NewString()
	pasted := strings.ToUpper(first) + "،\r\n  {" + second + "} ; not-a-uuid\u202e\t" + second + "\n" + unknown
	var got []string
	for _, line := range o.importAll(t, pasted).Lines {
		got = append(got, line.UUID+" "+string(line.Status)+" "+line.Problem)
	}
	want := []string{first + " already ", second + " imported ", " malformed ", unknown + " not_found "}
	if !slices.Equal(got, want) {
		t.Errorf("lines = %q,\nwant %q", got, want)
	}
	if want := []string{"terminal.import ok", "terminal.import ok"}; !slices.Equal(o.acts(t), want) {
		t.Errorf("trail = %q, want %q", o.acts(t), want)
	}
	terminal, err := o.db.Terminal(t.Context(), conn, second)
	if err != nil || terminal.Number != "1002" || terminal.Origin != psp.Imported || !strings.Contains(string(terminal.Raw), "1002") || terminal.AccountName != "Shop" {
		t.Errorf("registered = %+v, %v, want number, origin, raw answer and account name", terminal, err)
	}
	if where, err := o.terminals.Connections(t.Context(), second); err != nil || !slices.Equal(where, []int64{conn}) {
		t.Errorf("connections = %v, %v, want [%d]", where, err, conn)
	}
}

func TestImportKeepsPartialSuccessAndOffersARetry(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var uuids []string
	for i := range 40 {
		uuids = append(uuids, o.known(fmt.Sprint(2000+i), day(5)))
	}
	o.importAll(t, strings.Join(uuids[:10], " "))
	o.provider.down = unreachable
	result := o.importAll(t, strings.Join(uuids, "\n"))
	if got := result.Count(psp.ImportAlready); got != 10 {
		t.Errorf("already there = %d, want 10", got)
	}
	if got := result.Retry(); len(got) != 30 {
		t.Errorf("to retry = %d, want 30", len(got))
	}
	if calls := o.provider.called("Terminal"); calls > 10+8 {
		t.Errorf("calls = %d: a provider that is down was asked for every line", calls)
	}
	o.provider.down = nil
	if result = o.importAll(t, strings.Join(result.Retry(), "\n")); result.Count(psp.ImportDone) != 30 {
		t.Errorf("retry = %+v, want 30 imported", result)
	}
}

func TestImportRefusesEmptyAndEndlessLists(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var many strings.Builder
	for range 501 {
		many.WriteString(uuid.NewString() + "\n")
	}
	for _, pasted := range []string{"", " ,;\n", many.String(), strings.Repeat("x ", 64<<10)} {
		_, err := o.terminals.Import(t.Context(), clerk, conn, pasted)
		wantKind(t, err, errs.Invalid)
		if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Name != "uuids" {
			t.Errorf("fields = %+v, want uuids", fields)
		}
	}
	if calls := o.provider.called("Terminal"); calls != 0 {
		t.Errorf("calls = %d, want none", calls)
	}
}

func TestGetIsLiveAndFallsBackToTheLastCopy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.known("3001", day(6))
	o.importAll(t, id)
	renamed := o.provider.terminals[id]
	renamed.Enabled, renamed.Description = false, "moved"
	o.provider.terminals[id] = renamed
	live, fresh, err := o.terminals.Get(t.Context(), conn, strings.ToUpper(id))
	if err != nil || live.Description != "moved" || live.Enabled || fresh.Problem != "" {
		t.Fatalf("terminal = %+v, %+v, %v, want it live", live, fresh, err)
	}
	o.provider.down = errs.New(errs.Forbidden, "call provider", "", nil)
	copied, stale, err := o.terminals.Get(t.Context(), conn, id)
	if err != nil || copied.Description != "moved" || stale.Problem != "psp.problem.forbidden" || !stale.FetchedAt.Equal(fresh.FetchedAt.Truncate(time.Microsecond)) {
		t.Errorf("terminal = %+v, %+v, %v, want the copy of %v and the reason", copied, stale, err, fresh.FetchedAt)
	}
	liar := psp.NewTerminals(o.db, &lyingProvider{reporting: o.provider}, o.commands)
	if copied, stale, err = liar.Get(t.Context(), conn, id); err != nil || copied.Number != "3001" || stale.Problem != "psp.problem.answer" {
		t.Errorf("terminal = %+v, %+v, %v, want the copy because of the foreign answer", copied, stale, err)
	}
	_, _, err = o.terminals.Get(t.Context(), conn, uuid.NewString())
	wantKind(t, err, errs.NotFound)
	_, _, err = o.terminals.Get(t.Context(), conn, "../etc")
	wantKind(t, err, errs.NotFound)
	_, _, err = o.terminals.Get(t.Context(), conn+1, id)
	wantKind(t, err, errs.NotFound)
}

func TestAnnotateRefusesAStaleVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.known("4001", day(7))
	o.importAll(t, id)
	note := psp.Annotation{ConnectionID: conn, UUID: id, Version: 1, Label: " فروشگاه یک ", Notes: "line one\r\nline two"}
	if err := o.terminals.Annotate(t.Context(), clerk, note); err != nil {
		t.Fatal(err)
	}
	note.Label = "other"
	err := o.terminals.Annotate(t.Context(), clerk, note)
	wantKind(t, err, errs.Conflict)
	wantMsg(t, err, "psp.terminal.changed")
	if _, _, err := o.terminals.Get(t.Context(), conn, id); err != nil { // renews the provider's part
		t.Fatal(err)
	}
	got, err := o.db.Terminal(t.Context(), conn, id)
	if err != nil || got.Label != "فروشگاه یک" || got.Notes != "line one\nline two" || got.Version != 2 {
		t.Errorf("annotated = %+v, %v, want the first text and version 2", got, err)
	}
	page, err := o.terminals.List(t.Context(), psp.TerminalFilter{ConnectionID: conn, Query: "فروشگاه يك"})
	if err != nil || len(page.Terminals) != 1 {
		t.Errorf("found by label in Arabic letters = %d, %v, want 1", len(page.Terminals), err)
	}
	for field, bad := range map[string]psp.Annotation{
		"label": {Label: strings.Repeat("ی", 101)},
		"notes": {Notes: "a\u202eb"},
	} {
		bad.ConnectionID, bad.UUID, bad.Version = conn, id, 2
		err := o.terminals.Annotate(t.Context(), clerk, bad)
		wantKind(t, err, errs.Invalid)
		if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Name != field {
			t.Errorf("fields = %+v, want %s", fields, field)
		}
	}
	if want := []string{"terminal.import ok", "terminal.annotate ok"}; !slices.Equal(o.acts(t), want) {
		t.Errorf("trail = %q, want %q", o.acts(t), want)
	}
}

// TestListPages walks the register in every order, forth and back, with doublets in the sorted column.
func TestListPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var uuids []string
	for i := range 23 {
		uuids = append(uuids, o.known(fmt.Sprint(100+i/3), day(1+i/4)))
	}
	o.importAll(t, strings.Join(uuids, " "))
	for _, sort := range psp.TerminalSorts {
		t.Run(string(sort), func(t *testing.T) {
			f := psp.TerminalFilter{ConnectionID: conn, Sort: sort, Limit: 5}
			var forth, back []string
			var last psp.TerminalPage
			for {
				page, err := o.terminals.List(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				if (page.Previous == "") != (f.After == "") {
					t.Errorf("previous = %q after %q", page.Previous, f.After)
				}
				forth, last = append(forth, idsOf(page)...), page
				if f.After = page.Next; f.After == "" {
					break
				}
			}
			all := slices.Clone(forth)
			slices.Sort(all)
			if want := slices.Sorted(slices.Values(uuids)); !slices.Equal(all, want) {
				t.Fatalf("forth: %d terminals, want all %d once", len(all), len(want))
			}
			back = idsOf(last)
			for f = (psp.TerminalFilter{ConnectionID: conn, Sort: sort, Limit: 5, Before: last.Previous}); f.Before != ""; {
				page, err := o.terminals.List(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				back, f.Before = append(idsOf(page), back...), page.Previous
			}
			if !slices.Equal(back, forth) {
				t.Errorf("back = %v,\nwant %v", back, forth)
			}
		})
	}
}

func idsOf(page psp.TerminalPage) []string {
	var ids []string
	for _, t := range page.Terminals {
		ids = append(ids, t.UUID)
	}
	return ids
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	gateway := o.known("55555551", day(1))
	off := o.known("55555552", day(2))
	disabled := o.provider.terminals[off]
	disabled.Enabled, disabled.Type, disabled.PSP, disabled.AccountUUID = false, psp.POS, "TOP", uuid.NewString()
	o.provider.terminals[off] = disabled
	o.importAll(t, gateway+" "+off)
	created, err := o.terminals.Create(t.Context(), clerk, psp.CreateTerminal{ConnectionID: conn, FormKey: formKey(), NewTerminal: newTerminal("777")})
	if err != nil {
		t.Fatal(err)
	}
	pos, no := psp.POS, false
	tests := []struct {
		name   string
		filter psp.TerminalFilter
		want   []string
	}{
		{"all", psp.TerminalFilter{}, []string{created.UUID, off, gateway}},
		{"type", psp.TerminalFilter{Type: &pos}, []string{created.UUID, off}},
		{"enabled", psp.TerminalFilter{Enabled: &no}, []string{off}},
		{"PSP", psp.TerminalFilter{PSP: "TOP"}, []string{off}},
		{"account", psp.TerminalFilter{AccountUUID: accountUUID}, []string{created.UUID, gateway}},
		{"origin", psp.TerminalFilter{Origin: psp.Created}, []string{created.UUID}},
		{"number in Persian digits", psp.TerminalFilter{Query: " ۵۵۵۵۵۵۵ "}, []string{off, gateway}},
		{"UUID", psp.TerminalFilter{Query: strings.ToUpper(gateway[:13])}, []string{gateway}},
		{"description", psp.TerminalFilter{Query: "TILL"}, []string{created.UUID}},
		{"wildcards are letters", psp.TerminalFilter{Query: "%"}, nil},
		{"nothing", psp.TerminalFilter{Query: "' OR 1"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.filter.ConnectionID = conn
			page, err := o.terminals.List(t.Context(), tt.filter)
			if got := idsOf(page); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("terminals = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
	if page, err := o.terminals.List(t.Context(), psp.TerminalFilter{ConnectionID: conn + 1}); err != nil || len(page.Terminals) != 0 {
		t.Errorf("another connection lists %d, %v, want none", len(page.Terminals), err)
	}
}

func TestForgedListQueriesAreInvalid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for name, f := range map[string]psp.TerminalFilter{
		"sort":   {Sort: "number; DROP TABLE terminals"},
		"after":  {After: "???"},
		"before": {Before: strings.Repeat("A", 2000)},
	} {
		_, err := o.terminals.List(t.Context(), f)
		wantKind(t, err, errs.Invalid)
		if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Name != name {
			t.Errorf("fields = %+v, want %s", fields, name)
		}
	}
	_, err := o.terminals.Unregistered(t.Context(), conn, "AAAA", 10)
	wantKind(t, err, errs.Invalid)
	_, _, err = o.reports.List(t.Context(), psp.ReportFilter{ConnectionID: conn, After: "x"})
	wantKind(t, err, errs.Invalid)
}

func TestSightingsThatNoTerminalHas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.importAll(t, o.known("9000", day(1)))
	for i := range 7 {
		_, err := o.db.Writer().Exec(`INSERT INTO terminal_sightings (connection_id, type, number, psp, first_at, last_at, payments)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, conn, psp.IPG, fmt.Sprint(9000+i), "SEP", day(1).UnixMicro(), day(2+i/3).UnixMicro(), 10+i)
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for after := ""; ; {
		page, err := o.terminals.Unregistered(t.Context(), conn, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.Sightings {
			got = append(got, s.Number)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if want := []string{"9006", "9005", "9004", "9003", "9002", "9001"}; !slices.Equal(got, want) {
		t.Errorf("unregistered = %v, want %v", got, want)
	}
}

func TestCreateChecksAtTheField(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	disabled := psp.Account{UUID: uuid.NewString(), Name: "Closed", PSP: "SEP"}
	o.provider.accounts = append(o.provider.accounts, disabled)
	if err := o.directory.Refresh(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, field, msg string
		change           func(*psp.NewTerminal)
	}{
		{"type", "terminal_type", "psp.terminal.type_invalid", func(n *psp.NewTerminal) { n.Type = 2 }},
		{"no account", "psp_account_uuid", "psp.terminal.account_required", func(n *psp.NewTerminal) { n.AccountUUID = "" }},
		{"unknown account", "psp_account_uuid", "psp.terminal.account_unknown", func(n *psp.NewTerminal) { n.AccountUUID = uuid.NewString() }},
		{"disabled account", "psp_account_uuid", "psp.terminal.account_disabled", func(n *psp.NewTerminal) { n.AccountUUID = disabled.UUID }},
		{"no number", "terminal_number", "psp.terminal.number_digits", func(n *psp.NewTerminal) { n.Number = " " }},
		{"letters", "terminal_number", "psp.terminal.number_digits", func(n *psp.NewTerminal) { n.Number = "12a" }},
		{"21 digits", "terminal_number", "psp.terminal.number_digits", func(n *psp.NewTerminal) { n.Number = strings.Repeat("1", 21) }},
		{"acceptor 0", "acceptor_code", "psp.terminal.acceptor_code_range", func(n *psp.NewTerminal) { n.AcceptorCode = 0 }},
		{"acceptor 2^31", "acceptor_code", "psp.terminal.acceptor_code_range", func(n *psp.NewTerminal) { n.AcceptorCode = 1 << 31 }},
		{"description", "description", "psp.text_too_long", func(n *psp.NewTerminal) { n.Description = strings.Repeat("ش", 501) }},
		{"bidi", "description", "psp.text_characters", func(n *psp.NewTerminal) { n.Description = "a\u202e" }},
		{"no start", "start_fetch_time", "psp.terminal.start_required", func(n *psp.NewTerminal) { n.StartFetchTime = time.Time{} }},
		{"old start", "start_fetch_time", "psp.terminal.start_too_early", func(n *psp.NewTerminal) { n.StartFetchTime = day(1).AddDate(-12, 0, 0) }},
		{"future", "start_fetch_time", "psp.terminal.start_future", func(n *psp.NewTerminal) { n.StartFetchTime = time.Now().Add(25 * time.Hour) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newTerminal("800")
			tt.change(&n)
			creation, err := o.terminals.Create(t.Context(), clerk, psp.CreateTerminal{ConnectionID: conn, FormKey: formKey(), NewTerminal: n})
			wantKind(t, err, errs.Invalid)
			if fields := errs.FieldsOf(err); len(fields) != 1 || fields[0].Name != tt.field || fields[0].Msg != tt.msg {
				t.Errorf("fields = %+v, want %s: %s", fields, tt.field, tt.msg)
			}
			if creation.CommandID != 0 {
				t.Errorf("command = %d, want none", creation.CommandID)
			}
		})
	}
	if calls := o.provider.called("CreateTerminal"); calls != 0 {
		t.Errorf("creations = %d, want none", calls)
	}
	if acts := o.acts(t); len(acts) != 0 {
		t.Errorf("trail = %q, want none", acts)
	}
}

func TestNumbersAreFoldedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	created, err := o.terminals.Create(t.Context(), audit.Actor{UserID: 3, Name: "x"}, psp.CreateTerminal{
		ConnectionID: conn, FormKey: formKey(), NewTerminal: newTerminal("۴۲۴ ۵-۴٤٤"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.provider.terminals[created.UUID].Number; got != "4245444" {
		t.Errorf("number sent = %q, want 4245444", got)
	}
}

// TestALiveAnswerIsShownThoughItCannotBeCopied: a database that takes no writes (a full disk) does not take the page away.
func TestALiveAnswerIsShownThoughItCannotBeCopied(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.known("4301", day(6))
	o.importAll(t, id)
	renamed := o.provider.terminals[id]
	renamed.Description = "moved"
	o.provider.terminals[id] = renamed
	for _, table := range []string{"terminals", "psps", "psp_accounts"} {
		for _, act := range []string{"INSERT", "UPDATE"} {
			_, err := o.db.Writer().Exec(fmt.Sprintf("CREATE TRIGGER full_%s_%s BEFORE %s ON %s BEGIN SELECT raise(ABORT, 'full'); END", table, act, act, table))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if live, fresh, err := o.terminals.Get(t.Context(), conn, id); err != nil || live.Description != "moved" || fresh.Problem != "" {
		t.Errorf("terminal = %+v, %+v, %v, want it live", live, fresh, err)
	}
	if _, fresh, err := o.directory.PSP(t.Context(), conn, 0); err != nil || fresh.Problem != "" {
		t.Errorf("PSP = %+v, %v, want it live", fresh, err)
	}
	if _, fresh, err := o.directory.Account(t.Context(), conn, accountUUID); err != nil || fresh.Problem != "" {
		t.Errorf("account = %+v, %v, want it live", fresh, err)
	}
}
