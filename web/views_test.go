package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"payportal/internal/access"
	"payportal/internal/htmlcheck"
)

func TestViewKeepsFiltersUnderAName(t *testing.T) {
	p := newPortal(t, withPayments(t, 200))
	b := p.user(t, "nasrin", access.Finance)
	list := b.get("/payments?status=failed&psp=SEP&sort=amount&size=50", http.StatusOK)
	form := b.get(href(t, list.body, ".card-header a.btn"), http.StatusOK, htmlcheck.In("main", htmlcheck.HasText("Status: Failed")))
	query, _ := htmlcheck.Attr(nodes(t, form.body, "main input[name=query]")[0], "value")
	a := b.post("/payments/views", http.StatusSeeOther, url.Values{"name": {"Failed at SEP"}, "query": {query}})
	opened := a.header.Get("Location")
	saved := b.get(opened, http.StatusOK, htmlcheck.In("#payments .card-header", htmlcheck.HasText("Failed at SEP"), htmlcheck.NoText("Modified")),
		htmlcheck.In("#f-status option[selected]", htmlcheck.HasText("Failed")))
	if got, want := ids(t, saved.body), ids(t, list.body); !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("the view has the payments %v, want those that were saved %v", got, want)
	}
	chip, _ := htmlcheck.Attr(nodes(t, saved.body, ".chip a")[0], "href")
	changed := b.get(chip, http.StatusOK, htmlcheck.In("#payments .card-header", htmlcheck.HasText("Modified"), htmlcheck.HasText("Save as")))
	update := nodes(t, changed.body, "#payments .card-header form")[0]
	target, _ := htmlcheck.Attr(update, "action")
	query, _ = htmlcheck.Attr(htmlcheck.All(update, "input[name=query]")[0], "value")
	a = b.post(target, http.StatusSeeOther, url.Values{"query": {query}})
	b.get(a.header.Get("Location"), http.StatusOK, htmlcheck.Count(".chip", 1), htmlcheck.In("#payments .card-header", htmlcheck.NoText("Modified")))

	b.post("/payments/views", http.StatusConflict, url.Values{"name": {"Failed at SEP"}, "query": {""}}, htmlcheck.In("#f-name", htmlcheck.HasAttr("value", "Failed at SEP")),
		htmlcheck.In("#f-name-err"))
	b.post("/payments/views", http.StatusUnprocessableEntity, url.Values{"name": {" "}, "query": {"status=failed"}}, htmlcheck.In("#form-errors"))
	b.post("/payments/views", http.StatusUnprocessableEntity, url.Values{"name": {"x"}, "query": {"status=lost"}})
	b.post("/payments/views", http.StatusUnprocessableEntity, url.Values{"name": {"x"}, "query": {"%zz"}})
}

func TestViewIsTheOwnersUntilShared(t *testing.T) {
	p := newPortal(t, withPayments(t, 20))
	nasrin, omid := p.user(t, "nasrin", access.Finance), p.user(t, "omid", access.Finance)
	opened := nasrin.post("/payments/views", http.StatusSeeOther, url.Values{"name": {"Failed"}, "query": {"status=failed"}}).header.Get("Location")
	omid.get("/payments/views", http.StatusOK, htmlcheck.NotIn("#payment-views"))
	omid.get(opened, http.StatusUnprocessableEntity, htmlcheck.In("#form-errors", htmlcheck.HasText("no longer exists")))
	page := nasrin.get("/payments/views", http.StatusOK)
	var share, remove, makeDefault string
	for _, f := range nodes(t, page.body, "#payment-views form") {
		target, _ := htmlcheck.Attr(f, "action")
		switch htmlcheck.Text(htmlcheck.All(f, "button")[0]) {
		case "Share":
			share = target
		case "Delete":
			remove = target
		case "Make default":
			makeDefault = target
		}
	}
	omid.post(share, http.StatusNotFound, url.Values{"shared": {"1"}})
	nasrin.post(share, http.StatusSeeOther, url.Values{"shared": {"1"}})
	omid.get(opened, http.StatusOK, htmlcheck.In("#payments .card-header", htmlcheck.HasText("Failed")))
	omid.get("/payments/views", http.StatusOK, htmlcheck.Count("#payment-views tbody tr", 1), htmlcheck.Count("#payment-views form", 1))
	for _, target := range []string{share, remove, "/payments/views/" + "99", "/payments/views/x/delete"} {
		omid.post(target, http.StatusNotFound, url.Values{"query": {"status=successful"}})
	}
	omid.post(makeDefault, http.StatusSeeOther, url.Values{"default": {"1"}})
	a := omid.get("/payments", http.StatusSeeOther)
	if got := a.header.Get("Location"); got != opened {
		t.Errorf("the list opens with %q, want the default view %q", got, opened)
	}
	clear := href(t, omid.get(opened, http.StatusOK).body, ".chips .clear")
	omid.get(clear, http.StatusOK, htmlcheck.NotIn(".chip"))
	nasrin.get("/payments", http.StatusOK)
	omid.post(makeDefault, http.StatusSeeOther, url.Values{})
	omid.get("/payments", http.StatusOK)
	nasrin.post(remove, http.StatusSeeOther, url.Values{})
	omid.get(opened, http.StatusUnprocessableEntity)
}

func TestViewIsSharedByThoseWhoMay(t *testing.T) {
	p := newPortal(t, withPayments(t, 5))
	role, err := p.access.People.CreateRole(t.Context(), access.By{Rights: access.All()}, access.RoleDraft{Name: "clerk", Permissions: []string{"payment.list"}})
	if err != nil {
		t.Fatal(err)
	}
	b := p.user(t, "clerk", role.ID)
	b.post("/payments/views", http.StatusSeeOther, url.Values{"name": {"Mine"}, "query": {"type=pos"}, "default": {"1"}})
	b.get("/payments/views", http.StatusOK, htmlcheck.Count("#payment-views form", 2), htmlcheck.In("#payment-views .badge", htmlcheck.HasText("Default")))
	b.post("/payments/views/1/share", http.StatusForbidden, url.Values{"shared": {"1"}},
		htmlcheck.In("main", htmlcheck.HasText("view.share")))
}
