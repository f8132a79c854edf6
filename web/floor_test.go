package web

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/a-h/templ"

	"payportal/templates/layout"
	"payportal/templates/payments"
)

// floorAddress makes this test binary a server of the floor that lists of payments are measured by (docs/performance.md).
const floorAddress = "PORTAL_BENCH_FLOOR"

func TestMain(m *testing.M) {
	if address := os.Getenv(floorAddress); address != "" {
		fmt.Fprintln(os.Stderr, serveFloor(address))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serveFloor answers every request with a page of 50 payments from memory: the same frame, the same templates, no session
// and no query. Under / the texts of the page are ready beforehand and templates alone run; under /view they are made of
// the payments each time, as a list does it.
func serveFloor(address string) error {
	m, err := makeMemoryPage(readers["english"])
	if err != nil {
		return err
	}
	ready := m.page()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { writeFloor(w, r, ready) })
	mux.HandleFunc("GET /view", func(w http.ResponseWriter, r *http.Request) { writeFloor(w, r, m.page()) })
	server := http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: time.Second}
	return server.ListenAndServe()
}

func writeFloor(w http.ResponseWriter, r *http.Request, page templ.Component) {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := page.Render(r.Context(), buf); err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	_, _ = w.Write(buf.Bytes()) // the client has left
}

// page makes the whole page of the payments, with the frame that a signed-in user sees.
func (m *memoryPage) page() templ.Component {
	v, q := m.visit, m.query
	view := payments.List{
		Filter:  paymentFilter(v, q, []string{"Asan", "Behpardakht", "Fanava", "Irankish", "Parsian", "SEP"}),
		Results: paymentResults(v, q, m.list),
	}
	view.Fresh, view.Filling = mirrorView(v.p, v.now, q.Filter, nil)
	title := v.p.T("payments.title")
	f := layout.Frame{
		P: v.p, Title: title, Nonce: newNonce(), Path: q.params.link("/payments"), RequestID: "01jd3y8q6t7m2k4p",
		Environment: layout.Sandbox, Nav: m.server.navFor(v, "/payments"),
		User: &layout.User{Name: "Sara Ahmadi", Roles: v.p.T("access.role.finance")}, PaletteHref: "/palette",
		Preferences: layout.Preferences{
			Lang: v.p.Lang(), Calendar: "gregorian", Digits: "latin", Unit: "rial", Zone: v.p.Zone(), Zones: zoneOptions(v),
		},
		Breadcrumbs: []layout.Crumb{{Label: title}},
		Session:     layout.Session{IdleSeconds: 900, WarnSeconds: warnBefore, TouchHref: "/account/session", SignInHref: "/sign-in?reason=expired"},
	}
	return withChildren(layout.Page(f), payments.ListPage(v.p, view))
}
