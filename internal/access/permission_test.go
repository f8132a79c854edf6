package access

import (
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTheCatalogueIsWhole(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(_[a-z]+)?\.[a-z]+$`)
	seen := map[string]bool{}
	for _, info := range Catalogue() {
		if !name.MatchString(info.Name) || info.Group == "" || seen[info.Name] {
			t.Errorf("permission %d: name %q, group %q; want a new name and a group", info.Permission, info.Name, info.Group)
		}
		seen[info.Name] = true
		if got, ok := ParsePermission(info.Name); !ok || got != info.Permission {
			t.Errorf("ParsePermission(%q) = %v, %v; want %v", info.Name, got, ok, info.Permission)
		}
	}
	if got, want := len(seen), int(permissionCount)-2; got != want {
		t.Errorf("%d permissions, want %d", got, want)
	}
	if !All().Has(AuditRead) || All().Has(SignedIn) || len(All().List()) != len(seen) {
		t.Errorf("All() = %v", All().Names())
	}
}

func TestNoPermissionIsNobodys(t *testing.T) {
	s := All()
	s.Add(0)
	s.Add(permissionCount)
	s.Add(255)
	for _, p := range []Permission{0, permissionCount, 200, 255} {
		if s.Has(p) {
			t.Errorf("Has(%d) = true, want false", p)
		}
	}
	for _, name := range []string{"", "signed_in", "terminal.Create", "terminal.*"} {
		if p, ok := ParsePermission(name); ok {
			t.Errorf("ParsePermission(%q) = %v, want none", name, p)
		}
	}
}

func TestSetsAreSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Map(rapid.IntRange(1, int(permissionCount)-1), func(i int) Permission { return Permission(i) }))
		a, b := list.Draw(t, "a"), list.Draw(t, "b")
		union := SetOf(a...).Union(SetOf(b...))
		for p := range permissionCount {
			if got, want := union.Has(p), slices.Contains(a, p) || slices.Contains(b, p); got != want {
				t.Errorf("union has %v = %v, want %v", p, got, want)
			}
		}
		within := true
		for _, p := range a {
			within = within && slices.Contains(b, p)
		}
		if got := SetOf(a...).Within(SetOf(b...)); got != within {
			t.Errorf("%v within %v = %v, want %v", a, b, got, within)
		}
		if roles := without(SetOf(a...), SignedIn); ParseNames(roles.Names()) != roles {
			t.Errorf("ParseNames(%v) loses something", roles.Names())
		}
	})
}
