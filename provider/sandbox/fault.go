package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strconv"
	"sync"
	"time"
)

// FaultKind names a way to misbehave; the words are those of the control API.
type FaultKind string

const (
	// Slow waits DelayMS and then does and answers everything right. A client that gave up meanwhile is not noticed,
	// so that the effect comes late, as at a real server.
	Slow FaultKind = "slow"
	// Hang never answers; the connection is cut when the client goes, the fault is cleared or the engine closes.
	Hang FaultKind = "hang"
	// Status answers Status, Header and Body, by default a JSON detail, and for 502 to 504 the HTML of a proxy.
	Status FaultKind = "status"
	// Reset ends the connection with a TCP reset and no answer.
	Reset FaultKind = "reset"
	// CutJSON answers half of the true JSON document in a complete HTTP answer.
	CutJSON FaultKind = "cut_json"
	// CutBody promises the true Content-Length and closes the connection half way.
	CutBody FaultKind = "cut_body"
	// HTML answers 200 with an HTML page, as a captive proxy does.
	HTML FaultKind = "html"
	// ForeignURL changes the host of the URL under Key ("next" by default) of the true answer to that of URL; a URL
	// with a path replaces the whole value.
	ForeignURL FaultKind = "foreign_url"
	// HugeBody streams a JSON list without end.
	HugeBody FaultKind = "huge_body"
	// InsertRows adds Rows new rows to the asked list and then answers truly.
	InsertRows FaultKind = "insert_rows"
	// WrongShape answers 200 with Body or, without one, with the true answer whose top-level values changed their type.
	WrongShape FaultKind = "wrong_shape"
)

var faultKinds = []FaultKind{Slow, Hang, Status, Reset, CutJSON, CutBody, HTML, ForeignURL, HugeBody, InsertRows, WrongShape}

// Fault is an order to misbehave. Faults are tried in the order in which they were added, and a request meets the first
// that matches and is not used up, never two.
type Fault struct {
	// ID is given by the engine.
	ID int `json:"id"`
	// Kind says how.
	Kind FaultKind `json:"kind"`
	// Service, Method and Path say where; empty matches all. Path is a pattern of path.Match: "/payments/*",
	// "/reports/*/download"; a star does not cross a slash.
	Service string `json:"service,omitempty"`
	Method  string `json:"method,omitempty"`
	Path    string `json:"path,omitempty"`
	// Times is how many requests it strikes; 0 for all until it is cleared.
	Times int `json:"times,omitempty"`
	// Skip lets that many matching requests pass first.
	Skip int `json:"skip,omitempty"`
	// Percent strikes that share of the matching requests at random; 0 means all.
	Percent int `json:"percent,omitempty"`
	// AfterEffect lets the service do its work first, so that the effect happens and only the answer suffers. CutJSON,
	// CutBody, ForeignURL, InsertRows and the default WrongShape always work on the true answer.
	AfterEffect bool `json:"after_effect,omitempty"`
	// DelayMS is the wait of Slow in milliseconds of real time.
	DelayMS int `json:"delay_ms,omitempty"`
	// Status, Header and Body are the answer of a Status fault; Body also serves WrongShape.
	Status int               `json:"status,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"`
	// Key and URL direct a ForeignURL.
	Key string `json:"key,omitempty"`
	URL string `json:"url,omitempty"`
	// Rows is the number of rows of InsertRows, 1 if 0.
	Rows int `json:"rows,omitempty"`
}

// SlowBy delays the answer, and the effect, by d.
func SlowBy(d time.Duration) Fault { return Fault{Kind: Slow, DelayMS: int(d.Milliseconds())} }

// Answer gives the status before any effect.
func Answer(status int) Fault { return Fault{Kind: Status, Status: status} }

