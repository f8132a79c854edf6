package connection

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/internal/strictjson"
	"payportal/internal/textin"
)

const (
	maxDocument    = 64 << 10
	maxSecret      = 4096
	maxDevice      = 100
	maxList        = 50
	maxConcurrency = 64
	// DefaultConcurrency is how many calls run at a time for each base URL unless a connection says otherwise.
	DefaultConcurrency = 8
)

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	scopePattern = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]{1,100}$`) // RFC 6749, 3.3
	hostPattern  = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// Definition is a connection as somebody enters it, credentials included. It prints without them.
type Definition struct {
	Name        string
	Provider    Provider
	Environment Environment
	BaseURLs    map[string]string
	Settings    Settings
	Credentials Credentials
}

// Parse reads a definition from JSON as docs/operations.md has it and checks it:
//
//	{"name":…, "provider":…, "environment":…, "base_urls":{…}, "credentials":{…},
//	 "client_auth":…, "scopes":[…], "download_hosts":[…], "concurrency":…, "device":…}
//
// Its errs.Invalid names every problem at once, by the field's path in the document, such as "base_urls.auth".
func Parse(doc []byte) (Definition, error) {
	var d Definition
	var p problems
	p.document(doc, func(r *strictjson.Reader, key string) bool {
		switch key {
		case "name":
			d.Name = r.String()
		case "provider":
			d.Provider = Provider(r.String())
		case "environment":
			d.Environment = Environment(r.String())
		case "base_urls":
			d.BaseURLs = readTexts(r)
		case "credentials":
			d.Credentials = readCredentials(r)
		case "client_auth":
			d.Settings.ClientAuth = ClientAuth(r.String())
		case "scopes":
			d.Settings.Scopes = readList(r)
		case "download_hosts":
			d.Settings.DownloadHosts = readList(r)
		case "concurrency":
			d.Settings.Concurrency = int(r.Int())
		case "device":
			d.Settings.Device = r.String()
		default:
			return false
		}
		return true
	})
	if p.unreadable {
		return Definition{}, p.err("parse connection")
	}
	complete, err := d.Complete()
	p.list = append(p.list, errs.FieldsOf(err)...)
	if err := p.err("parse connection"); err != nil {
		return Definition{}, err
	}
	return complete, nil
}

// ParseCredentials reads the credentials of a provider from JSON, {"credentials":{…}}, and checks them. A document for
// Parse will do as well: its other fields are left out.
func ParseCredentials(provider Provider, doc []byte) (Credentials, error) {
	var c Credentials
	var p problems
	p.document(doc, func(r *strictjson.Reader, key string) bool {
		if key == "credentials" {
			c = readCredentials(r)
		} else {
			r.Skip()
		}
		return true
	})
	if !p.unreadable {
		p.credentials(provider, c)
	}
	if err := p.err("parse credentials"); err != nil {
		return nil, err
	}
	return c, nil
}

// Complete checks a definition and gives it with the defaults filled in. Its errs.Invalid names every problem at once.
func (d Definition) Complete() (Definition, error) {
	var p problems
	if !namePattern.MatchString(d.Name) {
		p.add("name", "connection.error_name")
	}
	if !slices.Contains(Environments(), d.Environment) {
		p.add("environment", "connection.error_environment")
	}
	if _, known := shapes[d.Provider]; !known {
		p.add("provider", "connection.error_provider")
		return d, p.err("check connection")
	}
	p.baseURLs(d.Provider, d.BaseURLs)
	p.credentials(d.Provider, d.Credentials)
	settings, err := d.Settings.complete(Connection{Provider: d.Provider, BaseURLs: d.BaseURLs})
	p.list = append(p.list, errs.FieldsOf(err)...)
	d.Settings = settings
	return d, p.err("check connection")
}

// complete checks the settings for a connection and fills in the defaults.
func (s Settings) complete(of Connection) (Settings, error) {
	var p problems
	shape := shapes[of.Provider]
	s.Scopes, s.DownloadHosts = slices.Clone(s.Scopes), slices.Clone(s.DownloadHosts)
	switch {
	case !shape.scopes && s.ClientAuth != "":
		p.add("client_auth", "connection.error_not_for_provider")
	case shape.scopes && s.ClientAuth == "":
		s.ClientAuth = Basic
	case shape.scopes && s.ClientAuth != Basic && s.ClientAuth != Body:
		p.add("client_auth", "connection.error_client_auth")
	}
	p.scopes(shape, of.APIs(), &s)
	p.downloadHosts(shape, of.Loopback(), &s)
	if s.Concurrency == 0 {
		s.Concurrency = DefaultConcurrency
	}
	if s.Concurrency < 1 || s.Concurrency > maxConcurrency {
		p.add("concurrency", "connection.error_concurrency")
	}
	if s.Device != "" && !shape.device {
		p.add("device", "connection.error_not_for_provider")
	}
	if clean, err := textin.Line(s.Device); err != nil || clean != s.Device || len(s.Device) > maxDevice {
		p.add("device", "connection.error_device")
	}
	return s, p.err("check settings")
}

// problems collects what is wrong, so that it is told at once.
type problems struct {
	list []errs.Field
	// unreadable means that the document was not read to its end: what seems to be missing may only not have been read.
	unreadable bool
}

func (p *problems) add(field, msg string) {
	p.list = append(p.list, errs.Field{Name: field, Msg: msg})
}

func (p *problems) err(op string) error {
	if len(p.list) == 0 {
		return nil
	}
	return &errs.Error{Kind: errs.Invalid, Op: op, Msg: "connection.error_invalid", Fields: p.list}
}

// document walks the top level of a document; field reports whether it knows the key, and has then read the value.
func (p *problems) document(doc []byte, field func(r *strictjson.Reader, key string) bool) {
	if len(doc) > maxDocument {
		p.add("json", "connection.error_json_size")
		p.unreadable = true
		return
	}
	r := strictjson.NewReader(doc)
	for key := range r.Object() {
		name := string(key)
		if field(r, name) {
			if r.Err() != nil {
				p.add(shown(name), "connection.error_json_value")
				p.unreadable = true
				return
			}
			continue
		}
		r.Skip()
		p.add(shown(name), "connection.error_unknown_field")
	}
	if err := r.End(); err != nil {
		p.list = append(p.list, errs.Field{Name: "json", Msg: "connection.error_json", Args: map[string]any{"Reason": err.Error()}})
		p.unreadable = true
	}
}

// shown makes an unknown field's name fit to be told of.
func shown(name string) string {
	if runes := []rune(name); len(runes) > 40 {
		name = string(runes[:40]) + "…"
	}
	return textin.Visible(name)
}

func (p *problems) baseURLs(provider Provider, urls map[string]string) {
	shape := shapes[provider]
	for _, key := range slices.Sorted(maps.Keys(urls)) {
		field := "base_urls." + shown(key)
		if !slices.Contains(BaseURLKeys(provider), key) {
			p.add(field, "connection.error_not_for_provider")
		} else if problem := CheckBaseURL(urls[key]); problem != "" {
			p.add(field, problem)
		}
	}
	for _, key := range shape.required {
		if _, there := urls[key]; !there {
			p.add("base_urls."+key, "connection.error_required")
		}
	}
	hasOne := func(key string) bool { _, there := urls[key]; return there }
	if len(shape.oneOf) > 0 && !slices.ContainsFunc(shape.oneOf, hasOne) {
		p.add("base_urls."+shape.oneOf[0], "connection.error_one_api")
	}
}

func (p *problems) credentials(provider Provider, c Credentials) {
	keys := CredentialKeys(provider)
	for _, key := range slices.Sorted(maps.Keys(c)) {
		if !slices.Contains(keys, key) {
			p.add("credentials."+shown(key), "connection.error_not_for_provider")
		}
	}
	for _, key := range keys {
		secret := c[key].Reveal()
		if secret == "" {
			p.add("credentials."+key, "connection.error_required")
		} else if clean, err := textin.Line(secret); err != nil || clean != secret || len(secret) > maxSecret {
			p.add("credentials."+key, "connection.error_credential") // a pasted line break or space is refused at the provider
		}
	}
}

func (p *problems) scopes(shape shape, apis []string, s *Settings) {
	if !shape.scopes {
		if len(s.Scopes) > 0 {
			p.add("scopes", "connection.error_not_for_provider")
		}
		return
	}
	if len(s.Scopes) == 0 {
		s.Scopes = TomanScopes(apis...)
	}
	bad := func(scope string) bool { return !scopePattern.MatchString(scope) }
	if len(s.Scopes) > maxList || slices.ContainsFunc(s.Scopes, bad) || repeats(s.Scopes) {
		p.add("scopes", "connection.error_scopes")
	}
}

func (p *problems) downloadHosts(shape shape, loopback bool, s *Settings) {
	if shape.downloads == nil {
		if len(s.DownloadHosts) > 0 {
			p.add("download_hosts", "connection.error_not_for_provider")
		}
		return
	}
	if len(s.DownloadHosts) == 0 && !loopback {
		s.DownloadHosts = slices.Clone(shape.downloads)
	}
	bad := func(host string) bool { return !hostPattern.MatchString(host) && !(loopback && loopbackPort(host)) }
	if len(s.DownloadHosts) > maxList || slices.ContainsFunc(s.DownloadHosts, bad) || repeats(s.DownloadHosts) {
		p.add("download_hosts", "connection.error_download_hosts")
	}
}

// loopbackPort reports whether host is "localhost:port" or a loopback address with a port.
func loopbackPort(host string) bool {
	if port, ok := strings.CutPrefix(host, "localhost:"); ok {
		host = "127.0.0.1:" + port
	}
	address, err := netip.ParseAddrPort(host)
	return err == nil && address.Port() > 0 && address.Addr().Unmap().IsLoopback()
}

func repeats(list []string) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) < len(list)
}

func readTexts(r *strictjson.Reader) map[string]string {
	texts := map[string]string{}
	for key := range r.Object() {
		name := string(key)
		texts[name] = r.String()
	}
	return texts
}

func readCredentials(r *strictjson.Reader) Credentials {
	c := Credentials{}
	for name, text := range readTexts(r) {
		c[name] = seal.NewSecret(text)
	}
	return c
}

func readList(r *strictjson.Reader) []string {
	list := []string{}
	for range r.Array() {
		list = append(list, r.String())
	}
	return list
}

// String names the connection; its credentials print as placeholders wherever they are printed.
func (d Definition) String() string {
	return fmt.Sprintf("connection %q (%s, %s)", d.Name, d.Provider, d.Environment)
}
