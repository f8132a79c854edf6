package pspreporting_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"payportal/provider/sandbox"
	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
)

var noon = time.Date(2026, 3, 25, 8, 30, 0, 0, time.UTC)

// api is a running provider with a frozen clock and few payments, and a token for all of it.
type api struct {
	*toman.Toman
	t     *testing.T
	token string
}

func start(t *testing.T, change ...func(*toman.Config)) *api {
	t.Helper()
	cfg := toman.Config{Clock: sandbox.FrozenClock(noon), Seed: pspreporting.SeedConfig{Payments: 900, Days: 6}}
	for _, f := range change {
		f(&cfg)
	}
	p, err := toman.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	a := &api{Toman: p, t: t}
	a.token = a.signIn(toman.Username, pspreporting.Scopes()...)
	return a
}

func (a *api) signIn(user string, scopes ...string) string {
	a.t.Helper()
	resp, err := http.PostForm(a.AuthURL+"/oauth2/token/", url.Values{
		"grant_type": {"password"}, "username": {user}, "password": {toman.Password},
		"client_id": {toman.ClientID}, "client_secret": {toman.ClientSecret}, "scope": {strings.Join(scopes, " ")},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]string
	json.NewDecoder(resp.Body).Decode(&out) //nolint:errcheck // expires_in is a number; the token is what is needed
	if out["access_token"] == "" {
		a.t.Fatalf("sign in: got %d", resp.StatusCode)
	}
	return out["access_token"]
}

// send wants the status and decodes the answer.
func (a *api) send(want int, method, path, body string) map[string]any {
	a.t.Helper()
	resp, text := a.raw(method, a.PSPReportingURL+path, body, a.token)
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil || resp.StatusCode != want {
		a.t.Fatalf("%s %s: got %d %.300s, want %d and JSON (%v)", method, path, resp.StatusCode, text, want, err)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		a.t.Errorf("%s %s: got Content-Type %q", method, path, got)
	}
	return out
}

func (a *api) raw(method, target, body, token string) (*http.Response, string) {
	a.t.Helper()
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp, string(text)
}

func (a *api) control(want int, path, body string) {
	a.t.Helper()
	resp, text := a.raw("POST", a.PSPReportingURL+"/_control/psp_reporting"+path, body, "")
	if resp.StatusCode != want {
		a.t.Fatalf("control %s: got %d %s, want %d", path, resp.StatusCode, text, want)
	}
}

func keys(t *testing.T, got map[string]any, want ...string) {
	t.Helper()
	for _, name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("got %v, want a field %q", got, name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d fields %v, want %d", len(got), got, len(want))
	}
}

func results(page map[string]any) []map[string]any {
	var out []map[string]any
	for _, row := range page["results"].([]any) {
		out = append(out, row.(map[string]any))
	}
	return out
}

// follow takes the query of a link to another page, as a client must that never leaves its host.
func follow(t *testing.T, link any, path string) string {
	t.Helper()
	u, err := url.Parse(link.(string))
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "http" || u.Host != "repigma-staging.qcluster.org" || u.Path != path {
		t.Errorf("link %s: want http://repigma-staging.qcluster.org%s", link, path)
	}
	return path + "?" + u.RawQuery
}

func TestEachEndpointNeedsItsScope(t *testing.T) {
	t.Parallel()
	a := start(t)
	terminal := a.PSPReporting.Terminals()[0].UUID
	report := a.PSPReporting.Reports(pspreporting.ReportSuccess)[0]
	account := results(a.send(200, "GET", "/psp-accounts", ""))[0]["uuid"].(string)
	endpoints := []struct {
		method, path, scope string
		status              int
	}{
		{"POST", "/terminals/", pspreporting.ScopeTerminalCreate, 415},
		{"GET", "/terminals/" + terminal, pspreporting.ScopeTerminalRead, 200},
		{"GET", "/reports/", pspreporting.ScopeReportList, 200},
		{"GET", "/reports/" + report + "/download", pspreporting.ScopeReportDownload, 200},
		{"GET", "/psps", pspreporting.ScopePSPRead, 200},
		{"GET", "/psps/0", pspreporting.ScopePSPRead, 200},
		{"GET", "/psp-accounts", pspreporting.ScopeAccountRead, 200},
		{"GET", "/psp-accounts/" + account, pspreporting.ScopeAccountRead, 200},
		{"GET", "/payments/ipg", pspreporting.ScopePaymentList, 200},
		{"GET", "/payments/pos", pspreporting.ScopePaymentList, 200},
	}
	for _, granted := range pspreporting.Scopes() {
		token := a.signIn(toman.Username, granted)
		for _, e := range endpoints {
			want := 403
			if e.scope == granted {
				want = e.status
			}
			if resp, _ := a.raw(e.method, a.PSPReportingURL+e.path, "", token); resp.StatusCode != want {
				t.Errorf("%s %s with %s: got %d, want %d", e.method, e.path, granted, resp.StatusCode, want)
			}
		}
	}
	for _, e := range endpoints {
		for _, token := range []string{"", "nonsense"} {
			resp, text := a.raw(e.method, a.PSPReportingURL+e.path, "", token)
			if resp.StatusCode != 401 || !strings.Contains(text, `"detail"`) || resp.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with token %q: got %d %s, want 401", e.method, e.path, token, resp.StatusCode, text)
			}
		}
	}
	a.Engine.Clock().Advance(24 * time.Hour)
	a.send(401, "GET", "/psps", "")
}

