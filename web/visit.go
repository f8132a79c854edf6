package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/internal/i18n"
	"payportal/internal/money"
)

// visit is what one request knows about itself: who asks, from where, in which language, and under which names it
// appears in the log.
type visit struct {
	requestID string
	nonce     string
	address   netip.Addr
	now       time.Time
	route     *Route
	// identity is the session's, when signedIn.
	identity access.Identity
	signedIn bool
	// prefs are the user's preferences with every default filled in, and p prints by them.
	prefs access.Preferences
	p     *i18n.Printer
	// answered is the response, which remembers its status.
	answered recorder
	// err is what the request failed with, for the log line.
	err error
}

type visitKey struct{}

// visitOf gives the visit that the middleware put into the request. Every request of the surface has one.
func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

func withVisit(r *http.Request, v *visit) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// client is the visit as the sign-in and the audit trail know it.
func (v *visit) client(r *http.Request) access.Client {
	return access.Client{Address: v.address, UserAgent: r.UserAgent(), RequestID: v.requestID}
}

// by is who acts, with the rights that they act by.
func (v *visit) by(r *http.Request) access.By { return v.identity.By(v.client(r)) }

// can reports whether the asker holds a permission.
func (v *visit) can(p access.Permission) bool { return v.signedIn && v.identity.Can(p) }

// languageCookie keeps the language of somebody who has not signed in.
const languageCookie = "lang"

// complete reports whether the visitor has signed in with everything that is asked of them.
func (v *visit) complete() bool { return v.signedIn && v.identity.Session.State == access.Full }

// speakTo chooses the printer: the user's preferences, else the visitor's cookie or browser, else the portal's own.
func (s *Server) speakTo(v *visit, r *http.Request) {
	if v.signedIn {
		v.prefs = v.identity.Preferences
	}
	if v.prefs.Language == "" {
		v.prefs.Language = string(s.visitorLang(r))
	}
	if v.prefs.Zone == "" {
		v.prefs.Zone = s.Zone.String()
	}
	persian := v.prefs.Language == string(i18n.Persian)
	if v.prefs.Calendar == "" {
		v.prefs.Calendar = pick(persian, "jalali", "gregorian")
	}
	if v.prefs.Digits == "" {
		v.prefs.Digits = pick(persian, "persian", "latin")
	}
	if v.prefs.Unit == "" {
		v.prefs.Unit = "rial"
	}
	v.p = s.Bundle.Printer(printerPrefs(v.prefs))
}

func pick(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func (s *Server) visitorLang(r *http.Request) i18n.Lang {
	if c, err := r.Cookie(languageCookie); err == nil {
		if lang := i18n.Lang(c.Value); lang == i18n.English || lang == i18n.Persian {
			return lang
		}
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		switch tag, _, _ := strings.Cut(strings.TrimSpace(tag), ";"); {
		case strings.HasPrefix(tag, "fa"):
			return i18n.Persian
		case strings.HasPrefix(tag, "en"):
			return i18n.English
		}
	}
	return s.Language
}

// printerPrefs are complete preferences in the printer's types. They were checked when they were saved.
func printerPrefs(p access.Preferences) i18n.Prefs {
	prefs := i18n.Prefs{Lang: i18n.Lang(p.Language), Zone: time.UTC}
	if zone, err := calendar.Zone(p.Zone); err == nil {
		prefs.Zone = zone
	}
	if p.Calendar == "jalali" {
		prefs.Calendar = calendar.Jalali
	}
	if p.Digits == "persian" {
		prefs.Digits = i18n.PersianDigits
	}
	if p.Unit == "toman" {
		prefs.Unit = money.Toman
	}
	return prefs
}
