// Package checkout is the surface that payers and merchants' back ends reach. It has its own listener, mux, cookies and
// headers, so that nothing of the staff portal can be asked for here. No checkout route exists yet: every path but
// health is not found, under the headers that hold for all of them. Only cmd/portal imports it.
package checkout

import (
	"io"
	"net/http"
)

// policy lets nobody frame and nothing run: the policy of a page that does not exist.
const policy = "default-src 'none'; form-action 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

// Handler answers the surface.
func Handler(secure bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n") // the client is gone: nothing to do
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Robots-Tag", "noindex")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		mux.ServeHTTP(w, r)
	})
}
