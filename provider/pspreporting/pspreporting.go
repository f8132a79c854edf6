// Package pspreporting speaks Toman's PSP Reporting API (rows P3 to P9 of the provider contracts): it sends the documented
// requests, reads the documented answers into the domain's types, and leaves the sending itself to apiclient and tokens to
// tomanauth. It keeps nothing and knows no user.
//
// Only cmd/portal imports it.
package pspreporting

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"payportal/internal/connection"
	"payportal/internal/psp"
	"payportal/internal/strictjson"
	"payportal/provider/apiclient"
	"payportal/provider/tomanauth"
)

// The scopes of the calls.
const (
	ScopeTerminalCreate = "repigma.terminal.create"
	ScopeTerminalRead   = "repigma.terminal.read"
	ScopeReportList     = "repigma.report.list"
	ScopeReportDownload = "repigma.report.download"
	ScopePSPRead        = "repigma.psp.read"
	ScopeAccountRead    = "repigma.psp_account.read"
	ScopePaymentList    = "repigma.payment.list"
)

// FileTypes are the media types that a report's file may have: object storage often knows no better than a stream of
// bytes.
var FileTypes = []string{
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.ms-excel",
	"application/octet-stream", "binary/octet-stream",
}

// maxPages bounds the walk through a list of PSPs, accounts or reports: a provider whose pages never end must not hold a
// page of ours for ever.
const maxPages = 200

// Client is the API of one connection. It implements psp.Provider and is safe for concurrent use.
type Client struct {
	api    *apiclient.Client
	egress *apiclient.Egress
}

var _ psp.Provider = (*Client)(nil)

// New makes the client of a connection: api calls the psp_reporting base URL, egress may fetch from the hosts that the
// connection lists, files of FileTypes.
func New(api *apiclient.Client, egress *apiclient.Egress) *Client {
	return &Client{api: api, egress: egress}
}

// PSPs reads all pages of the list (P7: GET /psps).
func (c *Client) PSPs(ctx context.Context) ([]psp.PSP, error) {
	return list(ctx, c, pspsCall, 0, readPSP)
}

// PSP reads one (P7: GET /psps/{id}).
func (c *Client) PSP(ctx context.Context, id int64) (psp.PSP, error) {
	call := get("read PSP", "/psps/{id}", ScopePSPRead, strconv.FormatInt(id, 10))
	return one(ctx, c, call, readPSP)
}

// Accounts reads all pages of the list (P8: GET /psp-accounts).
func (c *Client) Accounts(ctx context.Context) ([]psp.Account, error) {
	return list(ctx, c, accountsCall, 0, readAccount)
}

// Account reads one (P8: GET /psp-accounts/{uuid}).
func (c *Client) Account(ctx context.Context, uuid string) (psp.Account, error) {
	return one(ctx, c, get("read PSP account", "/psp-accounts/{uuid}", ScopeAccountRead, uuid), readAccount)
}

// Reports reads pages of the list until there are limit reports or no more (P5: GET /reports/).
func (c *Client) Reports(ctx context.Context, limit int) ([]psp.Report, error) {
	return list(ctx, c, reportsCall, limit, readReport)
}

// Payments reads one page, newest first (P9: GET /payments/{terminal_type}, which is "ipg" or "pos").
func (c *Client) Payments(ctx context.Context, t psp.TerminalType, cursor string) (psp.PaymentPage, error) {
	call := paymentsCall
	call.Args = []string{t.String()}
	if cursor != "" {
		call.Query = url.Values{"cursor": {cursor}}
	}
	answer, err := c.api.Do(ctx, call)
	if err != nil {
		return psp.PaymentPage{}, err
	}
	page, err := readPayments(answer.Body, t)
	if err != nil {
		return psp.PaymentPage{}, c.api.Unreadable(call, err)
	}
	if page.Next == cursor && cursor != "" {
		return psp.PaymentPage{}, c.api.Unreadable(call, errors.New("the next page is this page"))
	}
	return page, nil
}

// OpenReport asks for the report's presigned link (P6: GET /reports/{uuid}/download; the scope table says POST, the
// sample GETs) and opens it through the egress rules. A refusal is Declined with the provider's words.
func (c *Client) OpenReport(ctx context.Context, uuid string) (psp.ReportFile, error) {
	call := get("download report", "/reports/{uuid}/download", ScopeReportDownload, uuid)
	link, err := one(ctx, c, call, readLink)
	if err != nil {
		return psp.ReportFile{}, explain(err)
	}
	file, err := c.egress.Open(ctx, string(link))
	if err != nil {
		return psp.ReportFile{}, err
	}
	return psp.ReportFile{Body: file.Body, Size: file.Size, ContentType: file.Type}, nil
}

// Checks are the steps of a connection test for this API: its address and one harmless read for each list. Each read
// waits for the check of its scope, where the test has one.
func (c *Client) Checks() []connection.Check {
	checks := c.api.Checks()
	reached := checks[len(checks)-1].ID()
	for _, call := range []apiclient.Call{pspsCall, accountsCall, reportsCall, paymentsCall} {
		granted := tomanauth.ScopeCheckID(call.Scope)
		if call.Pattern == paymentsCall.Pattern {
			call.Args = []string{psp.IPG.String()}
		}
		checks = append(checks, connection.Check{
			Name: connection.StepRead, API: c.api.API(), Subject: call.Method + " " + call.Pattern,
			After: []string{reached, granted},
			Run: func(ctx context.Context) error {
				_, err := c.api.Do(ctx, call)
				return err
			},
		})
	}
	return checks
}

var (
	pspsCall     = get("list PSPs", "/psps", ScopePSPRead)
	accountsCall = get("list PSP accounts", "/psp-accounts", ScopeAccountRead)
	reportsCall  = get("list reports", "/reports/", ScopeReportList)
	paymentsCall = get("list payments", "/payments/{terminal_type}", ScopePaymentList)
)

func get(op, pattern, scope string, args ...string) apiclient.Call {
	return apiclient.Call{Op: op, Method: http.MethodGet, Pattern: pattern, Args: args, Scope: scope}
}

// one reads an answer that is a single object.
func one[T any](ctx context.Context, c *Client, call apiclient.Call, read func(*strictjson.Reader) T) (T, error) {
	var zero T
	answer, err := c.api.Do(ctx, call)
	if err != nil {
		return zero, err
	}
	thing, err := whole(answer.Body, read)
	if err != nil {
		return zero, c.api.Unreadable(call, err)
	}
	return thing, nil
}

// list walks the page pagination: limit items at most, 0 for all.
func list[T any](
	ctx context.Context, c *Client, call apiclient.Call, limit int, read func(*strictjson.Reader) T,
) ([]T, error) {
	var items []T
	seen := map[string]bool{}
	for range maxPages {
		answer, err := c.api.Do(ctx, call)
		if err != nil {
			return nil, err
		}
		p, err := whole(answer.Body, func(r *strictjson.Reader) page[T] { return readPage(r, "page", read) })
		if err != nil {
			return nil, c.api.Unreadable(call, err)
		}
		items = append(items, p.results...)
		if limit > 0 && len(items) >= limit {
			return items[:limit], nil
		}
		if p.next == "" {
			return items, nil
		}
		if seen[p.next] {
			return nil, c.api.Unreadable(call, errors.New("the pages go in a circle"))
		}
		seen[p.next] = true
		call.Query = url.Values{"page": {p.next}}
	}
	return nil, c.api.Unreadable(call, errors.New("the pages do not end"))
}
