package layout

import (
	"payportal/internal/i18n"
	"payportal/templates/icon"
	"payportal/templates/ui"
)

// Frame is everything around a page's content.
type Frame struct {
	P *i18n.Printer
	// Title is the page's name, without the portal's.
	Title string
	// Invalid puts "Error:" before the title: the page is a form that came back.
	Invalid bool
	// Nonce is this response's CSP nonce.
	Nonce string
	// Path is the address of the page with its query, as preferences return to it.
	Path string
	// Environment is the kind of the providers behind the portal.
	Environment Environment
	Nav         []NavGroup
	// User is nil on pages before sign-in.
	User        *User
	Preferences Preferences
	Breadcrumbs []Crumb
	// Flashes are messages of the act before.
	Flashes []ui.Notice
	Session Session
	// ShortcutsOff turns single-key shortcuts off for this user.
	ShortcutsOff bool
	// PaletteHref answers with the command palette's entries; empty without a session.
	PaletteHref string
	// RequestID is shown at the foot and on error pages.
	RequestID string
}

// Environment is what kind of providers the portal talks to.
type Environment string

// The environments. Production has no ribbon.
const (
	Production Environment = "production"
	Staging    Environment = "staging"
	Sandbox    Environment = "sandbox"
)

// NavGroup is a titled part of the navigation.
type NavGroup struct {
	// Label is empty for the first entries.
	Label string
	Items []NavItem
}

// NavItem is an entry of the navigation that this user may open.
type NavItem struct {
	Label, Href string
	Icon        icon.Name
	Current     bool
	// Key is the letter that leads there after "g", in lower case; empty for none.
	Key string
	// Count is a number beside the entry, in the user's digits: things that wait.
	Count string
}

// User is who is signed in.
type User struct {
	Name string
	// Roles are the names of the user's roles, joined for reading.
	Roles string
}

// Initial is the first letter of the name.
func (u User) Initial() string {
	for _, r := range u.Name {
		return string(r)
	}
	return ""
}

// Crumb is one step of the path to a page. The last one is the page itself and has no Href.
type Crumb struct{ Label, Href string }

// Preferences are the user's choices as the form of the user menu sends them to POST /account/preferences: fields lang
// (en, fa), calendar (gregorian, jalali), digits (latin, persian), unit (rial, toman), zone (an IANA name), theme (auto,
// light, dark), density (comfortable, compact), and return (the page's path).
type Preferences struct {
	Lang, Calendar, Digits, Unit, Zone, Theme, Density string
	// Zones are the time zones on offer.
	Zones []ui.Option
}

// Session tells the browser when the session ends.
type Session struct {
	// IdleSeconds is after how many seconds without a request the session ends; 0 without a session. WarnSeconds before
	// that the user is warned.
	IdleSeconds, WarnSeconds int
	// TouchHref is posted to stay signed in; it answers 204.
	TouchHref string
	// SignInHref is where an ended session leads.
	SignInHref string
}

func (f Frame) theme() string {
	if f.Preferences.Theme == "" {
		return "auto"
	}
	return f.Preferences.Theme
}

func (f Frame) title() string {
	title := f.Title + " · " + f.P.T("ui.portal")
	if f.Invalid {
		title = f.P.T("ui.error_prefix") + " " + title
	}
	return title
}

func (f Frame) stylesheet() string {
	if f.P.Dir() == "rtl" {
		return "tabler.rtl.min.css"
	}
	return "tabler.min.css"
}

// htmxConfig sets htmx up for a strict policy: no style sheet of its own, requests to the own origin alone, no extensions,
// and no swap for answers that are pages of an error (app.js shows those beside the content). 429 is not among them, because no
// form could then take it as its own; the body says the same of it. htmx 4 keeps no page in the browser's storage; scripts in
// swapped content are removed by app.js, and would have no nonce.
const htmxConfig = `{"includeIndicatorCSS":false,"mode":"same-origin","extensions":"none","inlineScriptNonce":"","transitions":false,` +
	`"noSwap":[204,304,400,403,404,405,413,"5xx"]}`

// words are the texts that app.js shows.
var words = []string{
	"copied", "close", "cancel", "retry", "loading", "slow", "failed", "failed_write", "offline", "request_id", "unsaved", "session_title",
	"session_text", "session_stay", "session_out", "session_ended", "session_in", "help_title", "help_search", "help_palette", "help_rows", "help_open",
	"help_help", "help_go", "palette_title", "palette_hint", "palette_none", "palette_recent", "palette_page", "palette_open",
}
