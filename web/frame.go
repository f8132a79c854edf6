package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"payportal/internal/access"
	"payportal/internal/calendar"
	"payportal/templates/layout"
	"payportal/templates/ui"
)

// warnBefore is how long before the end of an idle session its user is warned, in seconds.
const warnBefore = 120

// navGroup is a part of the navigation, as the route list has it.
type navGroup struct {
	label  string
	routes []Route
}

// navigation collects the routes that stand in the navigation, in the order of the list.
func navigation(routes []Route) []navGroup {
	var groups []navGroup
	for _, route := range routes {
		if route.Nav.Label == "" {
			continue
		}
		if len(groups) == 0 || groups[len(groups)-1].label != route.Nav.Group {
			groups = append(groups, navGroup{label: route.Nav.Group})
		}
		last := &groups[len(groups)-1]
		last.routes = append(last.routes, route)
	}
	return groups
}

// frame is what surrounds a page for this visit.
func (s *Server) frame(r *http.Request, title string) layout.Frame {
	v := visitOf(r)
	f := layout.Frame{
		P: v.p, Title: title, Nonce: v.nonce, Path: returnPath(r), RequestID: v.requestID,
		Environment: layout.Environment(s.Environment(r.Context())),
		Preferences: layout.Preferences{
			Lang: v.prefs.Language, Calendar: v.prefs.Calendar, Digits: v.prefs.Digits, Unit: v.prefs.Unit,
			Zone: v.prefs.Zone, Theme: v.prefs.Theme, Density: v.prefs.Density, Zones: zoneOptions(v),
		},
		Session: layout.Session{SignInHref: "/sign-in?reason=expired"},
	}
	if v.complete() {
		f.Nav = s.navFor(v, r.URL.Path)
		f.User = &layout.User{Name: v.identity.DisplayName, Roles: strings.Join(roleNames(v), v.p.T("word.list_separator"))}
		f.PaletteHref = "/palette"
		f.ShortcutsOff = v.prefs.ShortcutsOff
		f.Session.IdleSeconds = int(s.Idle.Seconds())
		f.Session.WarnSeconds = warnBefore
		f.Session.TouchHref = "/account/session"
		f.Flashes = s.takeFlash(r)
	}
	return f
}

// navFor are the entries that the user may open.
func (s *Server) navFor(v *visit, path string) []layout.NavGroup {
	var groups []layout.NavGroup
	for _, g := range s.nav {
		group := layout.NavGroup{}
		if g.label != "" {
			group.Label = v.p.T(g.label)
		}
		for _, route := range g.routes {
			if !v.can(route.Permission) {
				continue
			}
			group.Items = append(group.Items, layout.NavItem{
				Label: v.p.T(route.Nav.Label), Href: route.href(), Icon: route.Nav.Icon, Key: route.Nav.Letter,
				Current: isWithin(path, route.href()),
			})
		}
		if len(group.Items) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// isWithin reports whether a path is the section's own or below it.
func isWithin(path, section string) bool {
	if section == "/" {
		return path == "/"
	}
	return path == section || strings.HasPrefix(path, section+"/")
}

// href is the address of a route without wildcards.
func (route Route) href() string { return strings.TrimSuffix(route.Pattern, "{$}") }

func zoneOptions(v *visit) []ui.Option {
	names := calendar.ZoneNames()
	options := make([]ui.Option, len(names))
	for i, name := range names {
		options[i] = ui.Option{Value: name, Label: v.p.T("zone." + name)}
	}
	return options
}

// roleNames are the user's roles in the user's language; a custom role has the name it was given.
func roleNames(v *visit) []string {
	names := make([]string, len(v.identity.Roles))
	for i, role := range v.identity.Roles {
		names[i] = roleName(v, role)
	}
	return names
}

func roleName(v *visit, role access.Role) string {
	if role.BuiltIn {
		return v.p.T("access.role." + string(role.ID))
	}
	return role.Name
}

// flashKey is where the session keeps the message of the act before.
const flashKey = "flash"

// flash keeps a message of success for the next page.
func (s *Server) flash(r *http.Request, tone ui.Tone, text string) {
	message, err := json.Marshal(ui.Notice{Tone: tone, Text: text, Toast: true})
	if err != nil {
		panic("web: a notice that cannot be encoded: " + err.Error())
	}
	s.Cookie.Put(r.Context(), flashKey, string(message))
}

func (s *Server) takeFlash(r *http.Request) []ui.Notice {
	text := s.Cookie.PopString(r.Context(), flashKey)
	if text == "" {
		return nil
	}
	var n ui.Notice
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return nil // written by another version of the portal: not worth an error page
	}
	return []ui.Notice{n}
}

// withChildren gives a layout component its content.
func withChildren(outer, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, content), w)
	})
}
