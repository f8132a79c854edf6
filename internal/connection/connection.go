package connection

import (
	"net/url"
	"slices"
	"time"

	"payportal/internal/seal"
)

// Provider is who a connection leads to.
type Provider string

// The providers.
const (
	Toman       Provider = "toman"
	Paymenticon Provider = "paymenticon"
	Tupay       Provider = "tupay"
)

// NameKey is the catalogue key of the provider's name.
func (p Provider) NameKey() string { return "connection.provider." + string(p) }

// Providers lists the providers in the order in which screens offer them.
func Providers() []Provider { return []Provider{Toman, Paymenticon, Tupay} }

// Environment says whether a connection moves real money. It is a label for people: what is called is in BaseURLs alone.
type Environment string

// The environments.
const (
	Sandbox    Environment = "sandbox"
	Staging    Environment = "staging"
	Production Environment = "production"
)

// NameKey is the catalogue key of the environment's name.
func (e Environment) NameKey() string { return "connection.environment." + string(e) }

// Environments lists the environments in the order in which screens offer them.
func Environments() []Environment { return []Environment{Sandbox, Staging, Production} }

// The keys of base URLs.
const (
	Auth             = "auth"              // Toman's OAuth 2.0
	PSPReporting     = "psp_reporting"     // Toman
	Inquiry          = "inquiry"           // Toman
	CorporateBanking = "corporate_banking" // Toman
	API              = "api"               // Paymenticon, Tupay
)

// NoAdapter is the message of the errs.Unavailable with which a pool's build function answers for a provider that this
// program cannot speak to.
const NoAdapter = "connection.error_no_adapter"

// ClientAuth says how Toman's client credentials travel to the token endpoint (P1).
type ClientAuth string

// The two documented ways.
const (
	Basic ClientAuth = "basic"
	Body  ClientAuth = "body"
)

// Settings are what may change without new credentials. None of them decides where a credential goes.
type Settings struct {
	// ClientAuth is Toman's; empty for the others.
	ClientAuth ClientAuth `json:"client_auth,omitempty"`
	// Scopes are asked for in each of Toman's token requests.
	Scopes []string `json:"scopes,omitempty"`
	// DownloadHosts is where presigned links may lead: host names, and for a loopback connection "host:port".
	DownloadHosts []string `json:"download_hosts,omitempty"`
	// Concurrency is how many calls may run at a time for each base URL.
	Concurrency int `json:"concurrency"`
	// Device is Paymenticon's optional device name.
	Device string `json:"device,omitempty"`
}

// Connection is a provider, an environment and base URLs, with settings. Its credentials are sealed in the store and are
// not part of it.
type Connection struct {
	ID          int64
	Name        string
	Provider    Provider
	Environment Environment
	// BaseURLs are by key, such as "auth".
	BaseURLs map[string]string
	Settings Settings
	// Disabled connections are kept with their data and not called.
	Disabled  bool
	CreatedAt time.Time
	// RotatedAt is when the credentials were last replaced, at first CreatedAt.
	RotatedAt time.Time
	// Version grows with every change; a change that names an old one is refused.
	Version int64
}

// Has reports whether the connection has the base URL.
func (c Connection) Has(api string) bool { return c.BaseURLs[api] != "" }

// APIs lists the keys of the connection's base URLs, in the order in which screens show them.
func (c Connection) APIs() []string {
	return slices.DeleteFunc(BaseURLKeys(c.Provider), func(api string) bool { return !c.Has(api) })
}

// Loopback reports whether the connection's whole world is this machine: a sandbox. Only then may presigned links lead
// to loopback addresses.
func (c Connection) Loopback() bool {
	for _, base := range c.BaseURLs {
		u, err := url.Parse(base)
		if err != nil || !loopbackHost(u.Hostname()) {
			return false
		}
	}
	return len(c.BaseURLs) > 0
}

// Credentials are a connection's secrets by key, such as "client_secret".
type Credentials map[string]seal.Secret

// shape is what a provider's connection is made of.
type shape struct {
	// required and optional are keys of base URLs; of oneOf at least one must be there.
	required, oneOf []string
	credentials     []string
	scopes          bool
	downloads       []string
	device          bool
}

// tomanScopes are the scopes of Toman's APIs, by the key of their base URL: P3 to P9, P10 to P13. Those of corporate banking
// come with its adapter.
var tomanScopes = map[string][]string{
	PSPReporting: {
		"repigma.terminal.create", "repigma.terminal.read", "repigma.report.list", "repigma.report.download",
		"repigma.psp.read", "repigma.psp_account.read", "repigma.payment.list",
	},
	Inquiry: {
		"inquiry.card_to_iban.read", "inquiry.account_number_to_iban.read", "inquiry.iban_inquiry.read", "inquiry.wage_estimation.read",
	},
}

// TomanScopes are the scopes of Toman's APIs with these keys, which a connection with their base URLs asks for unless it lists
// others. One scope that the user lacks fails every token request, so that none is asked for without need.
func TomanScopes(apis ...string) []string {
	var scopes []string
	for _, api := range apis {
		scopes = append(scopes, tomanScopes[api]...)
	}
	return scopes
}

var shapes = map[Provider]shape{
	Toman: {
		required:    []string{Auth},
		oneOf:       []string{PSPReporting, Inquiry, CorporateBanking},
		credentials: []string{"username", "password", "client_id", "client_secret"},
		scopes:      true,
		downloads:   []string{"s3.qcluster.org"}, // P6's sample
	},
	Paymenticon: {required: []string{API}, credentials: []string{"wallet_ref", "api_key"}, device: true},
	Tupay:       {required: []string{API}, credentials: []string{"access_key", "secret_key"}},
}

// BaseURLKeys lists the keys of a provider's base URLs, required ones first; nil for an unknown provider.
func BaseURLKeys(p Provider) []string { return slices.Concat(shapes[p].required, shapes[p].oneOf) }

// CredentialKeys lists the keys of a provider's credentials, all required; nil for an unknown provider.
func CredentialKeys(p Provider) []string { return slices.Clone(shapes[p].credentials) }
