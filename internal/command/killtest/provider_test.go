package killtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// effect is something that really happened at the provider.
type effect struct {
	UUID      string    `json:"uuid"`
	Key       string    `json:"key"`
	Number    string    `json:"number"`
	CreatedAt time.Time `json:"created_at"`
}

// behaviour is how the provider treats the first call of a case; later calls are served honestly.
type behaviour string

const (
	honest  behaviour = "honest"
	refuses behaviour = "refuses"       // 400, no effect
	loses   behaviour = "loses answer"  // the effect, then the connection breaks
	breaks  behaviour = "breaks before" // 500, no effect
	lies    behaviour = "breaks after"  // the effect, then 500
)

// ledger is the truth about one case.
type ledger struct {
	mu      sync.Mutex
	first   behaviour
	calls   int
	effects []effect
}

// provider serves every case under a path of its own: POST and GET /{case}/terminals and /{case}/keyed. Only keyed
// effects are idempotent by their key.
type provider struct {
	mu      sync.Mutex
	ledgers map[string]*ledger
}

func (p *provider) open(name string, first behaviour) *ledger {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &ledger{first: first}
	p.ledgers[name] = l
	return l
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, thing, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	p.mu.Lock()
	l := p.ledgers[name]
	p.mu.Unlock()
	if l == nil {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodPost {
		l.post(w, r, thing == "keyed")
		return
	}
	l.get(w, thing)
}

func (l *ledger) post(w http.ResponseWriter, r *http.Request, keyed bool) {
	var asked effect
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	how := honest
	if l.calls++; l.calls == 1 {
		how = l.first
	}
	switch how {
	case refuses:
		http.Error(w, "no", http.StatusBadRequest)
		return
	case breaks:
		http.Error(w, "oops", http.StatusInternalServerError)
		return
	}
	made := l.make(asked, keyed)
	switch how {
	case loses:
		panic(http.ErrAbortHandler)
	case lies:
		http.Error(w, "oops", http.StatusInternalServerError)
	default:
		_ = json.NewEncoder(w).Encode(made)
	}
}

func (l *ledger) make(asked effect, keyed bool) effect {
	for _, e := range l.effects {
		if keyed && e.Key == asked.Key {
			return e
		}
	}
	asked.UUID, asked.CreatedAt = uuid.NewString(), time.Now().UTC()
	l.effects = append(l.effects, asked)
	return asked
}

// get finds an effect by UUID or, for keyed ones, by key.
func (l *ledger) get(w http.ResponseWriter, path string) {
	_, id, _ := strings.Cut(path, "/")
	for _, e := range l.all() {
		if e.UUID == id || e.Key == id {
			_ = json.NewEncoder(w).Encode(e)
			return
		}
	}
	http.Error(w, "none", http.StatusNotFound)
}

func (l *ledger) all() []effect {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]effect(nil), l.effects...)
}
