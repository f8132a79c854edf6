package sandbox

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	proxyPage   = "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	captivePage = "<!doctype html><html><head><title>Sign in to the network</title></head><body><h1>Sign in</h1></body></html>"
)

// misbehave answers one request as the fault orders.
func (e *Engine) misbehave(f *armed, s Service, w http.ResponseWriter, r *http.Request) {
	switch {
	case f.Kind == InsertRows:
		if s.Insert != nil {
			s.Insert(r, f.Rows)
		}
		s.Handler.ServeHTTP(w, r)
		return
	case f.Kind == Slow && !f.AfterEffect:
		e.pause(f)
		s.Handler.ServeHTTP(w, r)
		return
	}
	var truth *answer
	if f.AfterEffect || f.bendsTruth() {
		truth = perform(s.Handler, r)
	}
	switch f.Kind {
	case Slow:
		e.pause(f)
		truth.send(w, truth.body.Bytes())
	case Hang:
		e.hang(f, r)
	case Status:
		f.answerStatus(w)
	case Reset:
		resetConnection(w)
	case CutJSON:
		truth.send(w, truth.body.Bytes()[:truth.body.Len()/2])
	case CutBody:
		w.Header().Set("Content-Length", strconv.Itoa(truth.body.Len()))
		truth.send(w, truth.body.Bytes()[:truth.body.Len()/2]) // net/http closes a connection that owes bytes
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, captivePage)
	case ForeignURL:
		truth.send(w, redirectValue(truth.body.Bytes(), f.Key, f.URL))
	case HugeBody:
		e.streamWithoutEnd(w)
	case WrongShape:
		if f.Body != "" {
			writeBody(w, http.StatusOK, "application/json", []byte(f.Body))
			return
		}
		truth.send(w, reshape(truth.body.Bytes()))
	}
}

func (f *armed) bendsTruth() bool {
	switch f.Kind {
	case CutJSON, CutBody, ForeignURL:
		return true
	case WrongShape:
		return f.Body == ""
	}
	return false
}

func (e *Engine) pause(f *armed) {
	timer := time.NewTimer(time.Duration(f.DelayMS) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.cleared:
	case <-e.done:
	}
}

func (e *Engine) hang(f *armed, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-f.cleared:
	case <-e.done:
	}
	panic(http.ErrAbortHandler)
}

func (f *armed) answerStatus(w http.ResponseWriter) {
	kind, body := "application/json", detail(http.StatusText(f.Status))
	if f.Status >= http.StatusBadGateway && f.Status <= http.StatusGatewayTimeout {
		text := http.StatusText(f.Status)
		kind, body = "text/html", fmt.Appendf(nil, proxyPage, f.Status, text, f.Status, text)
	}
	if f.Body != "" {
		body = []byte(f.Body)
	}
	w.Header().Set("Content-Type", kind)
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	w.Write(body) //nolint:errcheck // a client that went away is its own affair
}

// resetConnection makes the kernel send RST in place of FIN.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) //nolint:errcheck // then it is closed by FIN, which is as dead for the client
	}
	_ = conn.Close() // dead either way
}

// streamWithoutEnd is plausible for as long as anybody reads it.
func (e *Engine) streamWithoutEnd(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	chunk := []byte(`{"count":1,"next":null,"previous":null,"results":[`)
	row := []byte(`{"id":"01JFA14K25Z6JM78KNT0000ZFD","amount":1,"name":"` + strings.Repeat("0", 4096) + `"},`)
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
		select {
		case <-e.done:
			return
		default:
			chunk = row
		}
	}
}

// redirectValue points the URL under key to another host; a body without such a URL stays as it is.
func redirectValue(body []byte, key, target string) []byte {
	var object map[string]json.RawMessage
	var old string
	if json.Unmarshal(body, &object) != nil || json.Unmarshal(object[key], &old) != nil || old == "" {
		return body
	}
	to, err := url.Parse(target)
	from, err2 := url.Parse(old)
	if err != nil || err2 != nil {
		return body
	}
	if to.Path == "" {
		to.Path, to.RawPath, to.RawQuery = from.Path, from.RawPath, from.RawQuery
	}
	object[key] = encode(to.String())
	return encode(object)
}

// reshape gives each top-level value another JSON type.
func reshape(body []byte) []byte {
	var object map[string]any
	if json.Unmarshal(body, &object) != nil {
		return []byte(`{"unexpected":true}`)
	}
	for key, value := range object {
		switch value.(type) {
		case []any:
			object[key] = map[string]any{"items": 0}
		case string:
			object[key] = 42
		default:
			object[key] = []any{"unexpected"}
		}
	}
	return encode(object)
}
