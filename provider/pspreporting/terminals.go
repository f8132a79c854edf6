package pspreporting

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/internal/strictjson"
	"payportal/internal/textin"
	"payportal/provider/apiclient"
)

// newTerminal is the body of P3.
type newTerminal struct {
	TerminalType   uint8   `json:"terminal_type"`
	PSPAccountUUID string  `json:"psp_account_uuid"`
	TerminalNumber string  `json:"terminal_number"`
	AcceptorCode   int64   `json:"acceptor_code"`
	Enabled        bool    `json:"enabled"`
	Description    *string `json:"description"`
	StartFetchTime string  `json:"start_fetch_time"`
}

// terminalFields are the inputs of P3. The portal's form uses the same names, so that a refusal lands on its input.
var terminalFields = []string{
	"terminal_type", "psp_account_uuid", "terminal_number", "acceptor_code", "enabled", "description", "start_fetch_time",
}

// CreateTerminal creates a terminal (P3: POST /terminals/). A missing description is a real null; the sample's is the word
// "null". A refusal is Declined, with a Field for each input that the provider names and its words in Args["Words"].
func (c *Client) CreateTerminal(ctx context.Context, t psp.NewTerminal) (psp.Terminal, error) {
	call := apiclient.Call{
		Op: "create terminal", Method: http.MethodPost, Pattern: "/terminals/", Scope: ScopeTerminalCreate,
		Body: wireTerminal(t),
	}
	answer, err := c.api.Do(ctx, call)
	if err != nil {
		return psp.Terminal{}, explain(err)
	}
	created, err := whole(answer.Body, readTerminal)
	if err != nil {
		return psp.Terminal{}, c.api.Unreadable(call, err)
	}
	return created, nil
}

// Terminal reads one terminal and gives the answer as received too (P4: GET /terminals/{uuid}; the heading says "list",
// the scope table POST, the sample is a GET of one).
func (c *Client) Terminal(ctx context.Context, uuid string) (psp.Terminal, []byte, error) {
	call := get("read terminal", "/terminals/{uuid}", ScopeTerminalRead, uuid)
	answer, err := c.api.Do(ctx, call)
	if err != nil {
		return psp.Terminal{}, nil, err
	}
	t, err := whole(answer.Body, readTerminal)
	if err != nil {
		return psp.Terminal{}, nil, c.api.Unreadable(call, err)
	}
	return t, answer.Body, nil
}

func wireTerminal(t psp.NewTerminal) newTerminal {
	wire := newTerminal{
		TerminalType: uint8(t.Type), PSPAccountUUID: t.AccountUUID, TerminalNumber: t.Number, AcceptorCode: t.AcceptorCode,
		Enabled: t.Enabled, StartFetchTime: t.StartFetchTime.UTC().Format(time.RFC3339Nano),
	}
	if t.Description != "" {
		wire.Description = &t.Description
	}
	return wire
}

// maxWords bounds what we show of a provider's own text.
const maxWords = 300

// explain adds what a 400 says of each field: {"terminal_number": ["already exists"], "detail": "…"}.
func explain(err error) error {
	refusal, ok := errors.AsType[*errs.Error](err)
	if !ok || refusal.Kind != errs.Declined {
		return err
	}
	status, ok := errors.AsType[*apiclient.StatusError](err)
	if !ok {
		return err
	}
	said, readErr := whole(status.Body, readRefusal)
	if readErr != nil {
		return err // prose or HTML: the status says all that we can repeat
	}
	explained := *refusal
	for _, s := range said {
		words := map[string]any{"Words": s.words}
		if slices.Contains(terminalFields, s.field) {
			explained.Fields = append(explained.Fields, errs.Field{Name: s.field, Msg: "provider.words", Args: words})
		} else if s.field == "code" || s.field == "error" {
			explained.Code = s.words
		} else {
			explained.Msg = "provider.declined_words"
			explained.Args = map[string]any{"Connection": refusal.Args["Connection"], "Words": s.words}
		}
	}
	return &explained
}

// saying is what a refusal says of one field, or in general under "detail" or "non_field_errors".
type saying struct{ field, words string }

// readRefusal reads an object whose values are texts, lists of texts, or anything else, which is left out.
func readRefusal(r *strictjson.Reader) []saying {
	var said []saying
	for key := range r.Object() {
		s := saying{field: string(key)}
		switch raw := r.Raw(); {
		case len(raw) > 0 && raw[0] == '"':
			s.words = strictjson.NewReader(raw).String()
		case len(raw) > 0 && raw[0] == '[':
			s.words = firstText(raw)
		}
		if s.words != "" {
			s.words = presentable(s.words)
			said = append(said, s)
		}
	}
	return said
}

func firstText(list []byte) string {
	r := strictjson.NewReader(list)
	first := ""
	for i := range r.Array() {
		raw := r.Raw()
		if i == 0 && len(raw) > 0 && raw[0] == '"' {
			first = strictjson.NewReader(raw).String()
		}
	}
	return first
}

// presentable makes a provider's text safe to show: no control or direction characters, and not without end.
func presentable(words string) string {
	words = textin.Visible(words)
	if runes := []rune(words); len(runes) > maxWords {
		words = string(runes[:maxWords]) + "…"
	}
	return words
}
