// Package tomanauth gets and keeps the OAuth 2.0 token of a Toman connection: the password grant (P1), refreshes with
// rotation (P2), one token request for any number of waiting calls, and no second try after refused credentials. Tokens
// stay in memory. It calls no other API and stores nothing.
//
// The adapters of Toman's APIs and cmd/portal import it.
package tomanauth

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/provider/apiclient"
)

// TokenPath is where both grants go, below the auth base URL (P1, P2).
const TokenPath = "/oauth2/token/"

const (
	// early is how long before its end a token is no longer used, longer than any call takes to start; a token of a short
	// life is used for three quarters of it.
	early = time.Minute
	// fetchTime is the time for one token request; waiting callers may give up sooner.
	fetchTime = 30 * time.Second
	// doubt is how long after a 401 the next one is taken to be about something else than an old token.
	doubt = time.Minute
	// firstPause and longestPause bound the time between two logins after the provider refused one: an account that is
	// asked again and again gets locked.
	firstPause   = 5 * time.Minute
	longestPause = 4 * time.Hour
)

// Config says whose token is kept.
type Config struct {
	// Client calls the auth base URL; it has no Authorizer.
	Client *apiclient.Client
	// Connection is the connection's name, for errors.
	Connection                                 string
	Username, Password, ClientID, ClientSecret seal.Secret
	// InBody sends the client's credentials in the form instead of by HTTP Basic.
	InBody bool
	// Scopes are asked for in every password grant.
	Scopes []string
	// Now may be nil, for time.Now.
	Now func() time.Time
}

// Source keeps one connection's token. It is an apiclient.Authorizer, safe for concurrent use.
type Source struct {
	cfg Config
	now func() time.Time
	// oauth has the scopes that are asked for; a test of the connection takes those away that are refused.
	oauth oauth2.Config
	// flight makes one token request of all that are wanted at a time.
	flight singleflight.Group

	mu    sync.Mutex
	token *oauth2.Token
	// droppedAt is when a 401 last made us forget a token.
	droppedAt time.Time
	// refusal is what the provider said to the last login, held until the pause is over.
	refusal error
	pause   time.Duration
	until   time.Time
}

// New makes a source that has no token yet.
func New(cfg Config) *Source {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	style := oauth2.AuthStyleInHeader
	if cfg.InBody {
		style = oauth2.AuthStyleInParams
	}
	return &Source{cfg: cfg, now: cfg.Now, oauth: oauth2.Config{
		ClientID: cfg.ClientID.Reveal(), ClientSecret: cfg.ClientSecret.Reveal(), Scopes: slices.Clone(cfg.Scopes),
		Endpoint: oauth2.Endpoint{TokenURL: cfg.Client.URL(TokenPath), AuthStyle: style},
	}}
}

// Authorize puts a valid token on the request. Its errors are those of the token requests: Forbidden when the provider
// refused the credentials or a scope, Unavailable when it did not answer sensibly.
func (s *Source) Authorize(ctx context.Context, r *http.Request) error {
	token, err := s.get(ctx)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token.AccessToken)
	return nil
}

// Rejected forgets the token that was on the request. It reports true when another one may do: a first 401, or a token
// that has been replaced meanwhile. When the replacement is refused as well, the token is not what is wrong.
func (s *Source) Rejected(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.token == nil || !now.Before(s.token.Expiry) || "Bearer "+s.token.AccessToken != r.Header.Get("Authorization") {
		return true
	}
	if now.Sub(s.droppedAt) >= doubt {
		s.droppedAt = now
		s.token.Expiry = now // the refresh token may still be good
		return true
	}
	return false
}

// get gives the token in hand, or makes or joins the one request for a new one.
func (s *Source) get(ctx context.Context) (*oauth2.Token, error) {
	if token, err := s.inHand(); token != nil || err != nil {
		return token, err
	}
	// The request is nobody's in particular: it goes on when the caller who started it gives up.
	result := s.flight.DoChan("token", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
		defer cancel()
		return s.fetch(ctx)
	})
	select {
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*oauth2.Token), nil
	case <-ctx.Done():
		return nil, s.fail(errs.Unavailable, "provider.failure.timeout", "", ctx.Err())
	}
}

// inHand gives the valid token or the standing refusal, or neither.
func (s *Source) inHand() (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != nil && s.now().Before(s.token.Expiry) {
		return s.token, nil
	}
	if s.refusal != nil && s.now().Before(s.until) {
		return nil, s.refusal
	}
	return nil, nil
}

