package inquiry

import (
	"cmp"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"payportal/provider/sandbox"
)

// ServiceName scopes faults and journal entries of this API.
const ServiceName = "inquiry"

// BasePath is the path of the documented base URL; the listener answers below it alone.
const BasePath = "/api/v1"

// EffectInquiry is the kind of the ledger's entries for inquiries that were carried out, whatever was answered. The key is
// the number that was asked about: the card, the IBAN, "bank_id/account_number", "amount/source_bank_id/destination_bank_id".
const EffectInquiry = "inquiry"

// DefaultSlowBank is how much longer the slow bank takes.
const DefaultSlowBank = 3 * time.Second

// Scopes of the endpoints, as documented.
const (
	ScopeCardToIBAN    = "inquiry.card_to_iban.read"
	ScopeAccountToIBAN = "inquiry.account_number_to_iban.read"
	ScopeIBANInquiry   = "inquiry.iban_inquiry.read"
	ScopeWage          = "inquiry.wage_estimation.read"
)

// Scopes lists all scopes of this API.
func Scopes() []string {
	return []string{ScopeCardToIBAN, ScopeAccountToIBAN, ScopeIBANInquiry, ScopeWage}
}

// Config is what the sandbox is started with.
type Config struct {
	Engine    *sandbox.Engine
	Authorize sandbox.Authorize
	// Latency delays each answer. The inquiry itself is carried out at once, as at a server whose client may be gone.
	Latency time.Duration
	// SlowBank is how much longer the slow bank takes; zero takes the default.
	SlowBank time.Duration
}

// Server is the imitated API. Safe for concurrent use.
type Server struct {
	engine            *sandbox.Engine
	authorize         sandbox.Authorize
	latency, slowBank atomic.Int64 // time.Duration
}

// New makes the API.
func New(cfg Config) *Server {
	s := &Server{engine: cfg.Engine, authorize: cfg.Authorize}
	s.SetLatency(cfg.Latency)
	s.SetSlowBank(cmp.Or(cfg.SlowBank, DefaultSlowBank))
	return s
}

// SetLatency changes the delay of each answer.
func (s *Server) SetLatency(d time.Duration) { s.latency.Store(int64(d)) }

// SetSlowBank changes how much longer the slow bank takes.
func (s *Server) SetSlowBank(d time.Duration) { s.slowBank.Store(int64(d)) }

// Asked counts the inquiries that were carried out, by the key of EffectInquiry.
func (s *Server) Asked() map[string]int {
	counts := map[string]int{}
	for _, effect := range s.engine.Effects(EffectInquiry) {
		counts[effect.Key]++
	}
	return counts
}

// Service is the API for sandbox.Engine.Serve.
func (s *Server) Service() sandbox.Service {
	routes := []sandbox.Route{
		s.route("/card_to_iban/", ScopeCardToIBAN, s.cardToIBAN),
		s.route("/account_number_to_iban/", ScopeAccountToIBAN, s.accountToIBAN),
		s.route("/iban_inquiry/", ScopeIBANInquiry, s.inquireIBAN),
		s.route("/wage-estimation/", ScopeWage, s.estimateWage),
	}
	return sandbox.Service{Name: ServiceName, Control: s.control(), Handler: appendSlash(routes, sandbox.TomanAPI(s.authorize, routes))}
}

// appendSlash sends a path without its last slash to the one with it, as Django does by default: before any token is
// looked at, and with a redirect that makes a GET of a POST.
func appendSlash(routes []sandbox.Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, route := range routes {
			if r.URL.Path == strings.TrimSuffix(route.Path, "/") {
				http.Redirect(w, r, route.Path, http.StatusMovedPermanently)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// answer is what an inquiry comes to.
type answer struct {
	status int
	body   any
	// late is the time that it takes besides the latency.
	late time.Duration
}

func (s *Server) route(path, scope string, inquire func(fields map[string]any) answer) sandbox.Route {
	return sandbox.Route{
		Method: http.MethodPost, Path: BasePath + path, Scope: scope,
		Handle: func(w http.ResponseWriter, r *http.Request, _ string) {
			fields, ok := sandbox.ReadFields(w, r)
			if !ok {
				return
			}
			a := inquire(fields)
			wait(r, time.Duration(s.latency.Load())+a.late)
			sandbox.WriteJSON(w, a.status, a.body)
		},
	}
}

// wait ends early for a client that is gone: the inquiry has happened, and nobody reads the answer.
func wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// control is this API's part of the control API, under /_control/inquiry/.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /asked", func(w http.ResponseWriter, _ *http.Request) {
		sandbox.WriteJSON(w, http.StatusOK, s.Asked())
	})
	mux.HandleFunc("POST /settings", func(w http.ResponseWriter, r *http.Request) {
		var order struct {
			LatencyMS  *int64 `json:"latency_ms"`
			SlowBankMS *int64 `json:"slow_bank_ms"`
		}
		if !sandbox.ReadControl(w, r, &order) {
			return
		}
		if order.LatencyMS != nil {
			s.SetLatency(time.Duration(*order.LatencyMS) * time.Millisecond)
		}
		if order.SlowBankMS != nil {
			s.SetSlowBank(time.Duration(*order.SlowBankMS) * time.Millisecond)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
