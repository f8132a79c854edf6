package web_test

import (
	"net/http"
	"strings"
	"testing"

	"payportal/internal/access"
	"payportal/internal/htmlcheck"
	"payportal/web"
)

// TestPanicIsAnErrorPage breaks a use-case that a page needs: the page must say so, with the id under which the log has it.
func TestPanicIsAnErrorPage(t *testing.T) {
	p := newPortal(t, func(_ *portal, c *web.Config) { c.ReportingConnections = nil })
	b := p.user(t, "nasrin", access.Finance)
	a := b.get("/psps", http.StatusInternalServerError, htmlcheck.In("main .error-page"))
	id := a.header.Get("X-Request-Id")
	if !strings.Contains(a.body, id) || !strings.Contains(p.log.String(), id) {
		t.Errorf("request id %q is not on the page or not in the log", id)
	}
	if strings.Contains(a.body, "nil pointer") {
		t.Error("the page tells the cause")
	}
}
