package web

import (
	"io"
	"net/http"
)

// healthz says that the process lives, and nothing about what it needs.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return plainText(w, http.StatusOK, "ok\n")
}

// readyz says whether the portal can serve: the database answers and has this program's schema.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if err := s.Ready(r.Context()); err != nil {
		visitOf(r).err = err
		return plainText(w, http.StatusServiceUnavailable, "not ready\n")
	}
	return plainText(w, http.StatusOK, "ready\n")
}

func plainText(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // the client is gone: nothing to do
	return nil
}
