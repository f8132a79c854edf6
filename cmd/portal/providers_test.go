package main

import (
	"log/slog"
	"strings"
	"testing"

	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/iban"
	"payportal/internal/seal"
	sandboxinquiry "payportal/provider/sandbox/inquiry"
)

// TestConnectionTestHasEachStepOnce reads the plan of a test: the way to each address, client, user, every scope, and a
// read of an API whose reads are harmless. An inquiry costs money.
func TestConnectionTestHasEachStepOnce(t *testing.T) {
	const both, inquiry = `"psp_reporting":"http://127.0.0.1:1","inquiry":"http://127.0.0.1:1/api/v1"`, `"inquiry":"http://127.0.0.1:1/api/v1"`
	tests := []struct {
		name, document    string
		addresses, scopes int
		reads             bool
	}{
		{"PSP reporting", sandboxJSON, 2, 7, true},
		{"inquiries", strings.Replace(sandboxJSON, `"psp_reporting":"http://127.0.0.1:1"`, inquiry, 1), 2, 4, false},
		{"both", strings.Replace(sandboxJSON, `"psp_reporting":"http://127.0.0.1:1"`, both, 1), 3, 11, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			definition, err := connection.Parse([]byte(tt.document))
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
				connection.StepAddress: tt.addresses, connection.StepTLS: tt.addresses, connection.StepClient: 1, connection.StepUser: 1,
				connection.StepScope: tt.scopes,
			}
			for name, n := range want {
				if names[name] != n {
					t.Errorf("%d steps %q, want %d", names[name], name, n)
				}
			}
			if got := names[connection.StepRead] > 0; got != tt.reads {
				t.Errorf("reads an API: %v, want %v", got, tt.reads)
			}
		})
	}
}

// TestInquiriesOfAConnection: the pool finds the inquiry API where there is one, and every step of the connection's test passes.
func TestInquiriesOfAConnection(t *testing.T) {
	b := openBench(t)
	id := b.connectionID(t)
	c, err := b.db.Connection(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if c.Settings.Concurrency != demoConcurrency || len(c.Settings.Scopes) != 11 {
		t.Errorf("the demo's connection: %+v, want %d calls at once and the scopes of both APIs", c.Settings, demoConcurrency)
	}
	api, err := b.providers.Inquiry(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	number, err := iban.ParseIBAN(sandboxinquiry.PersonIBAN)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := api.InquireIBAN(t.Context(), number)
	if err != nil || len(answer.Owners) != 1 || answer.Owners[0].Name() != "زهرا محمدی" {
		t.Errorf("inquiry gives %d owners, %v; want the one of the sandbox", len(answer.Owners), err)
	}
	steps, err := b.connections.Test(t.Context(), audit.Actor{Name: "admin"}, id, nil)
	if err != nil || !connection.AllPassed(steps) {
		t.Errorf("connection test: %+v, %v; want all passed", steps, err)
	}
	if asked := b.provider.Inquiry.Asked(); len(asked) != 1 {
		t.Errorf("the provider was asked about %d numbers, want the one above: a test must not inquire", len(asked))
	}
}

// TestDemoFromBeforeInquiries: the second start of an old demo adds a connection for them, and the third nothing.
func TestDemoFromBeforeInquiries(t *testing.T) {
	b := openBenchOn(t, benchKind)
	old := demoDefinition(demoConnection, map[string]string{connection.Auth: b.provider.AuthURL, connection.PSPReporting: b.provider.PSPReportingURL})
	before, err := b.connections.Add(t.Context(), audit.Actor{Name: "demo"}, old)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.providers.Inquiry(t.Context(), before.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("inquiries of a connection without them: %v, want not found", err)
	}
	for range 2 {
		if err := b.seedDemo(t.Context(), b.provider); err != nil {
			t.Fatal(err)
		}
	}
	added, err := b.connections.Named(t.Context(), demoInquiries)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.providers.Inquiry(t.Context(), added.ID); err != nil {
		t.Errorf("inquiries of the new connection: %v", err)
	}
	if all, err := b.connections.List(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%d connections after three starts, %v; want 2", len(all), err)
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
