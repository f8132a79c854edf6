package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"payportal/internal/seal"
)

// dataConfig is where the data is and what opens it: all that the commands beside serve need.
type dataConfig struct {
	DB string `help:"SQLite database file." env:"PORTAL_DB" default:"payportal.db" placeholder:"FILE"`

	MasterKey     string `help:"Master key that seals secrets: 32 bytes in base64; after a rotation, the new key, a comma, the old one." env:"PORTAL_MASTER_KEY" placeholder:"KEY"`
	MasterKeyFile string `help:"File with the master key." env:"PORTAL_MASTER_KEY_FILE" placeholder:"FILE"`
}

// config is everything the portal can be told, by flag or by environment; nothing else reads either. Every field's help
// is what `portal serve --help` prints, and the README's table is checked against it by a test.
type config struct {
	dataConfig `embed:""`

	Listen         string `help:"Address of the staff portal." env:"PORTAL_LISTEN" default:"localhost:8080" placeholder:"HOST:PORT"`
	ListenCheckout string `help:"Address of the checkout surface for payers and merchants' back ends." env:"PORTAL_LISTEN_CHECKOUT" default:"127.0.0.1:8081" placeholder:"HOST:PORT"`
	ListenHooks    string `help:"Address of the surface for providers' notifications." env:"PORTAL_LISTEN_HOOKS" default:"127.0.0.1:8082" placeholder:"HOST:PORT"`
	ListenMetrics  string `help:"Private address of Prometheus metrics; empty for none." env:"PORTAL_LISTEN_METRICS" default:"127.0.0.1:9464" placeholder:"HOST:PORT"`

	PublicURL      string   `help:"Address under which staff reach the portal. Must be https unless it is a loopback address; empty for http:// and the listener's address, on loopback only." env:"PORTAL_PUBLIC_URL" placeholder:"URL"`
	TrustedProxies []string `help:"Networks of the proxies whose X-Forwarded-For is believed." env:"PORTAL_TRUSTED_PROXIES" placeholder:"CIDR"`

	SecondFactor    string        `help:"Whether the second factor is required of the roles that ask for it (administrators always), or only offered: ${enum}." env:"PORTAL_SECOND_FACTOR" enum:"required,offered" default:"required"`
	SessionIdle     time.Duration `help:"A session ends after this long without a request." env:"PORTAL_SESSION_IDLE" default:"15m"`
	SessionLifetime time.Duration `help:"A session ends after this long in any case." env:"PORTAL_SESSION_LIFETIME" default:"8h"`

	Language string `help:"Language of pages before sign-in and of new users: ${enum}." env:"PORTAL_LANGUAGE" enum:"en,fa" default:"en"`
	TimeZone string `help:"Time zone of new users." env:"PORTAL_TIME_ZONE" default:"Asia/Tehran" placeholder:"ZONE"`

	LogLevel        slog.Level    `help:"Least level that is logged: debug, info, warn or error." env:"PORTAL_LOG_LEVEL" default:"info"`
	ShutdownTimeout time.Duration `help:"How long a stop waits for answers that are under way." env:"PORTAL_SHUTDOWN_TIMEOUT" default:"15s"`
}

// settings is a config that was found sound, in the types that the program works with.
type settings struct {
	config
	keys           *seal.Keyring
	publicURL      *url.URL
	trustedProxies []netip.Prefix
	zone           *time.Location
}

// resolve reads the secret files and checks everything, naming every problem at once.
func (c config) resolve() (settings, error) {
	s := settings{config: c}
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	var err error
	if s.keys, err = c.open(); err != nil {
		problems = append(problems, err)
	}
	for _, l := range []struct {
		flag, address string
		optional      bool
	}{
		{"--listen", c.Listen, false},
		{"--listen-checkout", c.ListenCheckout, false},
		{"--listen-hooks", c.ListenHooks, false},
		{"--listen-metrics", c.ListenMetrics, true},
	} {
		if l.address == "" && l.optional {
			continue
		}
		if _, _, err := net.SplitHostPort(l.address); err != nil {
			problem("%s: %q is not HOST:PORT", l.flag, l.address)
		}
	}

	if s.publicURL, err = publicURL(c.PublicURL, c.Listen); err != nil {
		problem("--public-url: %w", err)
	}
	for _, text := range c.TrustedProxies {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			problem("--trusted-proxies: %q is not a network such as 10.0.0.0/8", text)
			continue
		}
		s.trustedProxies = append(s.trustedProxies, prefix.Masked())
	}
	if s.zone, err = time.LoadLocation(c.TimeZone); err != nil {
		problem("--time-zone: %q is not known", c.TimeZone)
	}
	if c.SessionIdle < time.Minute || c.SessionIdle > c.SessionLifetime {
		problem("--session-idle: must be between 1m and the session's lifetime, %s", c.SessionLifetime)
	}
	if c.SessionLifetime > 24*time.Hour {
		problem("--session-lifetime: must be at most 24h")
	}
	return s, errors.Join(problems...)
}

// open checks where the data is and reads the master key, naming every problem at once.
func (c dataConfig) open() (*seal.Keyring, error) {
	var problems []error
	if info, err := os.Stat(filepath.Dir(c.DB)); c.DB == "" || err != nil || !info.IsDir() {
		problems = append(problems, fmt.Errorf("--db: the folder of %q does not exist", c.DB))
	}
	keys, err := c.readKeys()
	if err != nil {
		problems = append(problems, err)
	}
	return keys, errors.Join(problems...)
}

// readKeys takes the master key from its value or its file, not from both.
func (c dataConfig) readKeys() (*seal.Keyring, error) {
	text := c.MasterKey
	if c.MasterKeyFile != "" {
		if text != "" {
			return nil, errors.New("--master-key: is given as a value and as a file; give one")
		}
		content, err := os.ReadFile(c.MasterKeyFile)
		if err != nil {
			return nil, fmt.Errorf("--master-key-file: %w", err)
		}
		text = string(content)
	}
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("--master-key: a master key is needed; make one with: head -c 32 /dev/urandom | base64")
	}
	keys, err := seal.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("--master-key: %w", err)
	}
	return keys, nil
}

// publicURL reads the portal's own address, or makes it from the listener where that is safe.
func publicURL(text, listen string) (*url.URL, error) {
	if text == "" {
		host, _, err := net.SplitHostPort(listen)
		if err != nil || !isLoopback(host) {
			return nil, errors.New("is needed when the portal does not listen on a loopback address")
		}
		return &url.URL{Scheme: "http", Host: listen}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%q is not an address such as https://portal.example", text)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errors.New("must be https")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
