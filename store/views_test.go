package store_test

import (
	"slices"
	"strings"
	"testing"

	"payportal/internal/errs"
	"payportal/internal/psp"
	"payportal/store/storetest"
)

const (
	sara = 1
	omid = 2
)

func viewNames(t *testing.T, views *psp.Views, userID int64) (names []string) {
	t.Helper()
	list, err := views.List(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		name := v.Name
		if v.Default {
			name += "*"
		}
		names = append(names, name)
	}
	return names
}

func TestViewsBelongToTheirOwner(t *testing.T) {
	t.Parallel()
	views := &psp.Views{Store: storetest.Open(t)}
	create := func(v psp.PaymentView) int64 {
		t.Helper()
		id, err := views.Create(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	own := create(psp.PaymentView{OwnerID: sara, Name: " ناموفق‌ها ", Query: "status=failed&after=x&view=3&psp=&sort=-amount"})
	shared := create(psp.PaymentView{OwnerID: sara, Name: "Big", Query: "min=5", Shared: true})
	if v, err := views.Get(t.Context(), sara, own); err != nil || v.Query != "sort=-amount&status=failed" || v.Name != "ناموفق‌ها" {
		t.Errorf("view = %+v, %v, want its filters without the page", v, err)
	}
	if got := viewNames(t, views, omid); !slices.Equal(got, []string{"Big"}) {
		t.Errorf("another user sees %v, want what is shared", got)
	}
	for name, err := range map[string]error{
		"get":     second(views.Get(t.Context(), omid, own)),
		"update":  views.Update(t.Context(), psp.PaymentView{ID: shared, OwnerID: omid, Name: "Mine"}),
		"delete":  views.Delete(t.Context(), omid, shared),
		"default": views.SetDefault(t.Context(), omid, own),
		"missing": views.SetDefault(t.Context(), omid, 99),
	} {
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("%s of another user's view = %v, want NotFound", name, err)
		}
	}
}

func second(_ psp.PaymentView, err error) error { return err }

func TestDefaultViews(t *testing.T) {
	t.Parallel()
	views := &psp.Views{Store: storetest.Open(t)}
	shared, err := views.Create(t.Context(), psp.PaymentView{OwnerID: sara, Name: "Big", Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	other, err := views.Create(t.Context(), psp.PaymentView{OwnerID: omid, Name: "Small"})
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name string
		do   func() error
		want []string // what the second user sees
	}{
		{"own", func() error { return views.SetDefault(t.Context(), omid, other) }, []string{"Big", "Small*"}},
		{"shared instead", func() error { return views.SetDefault(t.Context(), omid, shared) }, []string{"Big*", "Small"}},
		{"none", func() error { return views.SetDefault(t.Context(), omid, 0) }, []string{"Big", "Small"}},
		{"shared again", func() error { return views.SetDefault(t.Context(), omid, shared) }, []string{"Big*", "Small"}},
		{"no longer shared", func() error {
			return views.Update(t.Context(), psp.PaymentView{ID: shared, OwnerID: sara, Name: "Big"})
		}, []string{"Small"}},
		{"shared once more", func() error {
			return views.Update(t.Context(), psp.PaymentView{ID: shared, OwnerID: sara, Name: "Big", Shared: true})
		}, []string{"Big", "Small"}},
		{"deleted", func() error { return views.Delete(t.Context(), sara, shared) }, []string{"Small"}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := viewNames(t, views, omid); !slices.Equal(got, step.want) {
			t.Errorf("%s: views = %v, want %v", step.name, got, step.want)
		}
	}
}

func TestViewsAreChecked(t *testing.T) {
	t.Parallel()
	views := &psp.Views{Store: storetest.Open(t)}
	if _, err := views.Create(t.Context(), psp.PaymentView{OwnerID: sara, Name: "Big"}); err != nil {
		t.Fatal(err)
	}
	if _, err := views.Create(t.Context(), psp.PaymentView{OwnerID: omid, Name: "Big"}); err != nil {
		t.Errorf("another user's view of the same name = %v, want it created", err)
	}
	_, err := views.Create(t.Context(), psp.PaymentView{OwnerID: sara, Name: "Big"})
	if fields := errs.FieldsOf(err); !errs.Is(err, errs.Conflict) || len(fields) != 1 || fields[0].Name != "name" {
		t.Errorf("second view of a name = %v, want a conflict on it", err)
	}
	for field, v := range map[string]psp.PaymentView{
		"name":  {Name: " "},
		"name ": {Name: strings.Repeat("آ", 61)},
		" name": {Name: "a\u202eb"},
		"query": {Name: "a", Query: "%zz"},
	} {
		_, err := views.Create(t.Context(), v)
		if fields := errs.FieldsOf(err); !errs.Is(err, errs.Invalid) || len(fields) != 1 || fields[0].Name != strings.TrimSpace(field) {
			t.Errorf("view %+v = %v, want Invalid on %s", v, err, field)
		}
	}
}
