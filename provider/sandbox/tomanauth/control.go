package tomanauth

import (
	"net/http"
	"time"

	"payportal/provider/sandbox"
)

// control is this API's part of the control API, under /_control/auth/.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /expire", func(w http.ResponseWriter, _ *http.Request) {
		s.ExpireAccessTokens()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /revoke", func(w http.ResponseWriter, _ *http.Request) {
		s.RevokeAll()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /token-life", func(w http.ResponseWriter, r *http.Request) {
		var order struct {
			Seconds int64 `json:"seconds"`
		}
		if !sandbox.ReadControl(w, r, &order) {
			return
		}
		s.SetTokenLife(time.Duration(order.Seconds) * time.Second)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /users", func(w http.ResponseWriter, r *http.Request) {
		var order struct {
			Username string   `json:"username"`
			Password string   `json:"password"`
			Scopes   []string `json:"scopes"`
		}
		if !sandbox.ReadControl(w, r, &order) {
			return
		}
		s.PutUser(User(order))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /users/{username}/unlock", func(w http.ResponseWriter, r *http.Request) {
		if !s.Unlock(r.PathValue("username")) {
			sandbox.WriteDetail(w, http.StatusNotFound, "no such user")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
