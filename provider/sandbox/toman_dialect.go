package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// This file is the dialect that the three Toman APIs share: bearer tokens with a scope for each endpoint, errors as
// Django REST framework words them, lists in numbered pages.

// Access is what an access token may do.
type Access int

const (
	// NoToken means unknown, revoked or expired; the API answers 401.
	NoToken Access = iota
	// NoScope means a live token without the endpoint's scope; the API answers 403.
	NoScope
	// Granted means go ahead.
	Granted
)

// Authorize judges a bearer token for a scope; the auth sandbox provides it to the API sandboxes.
type Authorize func(token, scope string) Access

// Route is one documented endpoint.
type Route struct {
	Method string
	// Path is exact, including the slash at the end or its absence, with at most one "*" for one path segment.
	Path string
	// Scope is required of the token.
	Scope string
	// Handle gets the segment under "*", unescaped, or "".
	Handle func(w http.ResponseWriter, r *http.Request, segment string)
}

func (rt Route) match(path string) (segment string, ok bool) {
	prefix, suffix, wild := strings.Cut(rt.Path, "*")
	if !wild {
		return "", path == rt.Path
	}
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok {
		return "", false
	}
	segment, ok = strings.CutSuffix(rest, suffix)
	return segment, ok && segment != "" && !strings.Contains(segment, "/")
}

// TomanAPI serves the routes in the order of checks of Django REST framework: path, token, method, scope.
func TomanAPI(authorize Authorize, routes []Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, route := range routes {
			segment, ok := route.match(r.URL.Path)
			if !ok {
				continue
			}
			if route.Method == r.Method {
				serveScoped(authorize, route, w, r, segment)
				return
			}
			allowed = append(allowed, route.Method)
		}
		switch {
		case allowed == nil:
			WriteDetail(w, http.StatusNotFound, "Not found.")
		case authorize(bearer(r), "") == NoToken:
			refuseToken(w, r)
		default:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			WriteDetail(w, http.StatusMethodNotAllowed, fmt.Sprintf("Method %q not allowed.", r.Method))
		}
	})
}

func serveScoped(authorize Authorize, route Route, w http.ResponseWriter, r *http.Request, segment string) {
	switch authorize(bearer(r), route.Scope) {
	case NoToken:
		refuseToken(w, r)
	case NoScope:
		WriteDetail(w, http.StatusForbidden, "You do not have permission to perform this action.")
	case Granted:
		route.Handle(w, r, segment)
	}
}

func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}

func refuseToken(w http.ResponseWriter, r *http.Request) {
	text := "Authentication credentials were not provided."
	w.Header().Set("WWW-Authenticate", `Bearer realm="api"`)
	if bearer(r) != "" {
		text = "Invalid token."
		w.Header().Set("WWW-Authenticate", `Bearer realm="api",error="invalid_token",error_description="The access token is invalid."`)
	}
	WriteDetail(w, http.StatusUnauthorized, text)
}

// page is the documented envelope of a list ("Pagination schema").
type page[T any] struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []T     `json:"results"`
}

// WritePage answers the page of all that the query asks for ("page", from 1). The links are absolute on base, which as
// in the documents' examples is another host than the one that was asked, and on listPath.
func WritePage[T any](w http.ResponseWriter, r *http.Request, all []T, size int, base, listPath string) {
	last := max(1, (len(all)+size-1)/size)
	n, err := number(r.URL.Query().Get("page"), 1)
	if r.URL.Query().Get("page") == "last" {
		n, err = last, nil
	}
	if err != nil || n < 1 || n > last {
		WriteDetail(w, http.StatusNotFound, "Invalid page.")
		return
	}
	link := func(n int) *string {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(n))
		if n == 1 {
			query.Del("page")
		}
		target := base + listPath
		if len(query) > 0 {
			target += "?" + url.Values(query).Encode()
		}
		return &target
	}
	answer := page[T]{Count: len(all), Results: all[min(len(all), (n-1)*size):min(len(all), n*size)]}
	if answer.Results == nil {
		answer.Results = []T{}
	}
	if n < last {
		answer.Next = link(n + 1)
	}
	if n > 1 {
		answer.Previous = link(n - 1)
	}
	WriteJSON(w, http.StatusOK, answer)
}