func TestPathsAndMethodsAreTheDocumentedOnes(t *testing.T) {
	t.Parallel()
	a := start(t)
	terminal := a.PSPReporting.Terminals()[0].UUID
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/terminals/", 405}, // there is no list of terminals
		{"PUT", "/terminals/" + terminal, 405},
		{"PATCH", "/terminals/" + terminal, 405},
		{"POST", "/reports/", 405},
		{"POST", "/payments/ipg", 405},
		{"POST", "/terminals", 404},
		{"GET", "/terminals/" + terminal + "/", 404},
		{"GET", "/reports", 404},
		{"GET", "/payments/ipg/", 404},
		{"GET", "/payments/0", 404},
		{"GET", "/", 404},
		{"GET", "/psps/", 200},
		{"GET", "/psp-accounts/", 200},
	} {
		if resp, text := a.raw(tt.method, a.PSPReportingURL+tt.path, "", a.token); resp.StatusCode != tt.want {
			t.Errorf("%s %s: got %d %s, want %d", tt.method, tt.path, resp.StatusCode, text, tt.want)
		}
	}
}

func TestPSPs(t *testing.T) {
	t.Parallel()
	a := start(t, func(c *toman.Config) { c.PSPReporting.PageSize = 4 })
	first := a.send(200, "GET", "/psps", "")
	keys(t, first, "count", "next", "previous", "results")
	if first["count"] != 6.0 || first["previous"] != nil || len(results(first)) != 4 {
		t.Errorf("first page: got %v", first)
	}
	keys(t, results(first)[0], "id", "name", "enabled")
	if got := results(first)[0]; got["id"] != 0.0 || got["name"] != "SEP" || got["enabled"] != true {
		t.Errorf("got %v, want the PSP with id 0", got)
	}
	second := a.send(200, "GET", follow(t, first["next"], "/psps/"), "")
	if second["next"] != nil || len(results(second)) != 2 || results(second)[1]["enabled"] != false {
		t.Errorf("second page: got %v, want two rows, the last disabled", second)
	}
	if got := second["previous"]; got != "http://repigma-staging.qcluster.org/psps/" {
		t.Errorf("previous of page 2: got %v, want the list without a page", got)
	}
	for _, page := range []string{"3", "0", "-1", "x", "99999999999999999999"} {
		if got := a.send(404, "GET", "/psps?page="+page, ""); got["detail"] != "Invalid page." {
			t.Errorf("page %s: got %v", page, got)
		}
	}
	a.send(200, "GET", "/psps?page=last", "")

	if got := a.send(200, "GET", "/psps/5", ""); got["id"] != 5.0 || got["enabled"] != false {
		t.Errorf("PSP 5: got %v", got)
	}
	for _, id := range []string{"6", "x", "-1", "%2e%2e"} {
		a.send(404, "GET", "/psps/"+id, "")
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	a := start(t)
	first := a.send(200, "GET", "/psp-accounts", "")
	second := a.send(200, "GET", follow(t, first["next"], "/psp-accounts/"), "")
	all := append(results(first), results(second)...)
	if first["count"] != 12.0 || len(all) != 12 {
		t.Fatalf("got %d of %v accounts, want 12", len(all), first["count"])
	}
	var persian, long, disabled int
	for _, row := range all {
		keys(t, row, "uuid", "name", "psp", "enabled", "created_at")
		name := row["name"].(string)
		if strings.ContainsRune(name, 'ا') {
			persian++
		}
		if len([]rune(name)) > 100 {
			long++
		}
		if row["enabled"] == false {
			disabled++
		}
		one := a.send(200, "GET", "/psp-accounts/"+row["uuid"].(string), "")
		if fmt.Sprint(one) != fmt.Sprint(row) {
			t.Errorf("by uuid: got %v, want %v", one, row)
		}
	}
	if persian < 4 || persian > 8 || long != 1 || disabled == 0 {
		t.Errorf("got %d Persian, %d long, %d disabled names", persian, long, disabled)
	}
	a.send(404, "GET", "/psp-accounts/3fa85f64-0000-4562-b3fc-2c963f66afa6", "")
	a.send(404, "GET", "/psp-accounts/nonsense", "")
}

func (a *api) newTerminal(change map[string]any) string {
	a.t.Helper()
	fields := map[string]any{
		"terminal_type": 1, "psp_account_uuid": results(a.send(200, "GET", "/psp-accounts", ""))[0]["uuid"],
		"terminal_number": "4221344", "acceptor_code": 213, "enabled": true, "description": nil,
		"start_fetch_time": "2024-11-24T05:23:22.609789+03:30",
	}
	for name, value := range change {
		fields[name] = value
		if value == "ABSENT" {
			delete(fields, name)
		}
	}
	body, err := json.Marshal(fields)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(body)
}

func TestCreateTerminal(t *testing.T) {
	t.Parallel()
	a := start(t)
	before := len(a.PSPReporting.Terminals())
	created := a.send(201, "POST", "/terminals/", a.newTerminal(nil))
	keys(t, created, "uuid", "terminal_type", "psp_account_uuid", "psp", "terminal_number", "acceptor_code", "enabled", "description", "created_at", "start_fetch_time")
	for name, want := range map[string]any{
		"terminal_type": 1.0, "psp": "SEP", "terminal_number": "4221344", "acceptor_code": 213.0, "enabled": true, "description": nil,
		"created_at": "2026-03-25T08:30:00Z", "start_fetch_time": "2024-11-24T01:53:22.609789Z",
	} {
		if created[name] != want {
			t.Errorf("%s: got %v, want %v", name, created[name], want)
		}
	}
	uuid := created["uuid"].(string)
	if read := a.send(200, "GET", "/terminals/"+uuid, ""); fmt.Sprint(read) != fmt.Sprint(created) {
		t.Errorf("read back: got %v, want %v", read, created)
	}
	effects := a.Engine.Effects(pspreporting.EffectTerminalCreated)
	if len(effects) != 1 || effects[0].Key != uuid || len(a.PSPReporting.Terminals()) != before+1 {
		t.Errorf("effects: got %v, want the one terminal", effects)
	}
	// The word "null" of the document's sample is a text like any other.
	if got := a.send(201, "POST", "/terminals/", a.newTerminal(map[string]any{"terminal_number": "1", "description": "null"})); got["description"] != "null" {
		t.Errorf("description: got %v", got["description"])
	}
	a.send(404, "GET", "/terminals/3fa85f64-5717-0000-b3fc-2c963f66afa6", "")
}

func TestCreateTerminalRefusals(t *testing.T) {
	t.Parallel()
	a := start(t)
	const required = "This field is required."
	for _, tt := range []struct {
		field string
		value any
		want  string
	}{
		{"terminal_type", "ABSENT", required},
		{"terminal_type", 2, `"2" is not a valid choice.`},
		{"terminal_type", "pos", `"pos" is not a valid choice.`},
		{"psp_account_uuid", "ABSENT", required},
		{"psp_account_uuid", nil, "This field may not be null."},
		{"psp_account_uuid", "a798ad80-kkff-0000-9372-007ed6422163", "Must be a valid UUID."},
		{"psp_account_uuid", "a798ad80-b8ff-0000-9372-007ed6422163", `Invalid pk "a798ad80-b8ff-0000-9372-007ed6422163" - object does not exist.`},
		{"terminal_number", "ABSENT", required},
		{"terminal_number", "  ", "This field may not be blank."},
		{"terminal_number", true, "Not a valid string."},
		{"terminal_number", strings.Repeat("9", 33), "Ensure this field has no more than 32 characters."},
		{"acceptor_code", "ABSENT", required},
		{"acceptor_code", "12a", "A valid integer is required."},
		{"acceptor_code", 1.5, "A valid integer is required."},
		{"acceptor_code", []int{1}, "A valid integer is required."},
		{"acceptor_code", -1, "Ensure this value is greater than or equal to 0."},
		{"enabled", "perhaps", "Must be a valid boolean."},
		{"description", 5, "Not a valid string."},
		{"start_fetch_time", "ABSENT", required},
		{"start_fetch_time", "yesterday", "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."},
	} {
		got := a.send(400, "POST", "/terminals/", a.newTerminal(map[string]any{tt.field: tt.value}))
		keys(t, got, tt.field)
		if messages, _ := got[tt.field].([]any); len(messages) != 1 || messages[0] != tt.want {
			t.Errorf("%s = %v: got %v, want %q", tt.field, tt.value, got, tt.want)
		}
	}
	if got := a.send(400, "POST", "/terminals/", `{"terminal_type":`); !strings.HasPrefix(got["detail"].(string), "JSON parse error") {
		t.Errorf("cut JSON: got %v", got)
	}
	keys(t, a.send(400, "POST", "/terminals/", `{}`), "terminal_type", "psp_account_uuid", "terminal_number", "acceptor_code", "start_fetch_time")
	if got := len(a.Engine.Effects("")); got != 0 {
		t.Errorf("got %d effects of refused requests, want 0", got)
	}
}

func TestDuplicateTerminals(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.send(201, "POST", "/terminals/", a.newTerminal(nil))
	keys(t, a.send(400, "POST", "/terminals/", a.newTerminal(nil)), "non_field_errors")
	other := results(a.send(200, "GET", "/psp-accounts", ""))[1]["uuid"]
	a.send(201, "POST", "/terminals/", a.newTerminal(map[string]any{"psp_account_uuid": other}))
	a.control(204, "/settings", `{"allow_duplicates":true}`)
	a.send(201, "POST", "/terminals/", a.newTerminal(nil))
	if got := len(a.Engine.Effects(pspreporting.EffectTerminalCreated)); got != 3 {
		t.Errorf("got %d effects, want 3", got)
	}
}

func TestAnswerLostAfterTheEffect(t *testing.T) {
	t.Parallel()
	a := start(t)
	body := a.newTerminal(nil)
	if _, err := a.Engine.Inject(sandbox.ErrorAfterEffect().At("POST", "/terminals/").For(1)); err != nil {
		t.Fatal(err)
	}
	a.send(500, "POST", "/terminals/", body)
	effects := a.Engine.Effects(pspreporting.EffectTerminalCreated)
	if len(effects) != 1 {
		t.Fatalf("got %d effects, want 1", len(effects))
	}
	a.send(200, "GET", "/terminals/"+effects[0].Key, "")
	keys(t, a.send(400, "POST", "/terminals/", body), "non_field_errors")
}

func TestPaymentRows(t *testing.T) {
	t.Parallel()
	a := start(t)
	for kind, name := range []string{"ipg", "pos"} {
		page := a.send(200, "GET", "/payments/"+name, "")
		keys(t, page, "count", "next", "previous", "results")
		if got, want := page["count"], float64(a.PSPReporting.CountPayments(kind)); got != want || page["previous"] != nil {
			t.Errorf("%s: got count %v and previous %v, want %v and null", name, got, page["previous"], want)
		}
		if len(results(page)) != 100 {
			t.Errorf("%s: got %d rows, want 100", name, len(results(page)))
		}
		last := "9"
		for _, row := range results(page) {
			keys(t, row, "id", "amount", "masked_paid_card_number", "terminal_number", "transaction_datetime", "status", "psp")
			at := row["transaction_datetime"].(string)
			if at > last || at > noon.Format(time.RFC3339) {
				t.Errorf("%s: %s after %s: want newest first, none from the future", name, at, last)
			}
			last = at
			if amount := row["amount"].(float64); amount < 1000 || amount != float64(int64(amount)) {
				t.Errorf("amount: got %v", amount)
			}
			if !regexp.MustCompile(`^\d{6}\*{6}\d{4}$`).MatchString(row["masked_paid_card_number"].(string)) {
				t.Errorf("card: got %v", row["masked_paid_card_number"])
			}
			checkULID(t, row["id"].(string), at)
		}
	}
}

// checkULID wants the id's time shortly after the transaction's, as in the document's example.
func checkULID(t *testing.T, id, at string) {
	t.Helper()
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	if len(id) != 26 {
		t.Fatalf("id %q: want 26 letters", id)
	}
	var ms int64
	for _, letter := range id[:10] {
		ms = ms<<5 | int64(strings.IndexRune(alphabet, letter))
	}
	transacted, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	if lag := time.UnixMilli(ms).Sub(transacted); lag < 0 || lag > time.Minute {
		t.Errorf("id %s of %s: its time is %v later", id, at, lag)
	}
}

func (a *api) walk(path string, between func(page int)) []string {
	a.t.Helper()
	var ids []string
	next := path
	for page := 0; ; page++ {
		got := a.send(200, "GET", next, "")
		for _, row := range results(got) {
			ids = append(ids, row["id"].(string))
		}
		if got["next"] == nil {
			return ids
		}
		next = follow(a.t, got["next"], path)
		between(page)
	}
}

func TestPaymentPagesHoldEachRowOnce(t *testing.T) {
	t.Parallel()
	a := start(t)
	got := a.walk("/payments/pos", func(int) {})
	want := a.PSPReporting.PaymentIDs(pspreporting.TypePOS)
	if len(got) < 400 || strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("walked %d rows, want the %d of the list in its order", len(got), len(want))
	}
}

