package errs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"payportal/internal/errs"
)

func TestKindOf(t *testing.T) {
	cause := errors.New("disk I/O error")
	tests := []struct {
		name string
		err  error
		want errs.Kind
	}{
		{"plain error is our bug", cause, errs.Internal},
		{"direct", errs.New(errs.Conflict, "save role", "", nil), errs.Conflict},
		{"wrapped", fmt.Errorf("create terminal: %w", errs.New(errs.Declined, "", "", cause)), errs.Declined},
		{"outermost wins", errs.New(errs.Unavailable, "", "", errs.New(errs.Invalid, "", "", nil)), errs.Unavailable},
		{"deadline", fmt.Errorf("list reports: %w", context.DeadlineExceeded), errs.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := errs.KindOf(tt.err); got != tt.want {
				t.Errorf("KindOf(%v) = %v, want %v", tt.err, got, tt.want)
			}
		})
	}
}

func TestErrorKeepsItsCause(t *testing.T) {
	cause := errors.New("reset by peer")
	err := errs.New(errs.Unavailable, "list reports", "provider.unreachable", cause)
	if !errors.Is(err, cause) {
		t.Errorf("errors.Is(%v, cause) = false, want true", err)
	}
	if got, want := err.Error(), "list reports: unavailable (provider.unreachable): reset by peer"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}
