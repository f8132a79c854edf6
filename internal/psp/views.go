package psp

import (
	"context"
	"net/url"
	"time"
	"unicode/utf8"

	"payportal/internal/errs"
	"payportal/internal/textin"
)

// PaymentView is a saved view of the payments list: a name for its query string.
type PaymentView struct {
	ID      int64
	OwnerID int64
	Name    string
	// Query is the list's query string with filters, sort and columns, without a leading "?" and without a page.
	Query string
	// Shared views are seen by everybody who may see the list; only the owner changes them.
	Shared bool
	// Default says that the asking user's list opens with this view.
	Default              bool
	CreatedAt, UpdatedAt time.Time
}

// ViewStore keeps saved views; the store implements it. Somebody else's view that is not shared is errs.NotFound.
type ViewStore interface {
	// PaymentViews lists a user's own views and those that others share, by name.
	PaymentViews(ctx context.Context, userID int64) ([]PaymentView, error)
	PaymentView(ctx context.Context, userID, id int64) (PaymentView, error)
	// CreatePaymentView and UpdatePaymentView fail with errs.Conflict when the owner has another view of that name.
	CreatePaymentView(ctx context.Context, v PaymentView) (id int64, err error)
	// UpdatePaymentView and DeletePaymentView find only views of the owner.
	UpdatePaymentView(ctx context.Context, v PaymentView) error
	DeletePaymentView(ctx context.Context, ownerID, id int64) error
	// SetDefaultPaymentView makes a view that the user sees the user's default; 0 means none.
	SetDefaultPaymentView(ctx context.Context, userID, id int64) error
}

// Views are the use-cases of saved views of the payments list. A user needs no more than payment.list.
type Views struct {
	Store ViewStore
}

const (
	maxViewName  = 60 // characters
	maxViewQuery = 2000
)

// List gives the views that a user may choose from, by name.
func (v *Views) List(ctx context.Context, userID int64) ([]PaymentView, error) {
	return v.Store.PaymentViews(ctx, userID)
}

// Get gives one view, if the user may see it; else errs.NotFound.
func (v *Views) Get(ctx context.Context, userID, id int64) (PaymentView, error) {
	return v.Store.PaymentView(ctx, userID, id)
}

// Create saves a new view of the owner and gives its id. It fails with errs.Invalid, and with errs.Conflict on field name when
// the owner has a view of that name.
func (v *Views) Create(ctx context.Context, view PaymentView) (int64, error) {
	view, err := view.normal("create view")
	if err != nil {
		return 0, err
	}
	id, err := v.Store.CreatePaymentView(ctx, view)
	return id, nameTaken(err)
}

// Update changes name, query and sharing of the owner's view. It fails as Create does, and with errs.NotFound.
func (v *Views) Update(ctx context.Context, view PaymentView) error {
	view, err := view.normal("update view")
	if err != nil {
		return err
	}
	return nameTaken(v.Store.UpdatePaymentView(ctx, view))
}

// Delete removes the owner's view, for everybody whom it was shared with too.
func (v *Views) Delete(ctx context.Context, ownerID, id int64) error {
	return v.Store.DeletePaymentView(ctx, ownerID, id)
}

// SetDefault makes a view the one that the user's list opens with; 0 means none.
func (v *Views) SetDefault(ctx context.Context, userID, id int64) error {
	return v.Store.SetDefaultPaymentView(ctx, userID, id)
}

// nameTaken puts a conflict at the field that caused it.
func nameTaken(err error) error {
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	return &errs.Error{
		Kind: errs.Conflict, Op: "save view", Msg: "paymentdata.error.view_exists", Err: err,
		Fields: []errs.Field{{Name: "name", Msg: "paymentdata.error.view_exists"}},
	}
}

// normal checks a view and takes out of its query what is no part of a view: the page, and the view itself.
func (v PaymentView) normal(op string) (PaymentView, error) {
	var err error
	if v.Name, err = textin.Line(v.Name); err != nil || v.Name == "" || utf8.RuneCountInString(v.Name) > maxViewName {
		return v, errs.InvalidField(op, "name", "paymentdata.error.view_name")
	}
	query, err := url.ParseQuery(v.Query)
	if err != nil || len(v.Query) > maxViewQuery {
		return v, errs.InvalidField(op, "query", "paymentdata.error.view_query")
	}
	for name, values := range query {
		if len(values) == 1 && values[0] == "" {
			query.Del(name)
		}
	}
	query.Del("after")
	query.Del("view")
	v.Query = query.Encode()
	return v, nil
}
