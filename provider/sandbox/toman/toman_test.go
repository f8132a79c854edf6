package toman_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"payportal/provider/sandbox"
	"payportal/provider/sandbox/inquiry"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
)

func TestStartServesAllFourHosts(t *testing.T) {
	t.Parallel()
	p, err := toman.Start(t.Context(), toman.Config{Seed: pspreporting.SeedConfig{Payments: 50}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	hosts := map[string]bool{
		p.AuthURL: true, p.PSPReportingURL: true, p.ObjectStorageURL: true, strings.TrimSuffix(p.InquiryURL, inquiry.BasePath): true,
	}
	if len(hosts) != 4 {
		t.Errorf("got hosts %v, want four different ones", hosts)
	}
	for host := range hosts {
		resp, err := http.Get(host + "/_control/clock")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("control API at %s: got %d, want 200", host, resp.StatusCode)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := http.Get(p.AuthURL + "/_control/clock"); err == nil {
		t.Error("after Close the auth host still answers")
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := toman.Start(ctx, toman.Config{Seed: pspreporting.SeedConfig{Payments: 50}})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := p.Close(); err != nil { // waits for the same end
		t.Errorf("close: %v", err)
	}
	if _, err := http.Get(p.PSPReportingURL + "/_control/clock"); err == nil {
		t.Error("after the end of the context the API still answers")
	}
}

func TestStartRefusesATakenAddress(t *testing.T) {
	t.Parallel()
	first, err := toman.Start(t.Context(), toman.Config{Seed: pspreporting.SeedConfig{Payments: 50}})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	taken := strings.TrimPrefix(first.PSPReportingURL, "http://")
	if _, err := toman.Start(t.Context(), toman.Config{PSPReportingAddr: taken, Seed: pspreporting.SeedConfig{Payments: 50}}); err == nil {
		t.Error("a second sandbox on the same address started")
	}
}

// A demo that is started again must still know the terminals of its portal, at the same UUIDs, even if it was killed
// while it kept one.
func TestCreatedAndSeededTerminalsOutliveARestart(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "terminals.jsonl")
	first := startWith(t, state)
	create(t, first, "777")
	want := first.PSPReporting.Terminals()
	first.Close()
	cutLine(t, state)

	second := startWith(t, state)
	got := second.PSPReporting.Terminals()
	if !slices.Equal(got, want) || len(got) != 41 {
		t.Fatalf("got %v after the restart, want %v", got, want)
	}
	if read := get(t, second, signIn(t, second), "/terminals/"+want[40].UUID); read["terminal_number"] != "777" {
		t.Errorf("got %v, want the created terminal", read)
	}
	create(t, second, "888")
	want = second.PSPReporting.Terminals()
	second.Close()

	third := startWith(t, state)
	if got := third.PSPReporting.Terminals(); !slices.Equal(got, want) || len(got) != 42 {
		t.Errorf("got %v after the second restart, want %v", got, want)
	}
	third.PSPReporting.AddPayments(pspreporting.TypePOS, 3000, 0)
	seen := map[any]bool{}
	for _, row := range get(t, third, signIn(t, third), "/payments/pos")["results"].([]any) {
		seen[row.(map[string]any)["terminal_number"]] = true
	}
	if !seen["777"] && !seen["888"] {
		t.Errorf("the created terminals take no part in traffic: %v", seen)
	}
}

func startWith(t *testing.T, state string) *toman.Toman {
	t.Helper()
	// The frozen clock fixes the random traffic too.
	clock := sandbox.FrozenClock(time.Date(2026, 3, 25, 8, 30, 0, 0, time.UTC))
	cfg := toman.Config{Clock: clock, Seed: pspreporting.SeedConfig{Payments: 50}}
	cfg.PSPReporting.StatePath = state
	p, err := toman.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// cutLine leaves what a kill in the midst of a write would.
func cutLine(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("\n{\"uuid\":\"3fa85f64-57"); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, p *toman.Toman, number string) {
	t.Helper()
	token := signIn(t, p)
	account := get(t, p, token, "/psp-accounts")["results"].([]any)[0].(map[string]any)["uuid"].(string)
	body := `{"terminal_type":1,"psp_account_uuid":"` + account + `","terminal_number":"` + number + `","acceptor_code":1,"start_fetch_time":"2026-01-01T00:00:00Z"}`
	req, err := http.NewRequest(http.MethodPost, p.PSPReportingURL+"/terminals/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("create: got %d, want 201", resp.StatusCode)
	}
}

func signIn(t *testing.T, p *toman.Toman) string {
	t.Helper()
	resp, err := http.PostForm(p.AuthURL+"/oauth2/token/", url.Values{
		"grant_type": {"password"}, "username": {toman.Username}, "password": {toman.Password},
		"client_id": {toman.ClientID}, "client_secret": {toman.ClientSecret}, "scope": {strings.Join(pspreporting.Scopes(), " ")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, resp)["access_token"].(string)
}

func get(t *testing.T, p *toman.Toman, token, path string) map[string]any {
	t.Helper()
	req, _ := http.NewRequest(http.MethodGet, p.PSPReportingURL+path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, resp)
}

func decode(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %d, %v, %v, want 200 and JSON", resp.Request.URL.Path, resp.StatusCode, out, err)
	}
	return out
}
