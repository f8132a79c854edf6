package inquiry

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"payportal/internal/errs"
	"payportal/internal/strictjson"
	"payportal/internal/textin"
	"payportal/provider/apiclient"
)

// explain adds to a refusal what the provider says in its body: {"error_description": "…"}, {"detail": "…"} or
// {"card_number": ["…"]}. The words are in Args["Words"], the provider's code in Code where it gives one.
func explain(err error) error {
	refusal, ok := errors.AsType[*errs.Error](err)
	if !ok || (refusal.Kind != errs.Declined && refusal.Kind != errs.NotFound) {
		return err
	}
	status, ok := errors.AsType[*apiclient.StatusError](err)
	if !ok {
		return err
	}
	said, readErr := whole(status.Body, readRefusal)
	if readErr != nil {
		return err // HTML or nothing: the status says all that we can repeat
	}
	explained := *refusal
	if said.code != "" {
		explained.Code = said.code
	}
	if said.words != "" {
		explained.Msg = "provider.declined_words"
		explained.Args = map[string]any{"Connection": refusal.Args["Connection"], "Words": said.words}
	}
	return &explained
}

// saying is what a refusal says.
type saying struct{ words, code string }

// inGeneral are the fields that speak of the whole request, the most telling first.
var inGeneral = []string{"error_description", "detail", "message", "non_field_errors"}

// codes are the fields that may hold a code.
var codes = []string{"code", "error_code", "error"}

// codeForm is a word for machines.
var codeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,60}$`)

func isCode(words string) bool { return codeForm.MatchString(words) && withoutNumbers(words) == words }

// readRefusal reads an object whose values are texts, lists of texts, or anything else, which is left out. Without words
// about the whole, those about the fields are taken, in their order.
func readRefusal(r *strictjson.Reader) saying {
	var said saying
	var fields []string
	general := make([]string, len(inGeneral))
	for key := range r.Object() {
		name := string(key)
		words := firstText(r.Raw())
		switch i := slices.Index(inGeneral, name); {
		case i >= 0:
			general[i] = words
		case slices.Contains(codes, name) && isCode(words):
			said.code = words
		case words != "":
			fields = append(fields, words)
		}
	}
	for _, words := range append(general, strings.Join(fields, " ")) {
		if said.words == "" {
			said.words = words
		}
	}
	said.words = withoutNumbers(said.words)
	return said
}

// firstText gives a text, or the first of a list, fit to be shown; "" for anything else.
func firstText(raw []byte) string {
	r := strictjson.NewReader(raw)
	switch {
	case len(raw) > 0 && raw[0] == '"':
		return shortened(textin.Visible(r.String()))
	case len(raw) > 0 && raw[0] == '[':
		first := ""
		for i := range r.Array() {
			if element := r.Raw(); i == 0 && len(element) > 0 && element[0] == '"' {
				first = firstText(element)
			}
		}
		return first
	}
	return ""
}

// longNumber is what can be a card, an account or an IBAN: five digits or more, of any script, perhaps in groups.
var longNumber = regexp.MustCompile(`(?i)(ir)?[0-9۰-۹٠-٩](?:[ \-./\x{200c}]?[0-9۰-۹٠-٩]){4,}`)

// withoutNumbers takes numbers out of a provider's words: a refusal may quote what was asked, and its words go where
// personal data may not.
func withoutNumbers(words string) string {
	return longNumber.ReplaceAllString(shortened(words), "…")
}
