package killtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"payportal/internal/audit"
	"payportal/internal/command"
	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/internal/seal"
	"payportal/store"
)

const (
	connection  = 1
	accountUUID = "a798ad80-b8ff-4000-9372-007ed6422163"
	number      = "4245444"
	// ringKey seals nothing but the test databases.
	ringKey = "dGVzdCBrZXkgb2YgMzIgYnl0ZXMsIG5vdCBzZWNyZXQ="
)

var clerk = audit.Actor{UserID: 1, Name: "clerk"}

// job is what a child is told to do, in the environment.
type job struct {
	DB, URL, Key string
	// Keyed asks for the side effect that the provider promises to do once for a key; else a terminal is created.
	Keyed bool
}

// said is what a child tells on standard output when it survives: what its user was told.
type said struct {
	State command.State
	Error string
}

// portal is the wiring of a child, and of the parent when it looks at the child's database.
type portal struct {
	db        *store.DB
	commands  *command.Service
	terminals *psp.Terminals
}

func openPortal(ctx context.Context, path, url string) (*portal, error) {
	db, err := store.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	ring, err := seal.ParseKeys(ringKey)
	if err != nil {
		return nil, err
	}
	if err := db.UseKeys(ctx, ring); err != nil {
		return nil, err
	}
	remote := client{url: url}
	commands := command.New(db, psp.TerminalCreation(remote), remote.keyedKind())
	return &portal{db: db, commands: commands, terminals: psp.NewTerminals(db, remote, commands)}, nil
}

// run is the child: recover as at a start, then send the form, as the browser's retry would.
func (j job) run(ctx context.Context) (said, error) {
	p, err := openPortal(ctx, j.DB, j.URL)
	if err != nil {
		return said{}, err
	}
	if _, err := p.commands.Recover(ctx, command.AtStart); err != nil {
		return said{}, fmt.Errorf("recover: %w", err)
	}
	var state command.State
	if j.Keyed {
		var c command.Command
		c, err = p.commands.Do(ctx, command.Intent{
			Kind: "keyed", ConnectionID: connection, Key: j.Key, Actor: clerk, Request: struct{ Number string }{number},
		})
		state = c.State
	} else {
		var creation psp.Creation
		creation, err = p.terminals.Create(ctx, clerk, psp.CreateTerminal{ConnectionID: connection, FormKey: j.Key, NewTerminal: psp.NewTerminal{
			Type: psp.POS, AccountUUID: accountUUID, Number: number, AcceptorCode: 213, Enabled: true, StartFetchTime: start,
		}})
		state = creation.State
	}
	if err != nil {
		return said{State: state, Error: err.Error()}, nil
	}
	return said{State: state}, nil
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// childMain runs a job from the environment and prints what the user was told.
func childMain(text string) int {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	told, err := j.run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		return 2
	}
	return 0
}

// client speaks to the provider of the test over real HTTP. Only what these tests need is there.
type client struct {
	psp.Provider
	url string
}

func (c client) PSPReporting(context.Context, int64) (psp.Provider, error) { return c, nil }

func (c client) CreateTerminal(ctx context.Context, n psp.NewTerminal) (psp.Terminal, error) {
	made, err := c.post(ctx, "/terminals", effect{Number: n.Number})
	return c.terminal(made), err
}

func (c client) Terminal(ctx context.Context, uuid string) (psp.Terminal, []byte, error) {
	made, found, err := c.get(ctx, "/terminals/"+uuid)
	if err == nil && !found {
		err = errs.New(errs.NotFound, "read terminal", "", nil)
	}
	return c.terminal(made), nil, err
}

func (c client) terminal(e effect) psp.Terminal {
	return psp.Terminal{
		UUID: e.UUID, Type: psp.POS, AccountUUID: accountUUID, PSP: "SEP", Number: e.Number, AcceptorCode: 213, Enabled: true,
		CreatedAt: e.CreatedAt, StartFetchTime: start,
	}
}

// keyedKind is a side effect that the provider promises to do once for a key, and that can be looked up by it.
func (c client) keyedKind() command.Kind {
	return command.Kind{
		Name: "keyed", Timeout: 10 * time.Second, Resend: time.Hour,
		Send: func(ctx context.Context, cmd command.Command) (command.Result, error) {
			made, err := c.post(ctx, "/keyed", effect{Key: cmd.Key})
			return keyedResult(made), err
		},
		Find: func(ctx context.Context, cmd command.Command) (command.Result, bool, error) {
			made, found, err := c.get(ctx, "/keyed/"+cmd.Key)
			return keyedResult(made), found, err
		},
	}
}

func keyedResult(e effect) command.Result {
	return command.Result{Object: "effect:" + e.UUID, Answer: e}
}

func (c client) post(ctx context.Context, path string, asked effect) (effect, error) {
	body, err := json.Marshal(asked)
	if err != nil {
		return effect{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(body))
	if err != nil {
		return effect{}, err
	}
	answer, err := http.DefaultClient.Do(request)
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return effect{}, errs.New(errs.Unavailable, "post", "", err)
	}
	if err != nil {
		return effect{}, errs.New(errs.Indeterminate, "post", "", err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode >= 500:
		return effect{}, errs.New(errs.Indeterminate, "post", "", nil)
	case answer.StatusCode >= 400:
		return effect{}, errs.New(errs.Declined, "post", "", nil)
	}
	var made effect
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil {
		return effect{}, errs.New(errs.Indeterminate, "post", "", err)
	}
	return made, nil
}

func (c client) get(ctx context.Context, path string) (effect, bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return effect{}, false, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return effect{}, false, errs.New(errs.Unavailable, "get", "", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotFound {
		return effect{}, false, nil
	}
	var made effect
	err = json.NewDecoder(answer.Body).Decode(&made)
	return made, err == nil, err
}
