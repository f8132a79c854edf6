package tomanauth

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"payportal/provider/sandbox"
)

// tokenAnswer is the documented answer of both grants.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"`
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token"`
}

// refusal is an OAuth error answer.
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
	status      int
}

var (
	invalidClient = &refusal{Error: "invalid_client", status: http.StatusUnauthorized}
	invalidScope  = &refusal{Error: "invalid_scope", status: http.StatusBadRequest}
	wrongPassword = &refusal{Error: "invalid_grant", Description: "Invalid credentials given.", status: http.StatusBadRequest}
	lockedAccount = &refusal{Error: "invalid_grant", Description: "Account locked: too many failed attempts.", status: http.StatusBadRequest}
	deadRefresh   = &refusal{Error: "invalid_grant", Description: "Invalid refresh token.", status: http.StatusBadRequest}
)

func badRequest(code, description string) *refusal {
	return &refusal{Error: code, Description: description, status: http.StatusBadRequest}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != TokenPath:
		sandbox.WriteDetail(w, http.StatusNotFound, "Not found.")
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		sandbox.WriteDetail(w, http.StatusMethodNotAllowed, "Method not allowed.")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	g, refused := s.grantFor(r)
	if refused != nil {
		if refused == invalidClient {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_client"`)
		}
		sandbox.WriteJSON(w, refused.status, refused)
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, tokenAnswer{
		AccessToken: g.access, ExpiresIn: int64(g.accessExpires.Sub(s.clock.Now()).Seconds()), TokenType: "Bearer",
		Scope: strings.Join(g.scopes, " "), RefreshToken: g.refresh,
	})
}

// grantFor checks in the order client, grant type, user or refresh token, scope.
func (s *Server) grantFor(r *http.Request) (*grant, *refusal) {
	if err := r.ParseForm(); err != nil {
		return nil, badRequest("invalid_request", "The form is malformed.")
	}
	form := r.PostForm // never the query: a secret in a URL must not work
	s.mu.Lock()
	defer s.mu.Unlock()
	client, ok := s.client(r, form)
	if !ok {
		return nil, invalidClient
	}
	switch form.Get("grant_type") {
	case "password":
		return s.byPassword(client, form)
	case "refresh_token":
		return s.byRefreshToken(client, form)
	case "":
		return nil, badRequest("invalid_request", "Request is missing grant_type parameter.")
	}
	return nil, badRequest("unsupported_grant_type", "")
}

// client takes the credentials from HTTP Basic, where RFC 6749 §2.3.1 form-encodes them, or else from the body.
func (s *Server) client(r *http.Request, form url.Values) (id string, ok bool) {
	id, secret, basic := r.BasicAuth()
	if basic {
		var err, err2 error
		id, err = url.QueryUnescape(id)
		secret, err2 = url.QueryUnescape(secret)
		if err != nil || err2 != nil {
			return "", false
		}
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	want, known := s.clients[id]
	return id, known && equal(secret, want)
}

func (s *Server) byPassword(client string, form url.Values) (*grant, *refusal) {
	for _, name := range []string{"username", "password"} {
		if form.Get(name) == "" {
			return nil, badRequest("invalid_request", "Request is missing "+name+" parameter.")
		}
	}
	a := s.accounts[form.Get("username")]
	switch {
	case a == nil:
		return nil, wrongPassword
	case a.failures >= s.maxFailures:
		return nil, lockedAccount
	case !equal(form.Get("password"), a.Password):
		a.failures++
		return nil, wrongPassword
	}
	a.failures = 0
	scopes, ok := narrow(form.Get("scope"), a.Scopes)
	if !ok {
		return nil, invalidScope
	}
	return s.issue(a.Username, client, scopes), nil
}

// byRefreshToken uses the token up: the same one never works twice, and the access token issued with it dies too.
func (s *Server) byRefreshToken(client string, form url.Values) (*grant, *refusal) {
	if form.Get("refresh_token") == "" {
		return nil, badRequest("invalid_request", "Missing refresh token parameter.")
	}
	old := s.byRefresh[form.Get("refresh_token")]
	if old == nil || old.client != client || !s.clock.Now().Before(old.refreshExpires) {
		return nil, deadRefresh
	}
	scopes, ok := narrow(form.Get("scope"), old.scopes)
	if !ok {
		return nil, invalidScope
	}
	delete(s.byRefresh, old.refresh)
	delete(s.byAccess, old.access)
	return s.issue(old.username, client, scopes), nil
}

// narrow gives the asked scopes, each of which must be held; no scope parameter asks for all that are held.
func narrow(asked string, held []string) ([]string, bool) {
	scopes := strings.Fields(asked)
	if len(scopes) == 0 {
		return slices.Clone(held), true
	}
	for _, scope := range scopes {
		if !slices.Contains(held, scope) {
			return nil, false
		}
	}
	return scopes, true
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