func TestPaymentsOfOneSecondAreInTheOrderOfTheirIDs(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.PSPReporting.AddPayments(pspreporting.TypePOS, 250, time.Second)
	newest := a.walk("/payments/pos", func(int) {})[:250]
	for i := 1; i < len(newest); i++ {
		if newest[i-1] <= newest[i] {
			t.Fatalf("%s stands before %s, want the greatest id first", newest[i-1], newest[i])
		}
	}
}

// The cursor names a row: rows that come on top while a client pages neither repeat nor hide a row.
func TestPaymentPagesAreStableUnderInsertion(t *testing.T) {
	t.Parallel()
	a := start(t)
	want := a.PSPReporting.PaymentIDs(pspreporting.TypeIPG)
	got := a.walk("/payments/ipg", func(page int) {
		switch page {
		case 0:
			a.control(201, "/payments", `{"type":"ipg","count":150}`)
		case 1:
			if _, err := a.Engine.Inject(sandbox.Fault{Kind: sandbox.InsertRows, Rows: 7}.At("GET", "/payments/ipg")); err != nil {
				t.Fatal(err)
			}
		}
	})
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("walked %d rows, want exactly the %d that were there at the start", len(got), len(want))
	}
	if added := a.PSPReporting.CountPayments(pspreporting.TypeIPG) - len(want); added < 157 {
		t.Errorf("got %d rows added while paging, want 157 or more", added)
	}
}

