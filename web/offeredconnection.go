package web

import (
	"context"
	"net/http"

	"payportal/internal/errs"
	"payportal/templates/ui"
)

// OfferedConnection is an enabled connection that a page can be about.
type OfferedConnection struct {
	ID          int64
	Name        string
	Environment string
	// Concurrency is how many calls may run at a time.
	Concurrency int
}

// chosenConnection is the reporting connection that a page is about; see choose.
func (s *Server) chosenConnection(r *http.Request, in *input) (chosen OfferedConnection, all []OfferedConnection, err error) {
	return choose(r, in, s.ReportingConnections)
}

// chosenInquiryConnection is the connection that is asked; see choose.
func (s *Server) chosenInquiryConnection(r *http.Request, in *input) (chosen OfferedConnection, all []OfferedConnection, err error) {
	return choose(r, in, s.InquiryConnections)
}

// choose gives the connection that the field "connection" names, else the first. all is every one that can be chosen. It fails
// with errs.NotFound when the name is unknown; without any connection the first result is the zero value, and the page says how
// to add one.
func choose(r *http.Request, in *input, offered func(context.Context) ([]OfferedConnection, error)) (chosen OfferedConnection, all []OfferedConnection, err error) {
	all, err = offered(r.Context())
	if err != nil {
		return OfferedConnection{}, nil, err
	}
	name := in.text("connection", 40)
	if name == "" {
		if len(all) == 0 {
			return OfferedConnection{}, nil, nil
		}
		return all[0], all, nil
	}
	for _, c := range all {
		if c.Name == name {
			return c, all, nil
		}
	}
	return OfferedConnection{}, nil, errs.New(errs.NotFound, "choose connection", "", nil)
}

// connectionOptions are the choices of a page's connection field; nil when there is nothing to choose.
func connectionOptions(all []OfferedConnection) []ui.Option {
	if len(all) < 2 {
		return nil
	}
	options := make([]ui.Option, len(all))
	for i, c := range all {
		options[i] = ui.Option{Value: c.Name, Label: c.Name}
	}
	return options
}
