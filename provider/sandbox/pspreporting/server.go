package pspreporting

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"payportal/provider/sandbox"
)

// Names of the two listeners, which scope faults and journal entries.
const (
	ServiceName = "psp_reporting"
	StorageName = "object_storage"
)

// Scopes of the endpoints, as documented.
const (
	ScopeTerminalCreate = "repigma.terminal.create"
	ScopeTerminalRead   = "repigma.terminal.read"
	ScopeReportList     = "repigma.report.list"
	ScopeReportDownload = "repigma.report.download"
	ScopePSPRead        = "repigma.psp.read"
	ScopeAccountRead    = "repigma.psp_account.read"
	ScopePaymentList    = "repigma.payment.list"
)

// Scopes lists all scopes of this API.
func Scopes() []string {
	return []string{
		ScopeTerminalCreate, ScopeTerminalRead, ScopeReportList, ScopeReportDownload, ScopePSPRead, ScopeAccountRead, ScopePaymentList,
	}
}

// Defaults of Config.
const (
	// DefaultPublicBase is the base of "next" and "previous" in the document's payments example: plain http and not
	// the host that was asked.
	DefaultPublicBase      = "http://repigma-staging.qcluster.org"
	DefaultPageSize        = 10
	DefaultPaymentPageSize = 100
	// DefaultLinkLife is X-Amz-Expires of the document's example.
	DefaultLinkLife = 48 * time.Hour
	// DefaultReportTime is how long a report is in progress.
	DefaultReportTime = time.Minute
)

// Config is what the sandbox is started with; zero values take the defaults.
type Config struct {
	Engine    *sandbox.Engine
	Authorize sandbox.Authorize
	// Data is what Seed or a test made.
	Data *Dataset
	// PublicBase starts the links to other pages.
	PublicBase string
	// PageSize is that of numbered pages, PaymentPageSize that of payments.
	PageSize        int
	PaymentPageSize int
	// AllowDuplicates accepts a second terminal with the same number and account. The document does not say whether
	// the real API does, so both must be lived with.
	AllowDuplicates bool
	// LinkLife is how long a download link works.
	LinkLife time.Duration
	// ReportTime is how long the report that the seed leaves in progress needs.
	ReportTime time.Duration
	// StatePath names a file that keeps the created terminals for the next start; empty keeps them in memory only.
	StatePath string
}

// Server is the imitated API. Safe for concurrent use.
type Server struct {
	engine     *sandbox.Engine
	authorize  sandbox.Authorize
	publicBase string
	linkLife   time.Duration
	linkKey    []byte
	state      stateFile
	payments   *payments
	leaks      atomic.Int64 // requests to the storage with credentials

	mu              sync.Mutex
	storageBase     string
	pageSize        int
	paymentPageSize int
	allowDuplicates bool
	psps            []psp
	accounts        []account
	terminals       map[string]*terminal
	order           []string // terminal UUIDs in the order of creation
	reports         []*report
	files           map[string][]byte // workbooks by storage file name
}

// New makes the API on cfg.Data and takes back the terminals kept under cfg.StatePath.
func New(cfg Config) (*Server, error) {
	s := &Server{
		engine: cfg.Engine, authorize: cfg.Authorize,
		publicBase:      strings.TrimSuffix(cmp.Or(cfg.PublicBase, DefaultPublicBase), "/"),
		linkLife:        cmp.Or(cfg.LinkLife, DefaultLinkLife),
		pageSize:        cmp.Or(cfg.PageSize, DefaultPageSize),
		paymentPageSize: cmp.Or(cfg.PaymentPageSize, DefaultPaymentPageSize),
		allowDuplicates: cfg.AllowDuplicates,
		linkKey:         make([]byte, 32),
		terminals:       map[string]*terminal{},
		files:           map[string][]byte{},
		psps:            cfg.Data.psps,
		accounts:        cfg.Data.accounts,
		payments:        cfg.Data.payments,
	}
	rand.Read(s.linkKey) //nolint:errcheck // never fails
	for _, t := range cfg.Data.terminals {
		s.keep(t)
	}
	s.reports = cfg.Data.openReports(cfg.Engine.Clock().Now(), cmp.Or(cfg.ReportTime, DefaultReportTime))
	kept, err := s.state.open(cfg.StatePath)
	if err != nil {
		return nil, err
	}
	for _, t := range kept {
		s.keep(t)
		s.payments.join(t)
	}
	return s, nil
}

// Service is the API for sandbox.Engine.Serve.
func (s *Server) Service() sandbox.Service {
	return sandbox.Service{
		Name:    ServiceName,
		Control: s.control(),
		Insert:  s.insertRows,
		Handler: sandbox.TomanAPI(s.authorize, []sandbox.Route{
			{Method: http.MethodPost, Path: "/terminals/", Scope: ScopeTerminalCreate, Handle: s.createTerminal},
			{Method: http.MethodGet, Path: "/terminals/*", Scope: ScopeTerminalRead, Handle: s.getTerminal},
			{Method: http.MethodGet, Path: "/reports/", Scope: ScopeReportList, Handle: s.listReports},
			{Method: http.MethodGet, Path: "/reports/*/download", Scope: ScopeReportDownload, Handle: s.downloadReport},
			// The samples ask without a slash, the links of their answers have one.
			{Method: http.MethodGet, Path: "/psps", Scope: ScopePSPRead, Handle: s.listPSPs},
			{Method: http.MethodGet, Path: "/psps/", Scope: ScopePSPRead, Handle: s.listPSPs},
			{Method: http.MethodGet, Path: "/psps/*", Scope: ScopePSPRead, Handle: s.getPSP},
			{Method: http.MethodGet, Path: "/psp-accounts", Scope: ScopeAccountRead, Handle: s.listAccounts},
			{Method: http.MethodGet, Path: "/psp-accounts/", Scope: ScopeAccountRead, Handle: s.listAccounts},
			{Method: http.MethodGet, Path: "/psp-accounts/*", Scope: ScopeAccountRead, Handle: s.getAccount},
			{Method: http.MethodGet, Path: "/payments/*", Scope: ScopePaymentList, Handle: s.listPayments},
		}),
	}
}

// keep adds a terminal; the caller holds the lock or is the constructor.
func (s *Server) keep(t terminal) {
	if _, known := s.terminals[t.UUID]; !known {
		s.order = append(s.order, t.UUID)
	}
	s.terminals[t.UUID] = &t
}

// newUUID is a random UUID of version 4.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	return formatUUID(b)
}
