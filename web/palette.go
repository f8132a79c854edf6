package web

import (
	"encoding/json"
	"net/http"
	"strings"

	"payportal/internal/access"
)

// paletteEntry is a page or an action that the command palette offers.
type paletteEntry struct {
	Label string `json:"label"`
	Href  string `json:"href"`
	Kind  string `json:"kind"`
	Icon  string `json:"icon,omitempty"`
}

// paletteJump leads from a pasted id to the thing's page.
type paletteJump struct {
	Pattern string `json:"pattern"`
	Href    string `json:"href"`
	Label   string `json:"label"`
}

// jumps are the ids that the palette knows, by the permission to see the thing.
var jumps = []struct {
	permission             access.Permission
	pattern, href, message string
}{
	{access.PaymentList, "^[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}$", "/payments/%s", "palette.payment"},
	{access.TerminalRead, "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$", "/terminals/%s", "palette.terminal"},
	{access.PaymentList, "^[0-9]{4}$", "/payments?q=%s", "palette.card_last"},
	{access.PaymentList, "^[0-9]{6}$", "/payments?q=%s", "palette.card_first"},
}

// palette answers with what this user may open and do, made from the list of routes.
func (s *Server) palette(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	answer := struct {
		Entries []paletteEntry `json:"entries"`
		Jump    []paletteJump  `json:"jump"`
	}{Entries: []paletteEntry{}, Jump: []paletteJump{}}
	for _, route := range s.routes {
		switch {
		case !v.can(route.Permission):
		case route.Nav.Label != "":
			answer.Entries = append(answer.Entries, paletteEntry{Label: v.p.T(route.Nav.Label), Href: route.href(), Kind: "page", Icon: string(route.Nav.Icon)})
		case route.Action != "":
			answer.Entries = append(answer.Entries, paletteEntry{Label: v.p.T(route.Action), Href: route.href(), Kind: "action"})
		}
	}
	for _, j := range jumps {
		if v.can(j.permission) {
			answer.Jump = append(answer.Jump, paletteJump{Pattern: j.pattern, Href: j.href, Label: strings.ReplaceAll(v.p.T(j.message), "{id}", "%s")})
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return json.NewEncoder(w).Encode(answer)
}
