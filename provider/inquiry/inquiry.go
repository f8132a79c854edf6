// Package inquiry speaks Toman's Inquiry API (rows P10 to P13 of the provider contracts): it sends the documented requests,
// reads the documented answers into the domain's types, and leaves the sending itself to apiclient and tokens to tomanauth.
// It keeps nothing and knows no user.
//
// Only cmd/portal imports it.
package inquiry

import (
	"context"
	"fmt"
	"net/http"

	"payportal/internal/connection"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/money"
	"payportal/internal/strictjson"
	"payportal/provider/apiclient"
)

// The scopes of the calls.
const (
	ScopeCardToIBAN    = "inquiry.card_to_iban.read"
	ScopeAccountToIBAN = "inquiry.account_number_to_iban.read"
	ScopeIBANInquiry   = "inquiry.iban_inquiry.read"
	ScopeWage          = "inquiry.wage_estimation.read"
)

// Client is the API of one connection. It implements inquiry.Provider and is safe for concurrent use.
type Client struct {
	api *apiclient.Client
}

var _ inquiry.Provider = (*Client)(nil)

// New makes the client of a connection: api calls the inquiry base URL.
func New(api *apiclient.Client) *Client { return &Client{api: api} }

// CardToIBAN asks for a card's IBAN (P10: POST card_to_iban/).
func (c *Client) CardToIBAN(ctx context.Context, card iban.Card) (inquiry.Answer, error) {
	call := post("convert card to IBAN", "/card_to_iban/", ScopeCardToIBAN, struct {
		CardNumber string `json:"card_number"`
	}{card.Reveal()})
	return c.answer(ctx, call, "")
}

// AccountToIBAN asks for the IBAN and owners of an account (P11: POST account_number_to_iban/).
func (c *Client) AccountToIBAN(ctx context.Context, number iban.AccountNumber, bankID int) (inquiry.Answer, error) {
	call := post("convert account number to IBAN", "/account_number_to_iban/", ScopeAccountToIBAN, struct {
		AccountNumber string `json:"account_number"`
		BankID        int    `json:"bank_id"`
	}{number.Reveal(), bankID})
	return c.answer(ctx, call, "")
}

// InquireIBAN asks for the owners and state of an IBAN (P12: POST iban_inquiry/). An answer about another one is Indeterminate.
func (c *Client) InquireIBAN(ctx context.Context, number iban.IBAN) (inquiry.Answer, error) {
	call := post("inquire IBAN", "/iban_inquiry/", ScopeIBANInquiry, struct {
		IBAN string `json:"iban"`
	}{number.Reveal()})
	return c.answer(ctx, call, number.Reveal())
}

// EstimateWage asks what a transfer costs and when it arrives (P13: POST wage-estimation/).
func (c *Client) EstimateWage(ctx context.Context, q inquiry.WageQuestion) (inquiry.WageEstimate, error) {
	const op = "estimate wage"
	if q.Amount.Currency != money.IRR {
		return inquiry.WageEstimate{}, fmt.Errorf("%s: amount in %s, want rial", op, q.Amount.Currency)
	}
	call := post(op, "/wage-estimation/", ScopeWage, struct {
		Amount            int64 `json:"amount"`
		SourceBankID      int   `json:"source_bank_id"`
		DestinationBankID int   `json:"destination_bank_id"`
	}{q.Amount.Minor, q.SourceBank, q.DestinationBank})
	answer, err := c.api.Do(ctx, call)
	if err != nil {
		return inquiry.WageEstimate{}, explain(err)
	}
	estimate, err := whole(answer.Body, readEstimate)
	if err != nil {
		return inquiry.WageEstimate{}, c.api.Unreadable(call, err)
	}
	return estimate, nil
}

// Checks are the steps of a connection test for this API: its address. A read would cost money; whether the scopes are
// granted, the checks of the token say.
func (c *Client) Checks() []connection.Check { return c.api.Checks() }

// post is a call that costs money. It is repeated after a 401 alone, which the API answers before it looks at anything else.
func post(op, pattern, scope string, body any) apiclient.Call {
	return apiclient.Call{Op: op, Method: http.MethodPost, Pattern: pattern, Scope: scope, Body: body, RepeatRefused: true}
}

// answer makes an inquiry about a number. asked is the IBAN that it is about, "" when the IBAN is what it asks for.
func (c *Client) answer(ctx context.Context, call apiclient.Call, asked string) (inquiry.Answer, error) {
	received, err := c.api.Do(ctx, call)
	if err != nil {
		return inquiry.Answer{}, explain(err)
	}
	found, err := whole(received.Body, readAnswer)
	if err != nil {
		return inquiry.Answer{}, c.api.Unreadable(call, err)
	}
	if found.Remark != "" && tellsNothing(found, asked) {
		return inquiry.Answer{}, c.api.Declined(call, withoutNumbers(found.Remark))
	}
	if err := fits(found, asked); err != nil {
		return inquiry.Answer{}, c.api.Unreadable(call, err)
	}
	return found, nil
}

// whole reads a document from its first to its last byte.
func whole[T any](body []byte, read func(*strictjson.Reader) T) (T, error) {
	r := strictjson.NewReader(body)
	thing := read(r)
	return thing, r.End()
}
