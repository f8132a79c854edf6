package pspreporting

import (
	"net/http"
	"slices"
	"time"

	"payportal/provider/sandbox"
)

// Terminal is a terminal as tests and the demo need it: what staff would have been told by Toman.
type Terminal struct {
	UUID   string `json:"uuid"`
	Type   int    `json:"terminal_type"`
	Number string `json:"terminal_number"`
	PSP    string `json:"psp"`
}

// Terminals lists all terminals that exist at the provider, seeded and created, in the order of creation. The real API
// has no such list.
func (s *Server) Terminals() []Terminal {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Terminal, 0, len(s.order))
	for _, uuid := range s.order {
		t := s.terminals[uuid]
		out = append(out, Terminal{UUID: t.UUID, Type: t.TerminalType, Number: t.TerminalNumber, PSP: t.PSP})
	}
	return out
}

// Reports lists the UUIDs of the reports in a state, newest first.
func (s *Server) Reports(status int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.engine.Clock().Now()
	out := []string{}
	for _, one := range s.reports {
		if one.settle(now); one.Status == status {
			out = append(out, one.UUID)
		}
	}
	return out
}

// SetPageSizes changes the rows of numbered pages and of pages of payments; 0 leaves one as it is.
func (s *Server) SetPageSizes(numbered, payments int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if numbered > 0 {
		s.pageSize = numbered
	}
	if payments > 0 {
		s.paymentPageSize = payments
	}
}

// SetAllowDuplicates changes whether a second terminal with the same number and account is accepted.
func (s *Server) SetAllowDuplicates(allow bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowDuplicates = allow
}

// control is this API's part of the control API, under /_control/psp_reporting/.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /terminals", func(w http.ResponseWriter, _ *http.Request) {
		sandbox.WriteJSON(w, http.StatusOK, s.Terminals())
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		sandbox.WriteJSON(w, http.StatusOK, map[string]int{
			"ipg": s.CountPayments(TypeIPG), "pos": s.CountPayments(TypePOS),
			"terminals": len(s.Terminals()), "authorization_leaks": s.AuthorizationLeaks(),
		})
	})
	mux.HandleFunc("POST /settings", s.controlSettings)
	mux.HandleFunc("POST /payments", s.controlPayments)
	mux.HandleFunc("POST /reports", s.controlNewReport)
	mux.HandleFunc("POST /reports/{uuid}", s.controlReport)
	return mux
}

func (s *Server) controlSettings(w http.ResponseWriter, r *http.Request) {
	var order struct {
		LivePerMinute   *int  `json:"live_per_minute"`
		AllowDuplicates *bool `json:"allow_duplicates"`
		PageSize        int   `json:"page_size"`
		PaymentPageSize int   `json:"payment_page_size"`
	}
	if !sandbox.ReadControl(w, r, &order) {
		return
	}
	if order.LivePerMinute != nil {
		s.SetLive(*order.LivePerMinute)
	}
	if order.AllowDuplicates != nil {
		s.SetAllowDuplicates(*order.AllowDuplicates)
	}
	s.SetPageSizes(order.PageSize, order.PaymentPageSize)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) controlPayments(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Type  string `json:"type"`
		Count int    `json:"count"`
		AgeMS int64  `json:"age_ms"`
	}
	if !sandbox.ReadControl(w, r, &order) {
		return
	}
	kind := slices.Index(typeNames[:], order.Type)
	if kind < 0 || order.Count < 0 || order.Count > 1_000_000 {
		sandbox.WriteDetail(w, http.StatusBadRequest, "type is ipg or pos, count 0 to 1000000")
		return
	}
	ids := s.AddPayments(kind, order.Count, time.Duration(order.AgeMS)*time.Millisecond)
	sandbox.WriteJSON(w, http.StatusCreated, map[string][]string{"ids": ids})
}

func (s *Server) controlNewReport(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Status   int   `json:"status"`
		FinishMS int64 `json:"finish_ms"`
	}
	if !sandbox.ReadControl(w, r, &order) || !knownStatus(w, order.Status) {
		return
	}
	uuid := s.AddReport(order.Status, time.Duration(order.FinishMS)*time.Millisecond)
	sandbox.WriteJSON(w, http.StatusCreated, map[string]string{"uuid": uuid})
}

func (s *Server) controlReport(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Status int `json:"status"`
	}
	if !sandbox.ReadControl(w, r, &order) || !knownStatus(w, order.Status) {
		return
	}
	if !s.SetReport(r.PathValue("uuid"), order.Status) {
		sandbox.WriteDetail(w, http.StatusNotFound, "no such report")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func knownStatus(w http.ResponseWriter, status int) bool {
	if status < ReportInitiate || status > ReportExpired {
		sandbox.WriteDetail(w, http.StatusBadRequest, "status is 0 to 4")
		return false
	}
	return true
}
