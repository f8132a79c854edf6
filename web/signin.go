package web

import (
	"net/http"
	"net/url"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/i18n"
	"payportal/internal/seal"
	"payportal/templates/account"
	"payportal/templates/ui"
)

// deviceCookie marks a browser that has signed in before, so that an attack on an account does not shut its owner out.
const (
	deviceCookie = "device"
	deviceMaxAge = 90 * 24 * 60 * 60 // seconds
)

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	back := localPath(in.raw("return"))
	if v.complete() {
		s.redirect(w, r, back)
		return nil
	}
	view := account.SignIn{Return: back, Reason: signInReason(in.raw("reason"))}
	return s.respondBare(w, r, page{title: v.p.T("signin.title"), content: account.SignInForm(v.p, view)}, false)
}

func signInReason(word string) account.Reason {
	switch reason := account.Reason(word); reason {
	case account.Expired, account.SignedOut, account.Revoked:
		return reason
	}
	return account.NoReason
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := account.SignIn{Username: in.raw("username"), Return: localPath(in.raw("return"))}
	result, err := s.Access.SignIn.Password(r.Context(), access.PasswordAttempt{
		Username: in.raw("username"), Password: seal.NewSecret(in.raw("password")),
		Device: s.cookieValue(r, deviceCookie), Client: v.client(r),
	})
	if err != nil {
		v.err = err
		p := page{title: v.p.T("signin.title")}
		p, ok := invalidForm(p, err)
		if errs.Is(err, errs.Unavailable) || !ok && !errs.Is(err, errs.Unauthenticated) {
			return err // trouble of ours is not a wrong password
		}
		p.status, p.invalid = http.StatusUnprocessableEntity, true
		view.Failed = true
		if e, ok := asError(err); ok && e.Kind == errs.RateLimited {
			p.status = http.StatusTooManyRequests
			view.Wait = message(v.p, e)
		}
		p.content = account.SignInForm(v.p, view)
		return s.respondBare(w, r, p, false)
	}
	if result.Device != "" {
		s.setCookie(w, deviceCookie, result.Device, deviceMaxAge)
	}
	s.redirect(w, r, stageTarget(result.State, view.Return))
	return nil
}

// proofForm is invalidForm for the forms in which somebody proves who they are. How often those may be sent is limited for
// each person: too often is theirs to mend (429), and no trouble of the portal's.
func proofForm(p page, err error) (page, bool) {
	p, ok := invalidForm(p, err)
	if errs.Is(err, errs.RateLimited) {
		p.status = http.StatusTooManyRequests
	}
	return p, ok
}

// stageTarget is where a session goes from here: the step that it owes, carrying the way back, or the way back itself.
func stageTarget(state access.State, back string) string {
	if state == access.Full {
		return back
	}
	target := stagePath(state)
	if back != "/" {
		target += "?" + url.Values{"return": {back}}.Encode()
	}
	return target
}

func (s *Server) codePage(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if v.identity.Session.State != access.TOTPNeeded {
		s.redirect(w, r, stageTarget(v.identity.Session.State, "/"))
		return nil
	}
	in, err := query(r)
	if err != nil {
		return err
	}
	return s.respondBare(w, r, page{
		title:   v.p.T("signin.code_title"),
		content: account.SecondFactorForm(v.p, account.SecondFactor{Return: localPath(in.raw("return"))}),
	}, false)
}

func (s *Server) code(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	view := account.SecondFactor{Return: localPath(in.raw("return"))}
	result, err := s.Access.SignIn.SecondFactor(r.Context(), v.identity, v.client(r), in.raw("code"))
	if err != nil {
		p, ok := proofForm(page{title: v.p.T("signin.code_title")}, err)
		if !ok {
			return err
		}
		v.err = err
		view.Error = firstMessage(v.p, err)
		p.content = account.SecondFactorForm(v.p, view)
		return s.respondBare(w, r, p, false)
	}
	s.redirect(w, r, stageTarget(result.State, view.Return))
	return nil
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := s.Access.Sessions.SignOut(r.Context(), v.identity, v.client(r)); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	s.redirect(w, r, "/sign-in?reason=signed_out")
	return nil
}

func (s *Server) setupPage(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	return s.respondBare(w, r, page{title: v.p.T("signin.setup_title"), content: account.SetupForm(v.p, s.setupView(r, nil, nil))}, false)
}

