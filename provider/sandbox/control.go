package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// controlPrefix is where the control API lives on every listener; no imitated API has such a path.
const controlPrefix = "/_control/"

// controlHandler is the control API over HTTP, for tests whose sandbox runs in another process. It speaks JSON and is
// never journaled and never struck by faults.
func (e *Engine) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_control/faults", func(w http.ResponseWriter, _ *http.Request) {
		WriteJSON(w, http.StatusOK, e.Faults())
	})
	mux.HandleFunc("POST /_control/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		if !ReadControl(w, r, &f) {
			return
		}
		id, err := e.Inject(f)
		if err != nil {
			WriteDetail(w, http.StatusBadRequest, err.Error())
			return
		}
		WriteJSON(w, http.StatusCreated, map[string]int{"id": id})
	})
	mux.HandleFunc("DELETE /_control/faults", func(w http.ResponseWriter, _ *http.Request) {
		e.Clear(0)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE /_control/faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || id < 1 || !e.Clear(id) {
			WriteDetail(w, http.StatusNotFound, "no such fault is armed")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_control/requests", e.controlRequests)
	mux.HandleFunc("GET /_control/effects", func(w http.ResponseWriter, r *http.Request) {
		WriteJSON(w, http.StatusOK, e.Effects(r.URL.Query().Get("kind")))
	})
	mux.HandleFunc("GET /_control/clock", e.controlClock)
	mux.HandleFunc("POST /_control/clock", func(w http.ResponseWriter, r *http.Request) {
		var order struct {
			AdvanceMS int64 `json:"advance_ms"`
		}
		if !ReadControl(w, r, &order) {
			return
		}
		e.clock.Advance(time.Duration(order.AdvanceMS) * time.Millisecond)
		e.controlClock(w, r)
	})
	mux.HandleFunc(controlPrefix+"{service}/", e.controlService)
	return mux
}

// controlRequests answers the journal; await=N waits for that many matches, for timeout_ms (10 s by default).
func (e *Engine) controlRequests(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	after, err := number(q.Get("after"), 0)
	want, err2 := number(q.Get("await"), 0)
	wait, err3 := number(q.Get("timeout_ms"), 10_000)
	if err != nil || err2 != nil || err3 != nil {
		WriteDetail(w, http.StatusBadRequest, "after, await and timeout_ms are whole numbers")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(wait)*time.Millisecond)
	defer cancel()
	m := Match{Service: q.Get("service"), Method: q.Get("method"), Path: q.Get("path"), After: after, Done: q.Get("done") == "1"}
	found, err := e.AwaitRequests(ctx, m, want)
	if err != nil {
		WriteDetail(w, http.StatusGatewayTimeout, fmt.Sprintf("%d of %d requests came", len(found), want))
		return
	}
	WriteJSON(w, http.StatusOK, found)
}

func (e *Engine) controlClock(w http.ResponseWriter, _ *http.Request) {
	WriteJSON(w, http.StatusOK, map[string]time.Time{"now": e.clock.Now()})
}

func (e *Engine) controlService(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("service")
	s, ok := e.service(name)
	if !ok || s.Control == nil {
		WriteDetail(w, http.StatusNotFound, "no such control")
		return
	}
	http.StripPrefix(strings.TrimSuffix(controlPrefix, "/")+"/"+name, s.Control).ServeHTTP(w, r)
}

// ReadControl decodes the JSON order of a control request into v, unknown names refused, and answers 400 itself if it
// cannot. The content type is required, so that no web page can post an order from a form.
func ReadControl(w http.ResponseWriter, r *http.Request, v any) bool {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		WriteDetail(w, http.StatusUnsupportedMediaType, "want Content-Type: application/json")
		return false
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		WriteDetail(w, http.StatusBadRequest, err.Error())
		return false
	}
	return true
}

// WriteJSON answers v as JSON, with letters of all scripts and "&" as they are.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	writeBody(w, status, "application/json", encode(v))
}

// WriteDetail answers an error in the form of Django REST framework: {"detail": text}.
func WriteDetail(w http.ResponseWriter, status int, text string) {
	writeBody(w, status, "application/json", detail(text))
}

func writeBody(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // a client that went away is its own affair
}

func encode(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("sandbox: encode %T: %v", v, err)) // our own types always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func number(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.Atoi(text)
}