// fetch refreshes, and falls back to one login where the refresh token is refused.
func (s *Source) fetch(ctx context.Context) (*oauth2.Token, error) {
	if token, err := s.inHand(); token != nil || err != nil {
		return token, err // another flight landed just before
	}
	token, err := s.refresh(ctx)
	if token == nil && err == nil {
		token, err = s.login(ctx, s.scopes())
	}
	return s.settle(token, err)
}

// refresh is P2. It gives neither token nor error when only a login can help.
func (s *Source) refresh(ctx context.Context) (*oauth2.Token, error) {
	s.mu.Lock()
	old := s.token
	s.mu.Unlock()
	if old == nil || old.RefreshToken == "" {
		return nil, nil
	}
	expired := &oauth2.Token{RefreshToken: old.RefreshToken}
	token, err := s.oauth.TokenSource(s.withClient(ctx), expired).Token()
	if err == nil {
		return s.checked(token)
	}
	err = s.explain(err)
	if errs.KindOf(err) == errs.Forbidden {
		s.mu.Lock()
		s.token = nil // the refresh token is spent, too old, or withdrawn
		s.mu.Unlock()
		return nil, nil
	}
	return nil, err
}

// login is P1.
func (s *Source) login(ctx context.Context, scopes []string) (*oauth2.Token, error) {
	conf := oauth2.Config{ClientID: s.oauth.ClientID, ClientSecret: s.oauth.ClientSecret, Endpoint: s.oauth.Endpoint, Scopes: scopes}
	token, err := conf.PasswordCredentialsToken(s.withClient(ctx), s.cfg.Username.Reveal(), s.cfg.Password.Reveal())
	if err != nil {
		return nil, s.explain(err)
	}
	return s.checked(token)
}

// checked refuses an answer that no call could use, and sets Expiry to when the token is to be replaced.
func (s *Source) checked(token *oauth2.Token) (*oauth2.Token, error) {
	if !strings.EqualFold(token.Type(), "Bearer") {
		return nil, s.fail(errs.Unavailable, "provider.failure.unreadable", "", errors.New("token is not a bearer token"))
	}
	if token.ExpiresIn <= 0 {
		return nil, s.fail(errs.Unavailable, "provider.failure.unreadable", "", errors.New("token without a lifetime"))
	}
	life := time.Duration(token.ExpiresIn) * time.Second
	token.Expiry = s.now().Add(life - min(early, life/4))
	return token, nil
}

// settle keeps the token, or the refusal for a pause that grows with each one.
func (s *Source) settle(token *oauth2.Token, err error) (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.token, s.refusal, s.pause = token, nil, 0
		return token, nil
	}
	if errs.KindOf(err) == errs.Forbidden {
		s.pause = min(max(firstPause, 2*s.pause), longestPause)
		s.refusal, s.until = err, s.now().Add(s.pause)
	}
	return nil, err
}

func (s *Source) scopes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.oauth.Scopes
}

func (s *Source) withClient(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, s.cfg.Client.HTTPClient())
}

// explain turns an error of a token request into ours. The provider's own text is left out: it can quote what was sent.
func (s *Source) explain(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return s.fail(errs.Unavailable, "provider.failure."+apiclient.FailureWord(err), "", err)
	}
	cause := &apiclient.StatusError{Status: refused.Response.StatusCode}
	switch refused.ErrorCode {
	case "invalid_grant":
		return s.fail(errs.Forbidden, "provider.user_refused", refused.ErrorCode, cause)
	case "invalid_client", "unauthorized_client":
		return s.fail(errs.Forbidden, "provider.client_refused", refused.ErrorCode, cause)
	case "invalid_scope":
		return s.fail(errs.Forbidden, "provider.scope_refused", refused.ErrorCode, cause)
	}
	switch status := cause.Status; {
	case status == http.StatusTooManyRequests:
		return s.fail(errs.RateLimited, "provider.rate_limited", "", cause)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return s.fail(errs.Forbidden, "provider.client_refused", "", cause)
	}
	return s.fail(errs.Unavailable, "provider.failure.status", "", cause)
}

func (s *Source) fail(kind errs.Kind, msg, code string, cause error) error {
	args := map[string]any{"Connection": s.cfg.Connection, "API": "auth"}
	if msg == "provider.scope_refused" {
		args["Scopes"] = strings.Join(s.scopes(), " ")
	}
	return &errs.Error{Kind: kind, Op: "get token", Msg: msg, Args: args, Code: code, Err: cause}
}
