package pspreporting

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"payportal/provider/sandbox"
)

// EffectTerminalCreated is the kind of the ledger's entries for P3; the key is the terminal's UUID.
const EffectTerminalCreated = "terminal_created"

// Terminal types of the document.
const (
	TypeIPG = 0
	TypePOS = 1
)

// maxTerminalNumber is assumed; the document gives no length.
const maxTerminalNumber = 32

// terminal is the answer of P3 and P4.
type terminal struct {
	UUID           string  `json:"uuid"`
	TerminalType   int     `json:"terminal_type"`
	PSPAccountUUID string  `json:"psp_account_uuid"`
	PSP            string  `json:"psp"`
	TerminalNumber string  `json:"terminal_number"`
	AcceptorCode   int64   `json:"acceptor_code"`
	Enabled        bool    `json:"enabled"`
	Description    *string `json:"description"`
	CreatedAt      string  `json:"created_at"`
	StartFetchTime string  `json:"start_fetch_time"`
}

func (s *Server) getTerminal(w http.ResponseWriter, _ *http.Request, segment string) {
	s.mu.Lock()
	t := s.terminals[strings.ToLower(segment)]
	s.mu.Unlock()
	if t == nil {
		sandbox.WriteDetail(w, http.StatusNotFound, "Not found.")
		return
	}
	sandbox.WriteJSON(w, http.StatusOK, t)
}

func (s *Server) createTerminal(w http.ResponseWriter, r *http.Request, _ string) {
	fields, ok := sandbox.ReadFields(w, r)
	if !ok {
		return
	}
	t, wrong, err := s.create(fields)
	switch {
	case err != nil:
		sandbox.WriteDetail(w, http.StatusInternalServerError, err.Error())
	case len(wrong) > 0:
		sandbox.WriteJSON(w, http.StatusBadRequest, wrong)
	default:
		sandbox.WriteJSON(w, http.StatusCreated, t)
	}
}

// create makes the effect of P3: kept, in the state file, in the ledger, and from now on seen in live payments.
func (s *Server) create(fields map[string]any) (terminal, sandbox.Problems, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, wrong := s.readTerminal(fields)
	if len(wrong) > 0 {
		return t, wrong, nil
	}
	if err := s.state.append(t); err != nil {
		return t, nil, err
	}
	s.keep(t)
	s.payments.join(t)
	s.engine.RecordEffect(ServiceName, EffectTerminalCreated, t.UUID, t)
	return t, nil, nil
}

// readTerminal validates as a Django REST framework serializer with these fields would; unknown fields are ignored.
func (s *Server) readTerminal(fields map[string]any) (terminal, sandbox.Problems) {
	p := sandbox.Problems{}
	t := terminal{Enabled: true}
	if v, ok := p.Required(fields, "terminal_type"); ok {
		t.TerminalType = readChoice(p, "terminal_type", v)
	}
	if v, ok := p.Required(fields, "psp_account_uuid"); ok {
		s.readAccount(p, v, &t)
	}
	if v, ok := p.Required(fields, "terminal_number"); ok {
		t.TerminalNumber = p.Text("terminal_number", v, maxTerminalNumber)
	}
	if v, ok := p.Required(fields, "acceptor_code"); ok {
		t.AcceptorCode = p.Integer("acceptor_code", v, 0)
	}
	if v, ok := p.Required(fields, "start_fetch_time"); ok {
		t.StartFetchTime = readTime(p, "start_fetch_time", v)
	}
	if v, ok := fields["enabled"]; ok {
		t.Enabled = readBool(p, "enabled", v)
	}
	if v := fields["description"]; v != nil {
		text, ok := v.(string)
		if !ok {
			p.Add("description", "Not a valid string.")
		}
		t.Description = &text
	}
	if len(p) == 0 && !s.allowDuplicates && s.exists(t) {
		p.Add("non_field_errors", "The fields terminal_number, psp_account_uuid must make a unique set.")
	}
	t.UUID = newUUID()
	t.CreatedAt = formatTime(s.engine.Clock().Now())
	return t, p
}

func (s *Server) exists(t terminal) bool {
	for _, other := range s.terminals {
		if other.TerminalNumber == t.TerminalNumber && other.PSPAccountUUID == t.PSPAccountUUID {
			return true
		}
	}
	return false
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$`)

func (s *Server) readAccount(p sandbox.Problems, v any, t *terminal) {
	text, ok := v.(string)
	if !ok || !uuidForm.MatchString(text) {
		p.Add("psp_account_uuid", "Must be a valid UUID.")
		return
	}
	a, ok := s.account(text)
	if !ok {
		p.Add("psp_account_uuid", fmt.Sprintf("Invalid pk \"%s\" - object does not exist.", text))
		return
	}
	t.PSPAccountUUID, t.PSP = a.UUID, a.PSP
}

func readChoice(p sandbox.Problems, name string, v any) int {
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil || n != TypeIPG && n != TypePOS {
		p.Add(name, fmt.Sprintf("\"%v\" is not a valid choice.", v))
	}
	return n
}

func readBool(p sandbox.Problems, name string, v any) bool {
	switch fmt.Sprint(v) {
	case "true", "True", "1":
		return true
	case "false", "False", "0":
		return false
	}
	p.Add(name, "Must be a valid boolean.")
	return false
}

func readTime(p sandbox.Problems, name string, v any) string {
	text, ok := v.(string)
	if ok {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04Z07:00"} {
			if at, err := time.Parse(layout, text); err == nil {
				return formatTime(at)
			}
		}
	}
	p.Add(name, "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].")
	return ""
}

// formatTime writes as the framework does: microseconds, or none at all when they are zero, and Z for UTC.
func formatTime(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}

// formatUUID sets the bits of version 4 and writes b in the canonical form.
func formatUUID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