func TestLatePaymentsAppearInTheMidst(t *testing.T) {
	t.Parallel()
	a := start(t)
	id := a.PSPReporting.AddPayments(pspreporting.TypeIPG, 1, 48*time.Hour)[0]
	ids := a.walk("/payments/ipg", func(int) {})
	for i, got := range ids {
		if got == id && i > 50 {
			return
		}
	}
	t.Error("the late row is not in the midst of the list")
}

func TestPaymentsCanBePagedBackwards(t *testing.T) {
	t.Parallel()
	a := start(t)
	first := a.send(200, "GET", "/payments/pos", "")
	second := a.send(200, "GET", follow(t, first["next"], "/payments/pos"), "")
	third := a.send(200, "GET", follow(t, second["next"], "/payments/pos"), "")
	back := a.send(200, "GET", follow(t, third["previous"], "/payments/pos"), "")
	if fmt.Sprint(back["results"]) != fmt.Sprint(second["results"]) || back["next"] != second["next"] {
		t.Error("previous of the third page is not the second")
	}
	top := a.send(200, "GET", follow(t, back["previous"], "/payments/pos"), "")
	if fmt.Sprint(top["results"]) != fmt.Sprint(first["results"]) || top["previous"] != nil {
		t.Error("previous of the second page is not the first")
	}
}

