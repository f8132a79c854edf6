package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/store"
	"payportal/store/storetest"
)

var connectionActor = audit.Actor{UserID: 3, Name: "admin"}

// tupayDefinition is a complete definition with canaries in it.
func tupayDefinition(name string) connection.Definition {
	return connection.Definition{
		Name: name, Provider: connection.Tupay, Environment: connection.Staging, BaseURLs: map[string]string{"api": "https://tupay.example"},
		Settings: connection.Settings{Concurrency: 8},
		Credentials: connection.Credentials{
			"access_key": seal.NewSecret("CANARY-ACCESS-" + name), "secret_key": seal.NewSecret("CANARY-SECRET-" + name),
		},
	}
}

func addConnection(t *testing.T, db *store.DB, name string) connection.Connection {
	t.Helper()
	c, err := db.AddConnection(t.Context(), connectionActor, tupayDefinition(name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConnectionRoundTrip(t *testing.T) {
	db := storetest.Open(t)
	added := addConnection(t, db, "b-second")
	addConnection(t, db, "a-first")
	list, err := db.Connections(t.Context())
	if err != nil || len(list) != 2 || list[0].Name != "a-first" {
		t.Errorf("Connections = %+v, %v; want two by name", list, err)
	}
	got, err := db.ConnectionNamed(t.Context(), "b-second")
	if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", added) {
		t.Errorf("ConnectionNamed = %+v, %v; want %+v", got, err, added)
	}
	_, secrets, err := db.ConnectionCredentials(t.Context(), added.ID)
	if err != nil || secrets["secret_key"].Reveal() != "CANARY-SECRET-b-second" || len(secrets) != 2 {
		t.Errorf("credentials = %d, %v; want both as given", len(secrets), err)
	}
	if _, err := db.Connection(t.Context(), 99); !errs.Is(err, errs.NotFound) {
		t.Errorf("unknown connection: %v, want not found", err)
	}
	if _, _, err := db.ConnectionCredentials(t.Context(), 99); !errs.Is(err, errs.NotFound) {
		t.Errorf("credentials of an unknown connection: %v, want not found", err)
	}
	if _, _, err := db.ConnectionVersion(t.Context(), 99); !errs.Is(err, errs.NotFound) {
		t.Errorf("version of an unknown connection: %v, want not found", err)
	}
}

func TestCredentialsAreNotReadableInTheFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portal.db")
	db := storetest.OpenFile(t, path)
	c := addConnection(t, db, "sealed")
	if _, err := db.RotateConnection(t.Context(), connectionActor, c.ID, c.Version, tupayDefinition("other").Credentials); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("CANARY")) {
			t.Errorf("%s holds a credential in the clear", filepath.Base(file))
		}
		if file != path && !bytes.Contains(content, []byte("tupay.example")) {
			t.Error("the log does not hold the connection: this test looks in the wrong place")
		}
	}
}

func TestSealedCredentialsCannotBeSwapped(t *testing.T) {
	db := storetest.Open(t)
	first, second := addConnection(t, db, "first"), addConnection(t, db, "second")
	swaps := []string{
		fmt.Sprintf(`UPDATE connection_credentials SET sealed = (SELECT sealed FROM connection_credentials WHERE connection_id = %d AND key = 'secret_key')
			WHERE connection_id = %d AND key = 'secret_key'`, first.ID, second.ID),
		fmt.Sprintf(`UPDATE connection_credentials SET sealed = (SELECT sealed FROM connection_credentials WHERE connection_id = %d AND key = 'access_key')
			WHERE connection_id = %d AND key = 'secret_key'`, second.ID, second.ID),
	}
	for _, swap := range swaps {
		if _, err := db.Writer().ExecContext(t.Context(), swap); err != nil {
			t.Fatal(err)
		}
		if _, _, err := db.ConnectionCredentials(t.Context(), second.ID); !errs.Is(err, errs.Internal) {
			t.Errorf("after a swap: %v, want internal", err)
		}
	}
}