// RateLimited answers 429 and asks to come back after d, in whole seconds.
func RateLimited(d time.Duration) Fault {
	return Fault{Kind: Status, Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": strconv.Itoa(int(d.Seconds()))}}
}

// ErrorAfterEffect answers 500 although the effect happened.
func ErrorAfterEffect() Fault {
	return Fault{Kind: Status, Status: http.StatusInternalServerError, AfterEffect: true}
}

// ResetAfterEffect resets the connection although the effect happened.
func ResetAfterEffect() Fault { return Fault{Kind: Reset, AfterEffect: true} }

// At scopes the fault to a method and a path pattern; empty means any.
func (f Fault) At(method, pattern string) Fault {
	f.Method, f.Path = method, pattern
	return f
}

// Of scopes the fault to a service.
func (f Fault) Of(service string) Fault {
	f.Service = service
	return f
}

// For limits the fault to the next n matching requests.
func (f Fault) For(n int) Fault {
	f.Times = n
	return f
}

func (f Fault) check() error {
	if !slices.Contains(faultKinds, f.Kind) {
		return fmt.Errorf("unknown fault kind %q: want one of %v", f.Kind, faultKinds)
	}
	if _, err := path.Match(f.Path, ""); err != nil {
		return fmt.Errorf("path pattern %q: %w", f.Path, err)
	}
	if f.Kind == Status && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("status %d is no final HTTP status", f.Status)
	}
	if f.Kind == ForeignURL && f.URL == "" {
		return fmt.Errorf("a %s needs a url", ForeignURL)
	}
	if f.Percent < 0 || f.Percent > 100 || f.Times < 0 || f.Skip < 0 || f.Rows < 0 || f.DelayMS < 0 {
		return fmt.Errorf("percent, times, skip, rows and delay_ms are not negative, percent is 100 at most")
	}
	return nil
}

func (f Fault) matches(service string, r *http.Request) bool {
	if f.Service != "" && f.Service != service || f.Method != "" && f.Method != r.Method {
		return false
	}
	if f.Path == "" {
		return true
	}
	ok, err := path.Match(f.Path, r.URL.Path)
	return err == nil && ok
}

// armed is a fault in service.
type armed struct {
	Fault
	left    int
	skip    int
	spent   bool
	cleared chan struct{}
}

// faults is the ordered list of faults. A spent one stays until it is cleared, because requests may still hang on it.
type faults struct {
	mu     sync.Mutex
	lastID int
	list   []*armed
}

// take finds the fault that the request meets, and uses it up by one.
func (fs *faults) take(service string, r *http.Request) *armed {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.list {
		if f.spent || !f.matches(service, r) {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		if f.Percent > 0 && rand.IntN(100) >= f.Percent {
			continue
		}
		if f.Times > 0 {
			f.left--
			f.spent = f.left == 0
		}
		return f
	}
	return nil
}

// Inject arms a fault and returns its id. Errors name what is wrong with the order.
func (e *Engine) Inject(f Fault) (int, error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	f.Rows = cmp.Or(f.Rows, 1)
	f.Key = cmp.Or(f.Key, "next")
	fs := &e.faults
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.lastID++
	f.ID = fs.lastID
	fs.list = append(fs.list, &armed{Fault: f, left: f.Times, skip: f.Skip, cleared: make(chan struct{})})
	return f.ID, nil
}

// Faults lists the faults that can still strike, in their order.
func (e *Engine) Faults() []Fault {
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	out := []Fault{}
	for _, f := range e.faults.list {
		if !f.spent {
			out = append(out, f.Fault)
		}
	}
	return out
}

// Clear disarms the fault with this id, or all with 0, and cuts the requests that still hang on one. It reports
// whether there was any.
func (e *Engine) Clear(id int) bool {
	fs := &e.faults
	fs.mu.Lock()
	defer fs.mu.Unlock()
	before := len(fs.list)
	fs.list = slices.DeleteFunc(fs.list, func(f *armed) bool {
		if id != 0 && f.ID != id {
			return false
		}
		close(f.cleared)
		return true
	})
	return len(fs.list) < before
}

// detail is the error body of Django REST framework, which the Toman APIs speak.
func detail(text string) []byte {
	b, err := json.Marshal(map[string]string{"detail": text})
	if err != nil {
		panic(err) // a map of strings always encodes
	}
	return b
}
