package psp

import (
	"context"
	"time"

	"payportal/internal/errs"
)

// Overview is what the first page says about the payments of a period.
type Overview struct {
	PaymentSums
	// Days has an entry for each day, the earliest first.
	Days []DaySums
	// PSPs are all that had payments, Terminals the busiest; both by successful amount, the largest first.
	PSPs, Terminals []NamedSums
}

// SuccessRate is the share of successful payments in thousandths, rounded down; false when there were none.
func (s PaymentSums) SuccessRate() (permille int64, ok bool) {
	if s.Count == 0 {
		return 0, false
	}
	return s.Successful * 1000 / s.Count, true
}

// maxOverviewDays is more than a year: what a chart can show.
const maxOverviewDays = 400

// Overview sums up the payments between the first and the last of the given day boundaries, which are those of the user's zone:
// n+1 boundaries for n days. It is the same function that the list's totals come from, so that a figure equals the foot of the
// list it links to. It fails with errs.Invalid for boundaries that do not rise.
func (p *Payments) Overview(ctx context.Context, connectionID int64, days []time.Time, terminals int) (Overview, error) {
	if err := checkDays(days); err != nil {
		return Overview{}, err
	}
	filter := PaymentFilter{ConnectionID: connectionID, From: days[0], To: days[len(days)-1]}
	totals, err := p.Store.PaymentTotals(ctx, filter, PaymentGroups{Days: days, PSP: true, Terminal: true})
	if err != nil {
		return Overview{}, err
	}
	return Overview{
		PaymentSums: totals.PaymentSums, Days: totals.ByDay, PSPs: totals.ByPSP,
		Terminals: totals.ByTerminal[:min(max(terminals, 0), len(totals.ByTerminal))],
	}, nil
}

func checkDays(days []time.Time) error {
	rising := len(days) >= 2 && len(days) <= maxOverviewDays+1
	for i := 1; rising && i < len(days); i++ {
		rising = days[i-1].Before(days[i])
	}
	if !rising {
		return errs.InvalidField("sum up payments", "period", "paymentdata.error.days")
	}
	return nil
}
