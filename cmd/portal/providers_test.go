package main

import (
	"log/slog"
	"testing"

	"payportal/internal/connection"
	"payportal/internal/seal"
)

// TestConnectionTestHasEachStepOnce reads the plan of a test: the way to each address, client, user, every scope, a read.
func TestConnectionTestHasEachStepOnce(t *testing.T) {
	definition, err := connection.Parse([]byte(sandboxJSON))
	if err != nil {
		t.Fatal(err)
	}
	c := connection.Connection{Name: definition.Name, Provider: definition.Provider, BaseURLs: definition.BaseURLs, Settings: definition.Settings}
	clients, err := clientBuilder{log: slog.New(slog.DiscardHandler), observer: newMetrics()}.build(c, definition.Credentials)
	if err != nil {
		t.Fatal(err)
	}
	defer clients.Close()
	names := map[string]int{}
	seen := map[string]bool{}
	for _, check := range clients.Checks() {
		if seen[check.ID()] {
			t.Errorf("step %s stands twice in the test", check.ID())
		}
		seen[check.ID()] = true
		names[check.Name]++
	}
	want := map[string]int{
		connection.StepAddress: 2, connection.StepTLS: 2, connection.StepClient: 1, connection.StepUser: 1,
		connection.StepScope: len(connection.TomanScopes()),
	}
	for name, n := range want {
		if names[name] != n {
			t.Errorf("%d steps %q, want %d", names[name], name, n)
		}
	}
	if names[connection.StepRead] == 0 {
		t.Error("no harmless read of the API")
	}
}

func TestOtherProvidersHaveNoAdapterYet(t *testing.T) {
	c := connection.Connection{Name: "tupay", Provider: connection.Tupay, BaseURLs: map[string]string{"api": "https://tupay.example"}}
	_, err := clientBuilder{log: slog.New(slog.DiscardHandler), observer: newMetrics()}.build(c,
		connection.Credentials{"access_key": seal.NewSecret("a"), "secret_key": seal.NewSecret("b")})
	if err == nil {
		t.Error("a connection without an adapter was built")
	}
}
