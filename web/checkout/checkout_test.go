package checkout_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"payportal/web/checkout"
)

func TestSurfaceServesNothingOfTheStaffPortal(t *testing.T) {
	handler := checkout.Handler(true)
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, "/": http.StatusNotFound, "/sign-in": http.StatusNotFound,
		"/payments": http.StatusNotFound, "/metrics": http.StatusNotFound, "/readyz": http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("GET %s = %d, want %d", path, w.Code, want)
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors 'none'") {
			t.Errorf("GET %s policy = %q, want frame-ancestors 'none'", path, got)
		}
		if len(w.Result().Cookies()) != 0 {
			t.Errorf("GET %s sets cookies, want none", path)
		}
	}
}