func (s *Server) setupView(r *http.Request, in *input, err error) account.Setup {
	v := visitOf(r)
	view := account.Setup{Action: r.URL.Path, Rule: v.p.T("access.password.rule"), Errors: formMessages(v.p, err)}
	if in != nil {
		view.Username = in.raw("username")
	}
	return view
}

func (s *Server) setup(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	username := in.required("username", access.MaxUsername)
	password := s.repeatedPassword(in)
	err = in.err("set up")
	if err == nil {
		err = s.Access.Setup.Redeem(r.Context(), v.client(r), seal.NewSecret(r.PathValue("token")),
			access.NewUser{Username: username, DisplayName: username}, password)
	}
	if err != nil {
		p, ok := proofForm(page{title: v.p.T("signin.setup_title")}, err)
		if !ok {
			return err
		}
		p.content = account.SetupForm(v.p, s.setupView(r, in, err))
		return s.respondBare(w, r, p, false)
	}
	s.redirect(w, r, "/sign-in")
	return nil
}

// repeatedPassword reads a new password and its repetition, which must be the same.
func (s *Server) repeatedPassword(in *input) seal.Secret {
	password := in.secret("new_password")
	if password != "" && in.raw("repeat_password") != password {
		in.wrong("repeat_password", "validate.repeat", nil)
	}
	return seal.NewSecret(password)
}

func (s *Server) passwordPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	return s.renderPassword(w, r, page{}, localPath(in.raw("return")), nil)
}

func (s *Server) renderPassword(w http.ResponseWriter, r *http.Request, p page, back string, err error) error {
	v := visitOf(r)
	p.title = v.p.T("signin.new_title")
	p.content = account.NewPasswordForm(v.p, account.NewPassword{
		Forced: v.identity.Session.State == access.PasswordChangeNeeded, Username: v.identity.Username,
		Rule: v.p.T("access.password.rule"), Errors: formMessages(v.p, err), Return: back,
	})
	return s.respondBare(w, r, p, false)
}

func (s *Server) changePassword(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	back := localPath(in.raw("return"))
	next := s.repeatedPassword(in)
	err = in.err("change password")
	if err == nil {
		err = s.Access.Account.ChangePassword(r.Context(), v.identity, v.client(r), seal.NewSecret(in.raw("password")), next)
	}
	if err != nil {
		p, ok := proofForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderPassword(w, r, p, back, err)
	}
	s.flash(r, ui.Success, v.p.T("account.password_changed"))
	s.redirect(w, r, back)
	return nil
}

func (s *Server) stepUpPage(w http.ResponseWriter, r *http.Request) error {
	in, err := query(r)
	if err != nil {
		return err
	}
	return s.renderStepUp(w, r, page{}, localPath(in.raw("return")), nil)
}

func (s *Server) renderStepUp(w http.ResponseWriter, r *http.Request, p page, back string, err error) error {
	v := visitOf(r)
	p.title = v.p.T("signin.step_title")
	view := account.StepUp{Code: v.identity.SecondFactor, Return: back, CancelHref: back}
	if err != nil {
		view.Error = firstMessage(v.p, err)
	}
	p.content = account.StepUpForm(v.p, view)
	return s.respondBare(w, r, p, false)
}

func (s *Server) stepUp(w http.ResponseWriter, r *http.Request) error {
	in, err := form(w, r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	back := localPath(in.raw("return"))
	proof := in.raw("password")
	if v.identity.SecondFactor {
		proof = in.raw("code")
	}
	if err := s.Access.Sessions.StepUp(r.Context(), v.identity, v.client(r), seal.NewSecret(proof)); err != nil {
		p, ok := proofForm(page{}, err)
		if !ok {
			return err
		}
		return s.renderStepUp(w, r, p, back, err)
	}
	s.redirect(w, r, back)
	return nil
}

// cookieName puts the __Host- prefix before a cookie's name where cookies are Secure.
func (s *Server) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

func (s *Server) cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Server) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ // #nosec G124 -- Secure on every address but a loopback one
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: maxAge,
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// formMessages gives an error's messages by field name, the form's own under "".
func formMessages(p *i18n.Printer, err error) map[string]string {
	byField, summary := fieldErrors(p, err)
	if err != nil && len(byField) == 0 && len(summary) > 0 {
		byField[""] = summary[0].Message
	}
	return byField
}

// firstMessage is an error's first sentence.
func firstMessage(p *i18n.Printer, err error) string {
	_, summary := fieldErrors(p, err)
	if len(summary) == 0 {
		return p.T("errs.internal")
	}
	return summary[0].Message
}
