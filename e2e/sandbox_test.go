package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// The sandbox's control, over HTTP: provider/sandbox/README.md lists the orders.

// order sends an order and reads the answer into answer, unless that is nil. It may be sent when the test is over.
func (p *process) order(t *testing.T, method, path string, body, answer any) {
	t.Helper()
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, p.sandbox+"/_control/"+path, content)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s: %s", method, path, response.Status, text)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
}

// fault is a bad day of the provider.
type fault struct {
	Kind        string `json:"kind"`
	Service     string `json:"service,omitempty"`
	Method      string `json:"method,omitempty"`
	Path        string `json:"path,omitempty"`
	Times       int    `json:"times,omitempty"`
	Status      int    `json:"status,omitempty"`
	AfterEffect bool   `json:"after_effect,omitempty"`
	Body        string `json:"body,omitempty"`
}

// inject makes the provider fail until the test ends or clears it.
func (p *process) inject(t *testing.T, f fault) {
	t.Helper()
	p.order(t, "POST", "faults", f, nil)
	t.Cleanup(func() {
		r, err := http.NewRequest("DELETE", p.sandbox+"/_control/faults", nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := http.DefaultClient.Do(r); err == nil { // the demo of one test alone may be gone already
			response.Body.Close()
		}
	})
}

// mend ends all faults.
func (p *process) mend(t *testing.T) {
	t.Helper()
	p.order(t, "DELETE", "faults", nil, nil)
}

// created are the terminals that the provider has truly created.
func (p *process) created(t *testing.T) []map[string]any {
	t.Helper()
	var effects []map[string]any
	p.order(t, "GET", "effects?kind=terminal_created", nil, &effects)
	return effects
}

// providerTerminals are all terminals that the provider has.
func (p *process) providerTerminals(t *testing.T) []map[string]any {
	t.Helper()
	var terminals []map[string]any
	p.order(t, "GET", "psp_reporting/terminals", nil, &terminals)
	return terminals
}

// putReport adds a report in a state and gives its UUID.
func (p *process) putReport(t *testing.T, status int) string {
	t.Helper()
	var report map[string]any
	p.order(t, "POST", "psp_reporting/reports", map[string]any{"status": status}, &report)
	uuid, _ := report["uuid"].(string)
	if uuid == "" {
		t.Fatalf("the report has no uuid: %v", report)
	}
	return uuid
}

// setReport puts a report into another state.
func (p *process) setReport(t *testing.T, uuid string, status int) {
	t.Helper()
	p.order(t, "POST", fmt.Sprintf("psp_reporting/reports/%s", uuid), map[string]any{"status": status}, nil)
}
