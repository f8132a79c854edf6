package web

import (
	"net/http"

	"payportal/internal/errs"
	"payportal/templates/ui"
)

// ReportingConnection is a connection whose terminals, payments and reports the pages show.
type ReportingConnection struct {
	ID          int64
	Name        string
	Environment string
}

// chosenConnection is the connection that a page is about: the one that the field "connection" names, else the first.
// all is every one that can be chosen. It fails with errs.NotFound when the name is unknown; without any connection the
// first result is the zero value, and the page says how to add one.
func (s *Server) chosenConnection(r *http.Request, in *input) (chosen ReportingConnection, all []ReportingConnection, err error) {
	all, err = s.ReportingConnections(r.Context())
	if err != nil {
		return ReportingConnection{}, nil, err
	}
	name := in.text("connection", 40)
	if name == "" {
		if len(all) == 0 {
			return ReportingConnection{}, nil, nil
		}
		return all[0], all, nil
	}
	for _, c := range all {
		if c.Name == name {
			return c, all, nil
		}
	}
	return ReportingConnection{}, nil, errs.New(errs.NotFound, "choose connection", "", nil)
}

// connectionOptions are the choices of a page's connection field; nil when there is nothing to choose.
func connectionOptions(all []ReportingConnection) []ui.Option {
	if len(all) < 2 {
		return nil
	}
	options := make([]ui.Option, len(all))
	for i, c := range all {
		options[i] = ui.Option{Value: c.Name, Label: c.Name}
	}
	return options
}
