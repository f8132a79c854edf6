package payments

import "payportal/templates/ui"

// CurrentView is the saved view that a list began with.
type CurrentView struct {
	Name string
	// Modified says that the filter is no longer the one that was saved.
	Modified bool
	// UpdateAction saves the filter as the view's; empty when the view is not the user's own. Query is that filter.
	UpdateAction, Query string
}

// Views is the page of saved views.
type Views struct {
	BackHref string
	// Filters are what would be saved, in words.
	Filters []string
	// Query is what would be saved.
	Query  string
	Name   ui.Field
	Errors []ui.FormError
	List   []View
	// MayShare offers to share one's own views.
	MayShare bool
}

// View is a saved view.
type View struct {
	Name, Href string
	// Action is the path that the forms of the view begin with.
	Action                 string
	Own, Shared, IsDefault bool
}
