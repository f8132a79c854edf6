package web

import (
	"net/http"
	"net/url"
	"strings"

	"payportal/internal/access"
	"payportal/templates/account"
	"payportal/templates/ui"
)

// keepSession is what a page asks for when its user chooses to stay signed in: the request itself has kept the session.
func (s *Server) keepSession(w http.ResponseWriter, _ *http.Request) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// savePreferences takes the user menu's form. A visitor who has not signed in can choose the language, in a cookie.
func (s *Server) savePreferences(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	back := localPath(in.raw("return"))
	lang := in.choice("lang", "en", "fa")
	if !v.signedIn {
		if err := in.err("save preferences"); err != nil {
			return err
		}
		if lang != "" {
			http.SetCookie(w, &http.Cookie{ // #nosec G124 -- Secure on every address but a loopback one
				Name: languageCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 60 * 60,
				Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
			})
		}
		s.redirect(w, r, back)
		return nil
	}
	prefs := v.identity.Preferences
	if lang != "" && lang != v.prefs.Language {
		// Another language brings its own calendar and digits, unless the user has chosen them.
		prefs.Language = lang
	}
	set := func(field *string, name, standard string, allowed ...string) {
		if value := in.choice(name, allowed...); value != "" && value != standard {
			*field = value
		}
	}
	set(&prefs.Calendar, "calendar", v.prefs.Calendar, "gregorian", "jalali")
	set(&prefs.Digits, "digits", v.prefs.Digits, "latin", "persian")
	set(&prefs.Unit, "unit", v.prefs.Unit, "rial", "toman")
	set(&prefs.Density, "density", v.prefs.Density, "comfortable", "compact")
	if zone := in.text("zone", 64); zone != "" && zone != v.prefs.Zone {
		prefs.Zone = zone
	}
	switch in.choice("theme", "auto", "light", "dark") {
	case "auto":
		prefs.Theme = ""
	case "light":
		prefs.Theme = "light"
	case "dark":
		prefs.Theme = "dark"
	}
	switch in.choice("shortcuts", "on", "off") {
	case "on":
		prefs.ShortcutsOff = false
	case "off":
		prefs.ShortcutsOff = true
	}
	if err := in.err("save preferences"); err != nil {
		return err
	}
	if err := s.Access.Account.SavePreferences(r.Context(), v.identity, v.client(r), prefs); err != nil {
		return err
	}
	s.redirect(w, r, back)
	return nil
}

func (s *Server) secondFactorPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	return s.renderEnrolment(w, r, page{}, localPath(in.raw("return")), nil)
}

// beginSecondFactor makes a seed and leads to the page that shows it.
func (s *Server) beginSecondFactor(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	if _, err := s.Access.Account.BeginSecondFactor(r.Context(), v.identity, v.client(r)); err != nil {
		return err
	}
	s.redirect(w, r, "/account/totp?"+url.Values{"return": {localPath(in.raw("return"))}}.Encode())
	return nil
}

// renderEnrolment shows the seed that is being enrolled, or offers to make one: a GET changes nothing.
func (s *Server) renderEnrolment(w http.ResponseWriter, r *http.Request, p page, back string, failure error) error {
	v := visitOf(r)
	enrolment, begun, err := s.Access.Account.PendingSecondFactor(r.Context(), v.identity)
	if err != nil {
		return err
	}
	required := v.identity.Session.State == access.EnrolmentNeeded
	p.title = v.p.T("signin.enrol_title")
	if !begun {
		p.content = account.EnrolmentStartForm(v.p, account.EnrolmentStart{Required: required, CancelHref: "/account", Return: back})
		return s.respondBare(w, r, p, true)
	}
	view := account.Enrolment{
		URL: enrolment.URI.Reveal(), Secret: inFours(enrolment.Secret.Reveal()),
		Required: required, CancelHref: "/account", Return: back,
	}
	if failure != nil {
		view.Error = firstMessage(v.p, failure)
	}
	p.content = account.EnrolmentForm(v.p, view)
	return s.respondBare(w, r, p, true)
}

func inFours(s string) string {
	var parts []string
	for len(s) > 4 {
		parts, s = append(parts, s[:4]), s[4:]
	}
	return strings.Join(append(parts, s), " ")
}

func (s *Server) confirmSecondFactor(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	back := localPath(in.raw("return"))
	codes, err := s.Access.Account.ConfirmSecondFactor(r.Context(), v.identity, v.client(r), in.raw("code"))
	if err != nil {
		p, ok := proofForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderEnrolment(w, r, p, back, err)
	}
	return s.showRecoveryCodes(w, r, codes, back)
}

// showRecoveryCodes answers with the codes themselves, without a redirect: they are shown once and kept nowhere.
func (s *Server) showRecoveryCodes(w http.ResponseWriter, r *http.Request, codes []string, back string) error {
	v := visitOf(r)
	return s.respondBare(w, r, page{
		title:   v.p.T("signin.recovery_title"),
		content: account.RecoveryCodesList(v.p, account.RecoveryCodes{Codes: codes, ContinueHref: back}),
	}, true)
}

func (s *Server) renewRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	codes, err := s.Access.Account.RegenerateRecoveryCodes(r.Context(), v.identity, v.client(r))
	if err != nil {
		return err
	}
	return s.showRecoveryCodes(w, r, codes, "/account")
}

func (s *Server) removeSecondFactor(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := s.Access.Account.RemoveSecondFactor(r.Context(), v.identity, v.client(r)); err != nil {
		return err
	}
	s.flash(r, ui.Success, v.p.T("account.second_factor_removed"))
	s.redirect(w, r, "/account")
	return nil
}