func TestForgedCursorsAreRefused(t *testing.T) {
	t.Parallel()
	a := start(t)
	for _, cursor := range []string{"x", "%00", "bz0xJnA9MjAyNC0xMi0xNw", base64.StdEncoding.EncodeToString([]byte("p=2024-12-17 10:02:55+00:00|short")), base64.StdEncoding.EncodeToString([]byte("p=never|01JFA14K25Z6JM78KNT0000ZFD"))} {
		if got := a.send(404, "GET", "/payments/ipg?cursor="+url.QueryEscape(cursor), ""); got["detail"] != "Invalid cursor" {
			t.Errorf("cursor %q: got %v", cursor, got)
		}
	}
	ancient := base64.StdEncoding.EncodeToString([]byte("p=" + url.QueryEscape("1999-12-17 10:02:55+00:00|01JFA14K25Z6JM78KNT0000ZFD")))
	if got := a.send(200, "GET", "/payments/ipg?cursor="+url.QueryEscape(ancient), ""); len(results(got)) != 0 || got["next"] != nil {
		t.Errorf("a cursor before all rows: got %v", got)
	}
}

func TestLivePaymentsFollowTheClock(t *testing.T) {
	t.Parallel()
	a := start(t)
	both := func() int {
		return a.PSPReporting.CountPayments(pspreporting.TypeIPG) + a.PSPReporting.CountPayments(pspreporting.TypePOS)
	}
	a.Engine.Clock().Advance(time.Hour)
	if got := both(); got != 900 {
		t.Fatalf("off by default: got %d payments, want 900", got)
	}
	a.control(204, "/settings", `{"live_per_minute":60}`)
	a.Engine.Clock().Advance(10 * time.Minute)
	if added := both() - 900; added < 500 || added > 700 {
		t.Errorf("got %d payments in ten minutes at 60 a minute", added)
	}
	newest := results(a.send(200, "GET", "/payments/pos", ""))[0]["transaction_datetime"].(string)
	if newest < noon.Add(69*time.Minute).Format(time.RFC3339) {
		t.Errorf("newest: got %s, want about now", newest)
	}
	a.control(204, "/settings", `{"live_per_minute":0}`)
	before := both()
	a.Engine.Clock().Advance(time.Hour)
	if got := both(); got != before {
		t.Errorf("switched off: got %d more payments", got-before)
	}
}

// A terminal that the portal creates is soon seen in payments, its number written as JSON demands.
func TestCreatedTerminalsTakePartInLiveTraffic(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.send(201, "POST", "/terminals/", a.newTerminal(map[string]any{"terminal_number": `7"7\`}))
	a.control(201, "/payments", `{"type":"pos","count":2000}`)
	for _, row := range results(a.send(200, "GET", "/payments/pos", "")) {
		if row["terminal_number"] == `7"7\` && row["psp"] == "SEP" {
			return
		}
	}
	t.Error("the created terminal is in none of 100 new payments")
}

func TestControlRefusesNonsense(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.control(400, "/payments", `{"type":"atm","count":1}`)
	a.control(400, "/payments", `{"type":"ipg","count":-1}`)
	a.control(400, "/reports", `{"status":5}`)
	a.control(400, "/reports/x", `{"status":-1}`)
	a.control(404, "/reports/x", `{"status":2}`)
	a.control(400, "/settings", `{"speed":2}`)
}