func TestConnectionChangesAreVersionedAndOnTheTrail(t *testing.T) {
	db := storetest.Open(t)
	c := addConnection(t, db, "versioned")
	rotated, err := db.RotateConnection(t.Context(), connectionActor, c.ID, c.Version, tupayDefinition("new").Credentials)
	if err != nil || rotated.Version != 2 || rotated.RotatedAt.Before(c.RotatedAt) {
		t.Fatalf("rotate = %+v, %v; want version 2", rotated, err)
	}
	if _, secrets, err := db.ConnectionCredentials(t.Context(), c.ID); err != nil || secrets["access_key"].Reveal() != "CANARY-ACCESS-new" {
		t.Errorf("credentials after the rotation: %v, want the new ones", err)
	}
	stale := map[string]error{}
	_, stale["rotate"] = db.RotateConnection(t.Context(), connectionActor, c.ID, c.Version, tupayDefinition("x").Credentials)
	_, stale["change"] = db.ChangeConnection(t.Context(), connectionActor, c.ID, c.Version, connection.Settings{Concurrency: 3})
	_, stale["disable"] = db.SwitchConnection(t.Context(), connectionActor, c.ID, c.Version, true)
	stale["remove"] = db.RemoveConnection(t.Context(), connectionActor, c.ID, c.Version)
	for act, err := range stale {
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("%s of an old version: %v, want conflict", act, err)
		}
	}
	if _, err := db.ChangeConnection(t.Context(), connectionActor, c.ID, 2, connection.Settings{Concurrency: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SwitchConnection(t.Context(), connectionActor, c.ID, 3, true); err != nil {
		t.Fatal(err)
	}
	version, disabled, err := db.ConnectionVersion(t.Context(), c.ID)
	if err != nil || version != 4 || !disabled {
		t.Errorf("version = %d, disabled %v, %v; want 4, disabled", version, disabled, err)
	}
	if err := db.RemoveConnection(t.Context(), connectionActor, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	var trail, facts string
	err = db.Writer().QueryRowContext(t.Context(),
		"SELECT group_concat(act, ' '), group_concat(before || after, '') FROM (SELECT * FROM audit_entries ORDER BY seq)").Scan(&trail, &facts)
	if err != nil {
		t.Fatal(err)
	}
	if want := "connection.add connection.rotate connection.change connection.disable connection.remove"; trail != want {
		t.Errorf("trail = %s, want %s", trail, want)
	}
	if strings.Contains(facts, "CANARY") || !strings.Contains(facts, `"concurrency":3`) {
		t.Errorf("facts = %s, want the settings and no credential", facts)
	}
	var left int
	if err := db.Writer().QueryRowContext(t.Context(), "SELECT count(*) FROM connection_credentials").Scan(&left); err != nil || left != 0 {
		t.Errorf("credentials left after the removal = %d, %v; want 0", left, err)
	}
}

func TestUsedConnectionIsNotRemoved(t *testing.T) {
	db := storetest.Open(t)
	c := addConnection(t, db, "used")
	_, err := db.Writer().ExecContext(t.Context(), "INSERT INTO psps (connection_id, id, name, enabled) VALUES (?, 1, 'SEP', 1)", c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveConnection(t.Context(), connectionActor, c.ID, 0); !errs.Is(err, errs.Conflict) {
		t.Errorf("remove a used connection: %v, want conflict", err)
	}
	if _, err := db.Connection(t.Context(), c.ID); err != nil {
		t.Errorf("after the refusal: %v, want the connection still there", err)
	}
}

func TestConnectionHealthIsKept(t *testing.T) {
	db := storetest.Open(t)
	c := addConnection(t, db, "healthy")
	at := time.Date(2026, 3, 1, 10, 0, 0, 123000, time.UTC)
	for _, h := range []connection.Health{{LastBad: at}, {LastGood: at, Clock: -90 * time.Second, ClockAt: at}} {
		if err := db.SaveConnectionHealth(t.Context(), c.ID, h); err != nil {
			t.Fatal(err)
		}
		all, err := db.ConnectionHealth(t.Context())
		if err != nil || all[c.ID] != h {
			t.Errorf("health = %+v, %v; want %+v", all[c.ID], err, h)
		}
	}
	if err := db.SaveConnectionHealth(t.Context(), 99, connection.Health{LastGood: at}); err != nil {
		t.Errorf("health of a connection that is gone: %v, want nil", err)
	}
}
