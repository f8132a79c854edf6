package web

import (
	"strconv"

	"payportal/internal/access"
	"payportal/internal/psp"
	"payportal/templates/payments"
	"payportal/templates/ui"
)

// currentView is the view of the saved view that a list began with.
func currentView(v *visit, q *paymentRequest) *payments.CurrentView {
	if q.view == nil {
		return nil
	}
	current := &payments.CurrentView{
		Name: q.view.Name, Modified: q.view.params != q.params.saved(), Query: q.params.saved().query(),
	}
	if q.view.OwnerID == v.identity.UserID {
		current.UpdateAction = viewAction(q.view.ID)
	}
	return current
}

func viewAction(id int64) string { return "/payments/views/" + strconv.FormatInt(id, 10) }

// paymentViewsView is the view of the page of saved views.
func paymentViewsView(v *visit, q *paymentRequest, views []psp.PaymentView, name string, failure error) payments.Views {
	wrong, summary := fieldErrors(v.p, failure)
	view := payments.Views{
		BackHref: q.params.link("/payments"), Query: q.params.saved().query(), Errors: summary, MayShare: v.can(access.ViewShare),
		Name: ui.Field{Name: "name", Label: v.p.T("payments.views.name"), Value: name, Error: wrong["name"], Required: true, MaxLength: 60},
	}
	for _, chip := range paymentChips(v, q).Items {
		view.Filters = append(view.Filters, chip.Label)
	}
	for _, saved := range views {
		view.List = append(view.List, payments.View{
			Name: saved.Name, Href: viewHref(saved), Action: viewAction(saved.ID), Own: saved.OwnerID == v.identity.UserID,
			Shared: saved.Shared, IsDefault: saved.Default,
		})
	}
	return view
}
