package web

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"

	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// buffers hold pages while they are rendered, so that an error in the middle of a page is an error page and not half a page.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keptBuffer bounds what a pooled buffer may keep, in bytes.
const keptBuffer = 256 << 10

// write renders a component as the answer.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= keptBuffer {
			buffers.Put(buf)
		}
	}()
	if err := c.Render(r.Context(), buf); err != nil {
		visitOf(r).err = err
		http.Error(w, "", http.StatusInternalServerError) // the page of the error itself could not be drawn
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(buf.Bytes()) // a client that has left is not an error of ours
	}
}

// wantsFragment reports whether htmx asks for a part of a page. Everything else, a restored history entry included, gets
// the whole page.
func wantsFragment(r *http.Request) bool { return r.Header.Get("HX-Request-Type") == "partial" }

// page is an answer that can be a whole page or, for htmx, its changing part alone.
type page struct {
	// title is the page's name in the user's language.
	title string
	// status is 200 when it is not set.
	status int
	// crumbs lead to the page; the page itself is added.
	crumbs []layout.Crumb
	// content is the whole page's inside.
	content templ.Component
	// fragment is the part that htmx asks for; nil when a part is never asked for.
	fragment templ.Component
	// invalid marks a form that came back.
	invalid bool
}

// respond renders the page or its fragment.
func (s *Server) respond(w http.ResponseWriter, r *http.Request, p page) error {
	if p.status == 0 {
		p.status = http.StatusOK
	}
	if p.fragment != nil && wantsFragment(r) {
		s.write(w, r, p.status, p.fragment)
		return nil
	}
	f := s.frame(r, p.title)
	f.Invalid = p.invalid
	f.Breadcrumbs = append(p.crumbs, layout.Crumb{Label: p.title})
	s.write(w, r, p.status, withChildren(layout.Page(f), p.content))
	return nil
}

// respondBare renders a page without navigation.
func (s *Server) respondBare(w http.ResponseWriter, r *http.Request, p page, wide bool) error {
	if p.status == 0 {
		p.status = http.StatusOK
	}
	f := s.frame(r, p.title)
	f.Invalid = p.invalid
	s.write(w, r, p.status, withChildren(layout.Bare(f, wide), p.content))
	return nil
}

// invalidForm turns a page into the answer to a form that failed: 422, errors at their fields. Any other kind of error
// passes through and becomes an error page.
func invalidForm(p page, err error) (page, bool) {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Declined:
		p.status = http.StatusUnprocessableEntity
	case errs.Conflict:
		p.status = http.StatusConflict
	case errs.RateLimited, errs.Unavailable:
		p.status = http.StatusServiceUnavailable
	default:
		return p, false
	}
	p.invalid = true
	return p, true
}

// redirect leads on after an act, with 303; under htmx by its own header, since a fetch follows a 303 silently.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, target string) {
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, target, http.StatusSeeOther) // #nosec G710 -- targets are paths of ours; localPath keeps foreign ones out
}

// message is an error's sentence in the user's language, or "" for the kind's neutral one.
func message(p *i18n.Printer, e *errs.Error) string {
	if e.Msg == "" {
		return ""
	}
	return say(p, e.Msg, e.Args)
}

// say prints a message with or without placeholders.
func say(p *i18n.Printer, key string, args map[string]any) string {
	if len(args) == 0 {
		return p.T(key)
	}
	return p.Tf(key, args)
}

// fieldErrors gives the messages of an error by field name, and the summary for the top of the form.
func fieldErrors(p *i18n.Printer, err error) (byField map[string]string, summary []ui.FormError) {
	byField = map[string]string{}
	if err == nil {
		return byField, nil
	}
	for _, f := range errs.FieldsOf(err) {
		text := say(p, f.Msg, f.Args)
		if _, known := byField[f.Name]; !known {
			byField[f.Name] = text
		}
		summary = append(summary, ui.FormError{Field: f.Name, Message: text})
	}
	if len(summary) == 0 {
		if e, ok := asError(err); ok {
			text := message(p, e)
			if text == "" {
				text = p.T(kindKeys[e.Kind])
			}
			summary = []ui.FormError{{Message: text}}
		}
	}
	return byField, summary
}

// kindKeys are the catalogue keys of the kinds' neutral sentences.
var kindKeys = map[errs.Kind]string{
	errs.Internal: "errs.internal", errs.Invalid: "errs.invalid", errs.Unauthenticated: "errs.unauthenticated",
	errs.Forbidden: "errs.forbidden", errs.NotFound: "errs.not_found", errs.Conflict: "errs.conflict",
	errs.Declined: "errs.declined", errs.RateLimited: "errs.rate_limited", errs.Unavailable: "errs.unavailable",
	errs.Indeterminate: "errs.indeterminate",
}

func asError(err error) (*errs.Error, bool) { return errors.AsType[*errs.Error](err) }
