package tomanauth

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"payportal/provider/sandbox"
)

// ServiceName scopes faults and journal entries of this API.
const ServiceName = "auth"

// TokenPath is the one endpoint, with its slash at the end.
const TokenPath = "/oauth2/token/"

// Documented lives, and the number of wrong passwords in a row that lock an account (not documented).
const (
	DefaultTokenLife   = 86400 * time.Second
	DefaultRefreshLife = 7 * 24 * time.Hour
	DefaultMaxFailures = 5
)

// Client is a registered OAuth client.
type Client struct {
	ID, Secret string
}

// User is an account that may use the password grant.
type User struct {
	Username string
	Password string
	// Scopes are granted to this user.
	Scopes []string
}

// Config is what the sandbox knows when it starts; zero lives and limits take the defaults.
type Config struct {
	Clock       *sandbox.Clock
	Clients     []Client
	Users       []User
	TokenLife   time.Duration
	RefreshLife time.Duration
	MaxFailures int
}

// account is a user with the memory of wrong passwords.
type account struct {
	User
	failures int
}

// grant is a pair of tokens that were issued together.
type grant struct {
	username       string
	client         string
	scopes         []string
	access         string
	refresh        string
	accessExpires  time.Time
	refreshExpires time.Time
}

// Server is the imitated token endpoint. Safe for concurrent use.
type Server struct {
	clock       *sandbox.Clock
	refreshLife time.Duration
	maxFailures int

	mu        sync.Mutex
	tokenLife time.Duration
	clients   map[string]string
	accounts  map[string]*account
	byAccess  map[string]*grant
	byRefresh map[string]*grant
}

// New makes a token endpoint; cfg.Clock is required.
func New(cfg Config) *Server {
	s := &Server{
		clock:       cfg.Clock,
		tokenLife:   cmp.Or(cfg.TokenLife, DefaultTokenLife),
		refreshLife: cmp.Or(cfg.RefreshLife, DefaultRefreshLife),
		maxFailures: cmp.Or(cfg.MaxFailures, DefaultMaxFailures),
		clients:     map[string]string{},
		accounts:    map[string]*account{},
		byAccess:    map[string]*grant{},
		byRefresh:   map[string]*grant{},
	}
	for _, c := range cfg.Clients {
		s.clients[c.ID] = c.Secret
	}
	for _, u := range cfg.Users {
		s.accounts[u.Username] = &account{User: u}
	}
	return s
}

// Service is this API for sandbox.Engine.Serve.
func (s *Server) Service() sandbox.Service {
	return sandbox.Service{Name: ServiceName, Handler: http.HandlerFunc(s.serve), Control: s.control()}
}

// Authorize judges an access token for a scope; it is a sandbox.Authorize. An empty scope asks only for a live token.
func (s *Server) Authorize(token, scope string) sandbox.Access {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.byAccess[token]
	switch {
	case g == nil || !s.clock.Now().Before(g.accessExpires):
		return sandbox.NoToken
	case scope != "" && !slices.Contains(g.scopes, scope):
		return sandbox.NoScope
	}
	return sandbox.Granted
}

// SetTokenLife changes the life of tokens issued from now on.
func (s *Server) SetTokenLife(life time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenLife = life
}

// ExpireAccessTokens ends the life of all access tokens; refresh tokens stay good.
func (s *Server) ExpireAccessTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.byAccess)
}

// RevokeAll ends all access and refresh tokens.
func (s *Server) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.byAccess)
	clear(s.byRefresh)
}

// PutUser adds the user or replaces the password and scopes of the one with its name, unlocked. Tokens that were
// issued keep the scopes they have.
func (s *Server) PutUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[u.Username] = &account{User: u}
}

// Locked reports whether too many wrong passwords locked the account.
func (s *Server) Locked(username string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[username]
	return a != nil && a.failures >= s.maxFailures
}

// Unlock forgets the wrong passwords of an account and reports whether there is such an account.
func (s *Server) Unlock(username string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[username]
	if a == nil {
		return false
	}
	a.failures = 0
	return true
}

// issue makes a new pair of tokens; the caller holds the lock.
func (s *Server) issue(username, client string, scopes []string) *grant {
	now := s.clock.Now()
	g := &grant{
		username: username, client: client, scopes: scopes, access: newToken(), refresh: newToken(),
		accessExpires: now.Add(s.tokenLife), refreshExpires: now.Add(s.refreshLife),
	}
	s.byAccess[g.access] = g
	s.byRefresh[g.refresh] = g
	return g
}

// newToken has the documented look: 30 letters and digits.
func newToken() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var b strings.Builder
	random := make([]byte, 64)
	for b.Len() < 30 {
		rand.Read(random) //nolint:errcheck // never fails
		for _, x := range random {
			if x &= 63; int(x) < len(alphabet) && b.Len() < 30 {
				b.WriteByte(alphabet[x])
			}
		}
	}
	return b.String()
}
