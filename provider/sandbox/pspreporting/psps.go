package pspreporting

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"payportal/provider/sandbox"
)

// psp is "Detail of PSPs inside list API" of P7.
type psp struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
}

// account is an item of P8.
type account struct {
	UUID      string `json:"uuid"`
	Name      string `json:"name"`
	PSP       string `json:"psp"`
	Enabled   bool   `json:"enabled"`
	CreatedAt string `json:"created_at"`
}

func (s *Server) listPSPs(w http.ResponseWriter, r *http.Request, _ string) {
	s.mu.Lock()
	all, size := s.psps, s.pageSize
	s.mu.Unlock()
	sandbox.WritePage(w, r, all, size, s.publicBase, "/psps/")
}

func (s *Server) getPSP(w http.ResponseWriter, _ *http.Request, segment string) {
	id, err := strconv.Atoi(segment)
	i := slices.IndexFunc(s.psps, func(p psp) bool { return p.ID == id })
	if err != nil || i < 0 {
		sandbox.WriteDetail(w, http.StatusNotFound, "Not found.")
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, s.psps[i])
}

func (s *Server) listAccounts(w http.ResponseWriter, r *http.Request, _ string) {
	s.mu.Lock()
	all, size := s.accounts, s.pageSize
	s.mu.Unlock()
	sandbox.WritePage(w, r, all, size, s.publicBase, "/psp-accounts/")
}

func (s *Server) getAccount(w http.ResponseWriter, _ *http.Request, segment string) {
	a, ok := s.account(segment)
	if !ok {
		sandbox.WriteDetail(w, http.StatusNotFound, "Not found.")
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, a)
}

// account finds by UUID; accounts never change after the start.
func (s *Server) account(uuid string) (account, bool) {
	i := slices.IndexFunc(s.accounts, func(a account) bool { return strings.EqualFold(a.UUID, uuid) })
	if i < 0 {
		return account{}, false
	}
	return s.accounts[i], true
}
