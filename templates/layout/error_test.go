package layout

import (
	"strings"
	"testing"

	"payportal/internal/i18n"
)

func TestEveryProblemHasItsTexts(t *testing.T) {
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Langs() {
		p := bundle.Printer(i18n.Prefs{Lang: lang})
		seen := map[string]int{}
		for _, status := range []int{400, 403, 404, 405, 409, 413, 429, 500, 502, 503} {
			var page strings.Builder
			if err := ErrorContent(p, Problem{Status: status}).Render(t.Context(), &page); err != nil {
				t.Fatal(err)
			}
			title := ErrorTitle(p, status)
			if other, twice := seen[title]; twice || strings.Contains(page.String(), "⟦") {
				t.Errorf("%s %d: got the title of %d or a missing text, want texts of its own: %s", lang, status, other, page.String())
			}
			seen[title] = status
		}
		if got, want := ErrorTitle(p, 418), ErrorTitle(p, 500); got != want {
			t.Errorf("%s: title of an unlisted status: got %q, want %q", lang, got, want)
		}
	}
}

func TestProblemShowsWhatItKnows(t *testing.T) {
	bundle, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := bundle.Printer(i18n.Prefs{})
	var page strings.Builder
	problem := Problem{
		Status: 403, Message: "Nobody signs his own transfer.", Permission: "transfer.sign", Code: "E_42", RequestID: "01JD", RetryHref: "/again",
		BackHref: "/bank/transfers", BackLabel: "To the transfers",
	}
	if err := ErrorContent(p, problem).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Nobody signs his own transfer.", "transfer.sign", "E_42", `data-copy="01JD"`, `href="/again"`, `href="/bank/transfers"`, "To the transfers",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("got a page without %q", want)
		}
	}
}
