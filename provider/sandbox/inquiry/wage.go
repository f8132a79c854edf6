package inquiry

import (
	"fmt"
	"net/http"
	"time"

	jalaali "github.com/jalaali/go-jalaali"

	"payportal/provider/sandbox"
)

// wages is the answer of P13.
type wages struct {
	Paya  way `json:"paya"`
	Satna way `json:"satna"`
	A2A   way `json:"a2a"`
}

// way is one way of transfer. EstimatedTime is Jalali local time without a zone.
type way struct {
	Active        bool    `json:"active"`
	Wage          int64   `json:"wage"`
	EstimatedTime *string `json:"estimated_time"`
}

// The rules, in rial. They give the document's sample, and are else assumed: wages are shares of the amount within bounds.
const (
	payaMost  = 1_000_000_000
	satnaFrom = 500_000_000

	payaShare, payaLeastWage, payaMostWage = 10_000, 3_000, 30_000 // a ten-thousandth
	satnaShare, satnaMostWage              = 5_000, 350_000        // two ten-thousandths
)

// tehran has had no daylight saving time since 2022.
var tehran = time.FixedZone("Asia/Tehran", 3*3600+1800)

// payaCycles are the times at which Paya settles on a working day.
var payaCycles = []time.Duration{3*time.Hour + 45*time.Minute, 10*time.Hour + 45*time.Minute, 13*time.Hour + 45*time.Minute, 18*time.Hour + 45*time.Minute}

// Satna is open between these times on a working day, and takes half an hour.
const (
	satnaOpens  = 7 * time.Hour
	satnaCloses = 14*time.Hour + 30*time.Minute
	satnaTakes  = 30 * time.Minute
)

// estimateWage is P13.
func (s *Server) estimateWage(fields map[string]any) answer {
	p := sandbox.Problems{}
	var amount int64
	if value, ok := p.Required(fields, "amount"); ok {
		amount = p.Integer("amount", value, 1)
	}
	source, destination := readBank(p, fields, "source_bank_id"), readBank(p, fields, "destination_bank_id")
	if len(p) > 0 {
		return answer{status: http.StatusBadRequest, body: p}
	}
	asked := fmt.Sprintf("%d/%d/%d", amount, source.id, destination.id)
	s.engine.RecordEffect(ServiceName, EffectInquiry, asked, "wage-estimation")
	return answer{status: http.StatusOK, body: estimate(amount, source.id == destination.id, s.engine.Clock().Now().In(tehran))}
}

func estimate(amount int64, oneBank bool, now time.Time) wages {
	var w wages
	if oneBank {
		w.A2A = active(0, now)
		return w
	}
	if amount <= payaMost {
		w.Paya = active(min(max(amount/payaShare, payaLeastWage), payaMostWage), nextPaya(now))
	}
	if amount >= satnaFrom {
		w.Satna = active(min(amount/satnaShare, satnaMostWage), nextSatna(now))
	}
	return w
}

func active(wage int64, at time.Time) way {
	stamp := jalaliStamp(at)
	return way{Active: true, Wage: wage, EstimatedTime: &stamp}
}

// nextPaya is the next settlement after now. Of days off the sandbox knows Fridays only.
func nextPaya(now time.Time) time.Time {
	for day := midnight(now); ; day = day.AddDate(0, 0, 1) {
		for _, cycle := range payaCycles {
			if at := day.Add(cycle); at.After(now) && day.Weekday() != time.Friday {
				return at
			}
		}
	}
}

// nextSatna is in half an hour while Satna is open, and else when it opens next.
func nextSatna(now time.Time) time.Time {
	for day := midnight(now); ; day = day.AddDate(0, 0, 1) {
		switch opens, closes := day.Add(satnaOpens), day.Add(satnaCloses); {
		case day.Weekday() == time.Friday || !now.Before(closes):
		case now.Before(opens):
			return opens
		default:
			return now.Add(satnaTakes)
		}
	}
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// jalaliStamp writes as the document does: "1403-07-02T18:45:00".
func jalaliStamp(local time.Time) string {
	year, month, day, err := jalaali.ToJalaali(local.Year(), local.Month(), local.Day())
	if err != nil {
		panic(err) // only for years that no clock shows
	}
	return fmt.Sprintf("%04d-%02d-%02dT%s", year, month, day, local.Format("15:04:05"))
}
