package web

import (
	"encoding/json"
	"math"
	"strings"

	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

// connectionInput is what somebody typed about a new connection, without the secrets: they never go back to the page.
type connectionInput struct {
	Name        string                 `json:"name"`
	Provider    connection.Provider    `json:"provider"`
	Environment connection.Environment `json:"environment"`
	BaseURLs    map[string]string      `json:"base_urls"`
	connection.Settings
	// Identities are those credentials that only identify.
	Identities map[string]string `json:"-"`
	// AsJSON says that a document was pasted.
	AsJSON bool `json:"-"`
}

// identifies are the credentials that name somebody and are no secret.
var identifies = map[string]bool{"username": true, "client_id": true, "wallet_ref": true, "access_key": true}

func providerWords() []string {
	words := make([]string, 0, 3)
	for _, p := range connection.Providers() {
		words = append(words, string(p))
	}
	return words
}

// The longest texts of the form, in characters; the domain has its own, shorter limits.
const (
	maxAddress  = 500
	maxScopes   = 8000
	maxDocument = 64 << 10
)

// readConnection reads the form of a new connection, or the document that was pasted in its place.
func readConnection(in *input) (connection.Definition, connectionInput, error) {
	if _, pasted := in.values["json"]; pasted {
		return readDocument(in)
	}
	provider := connection.Provider(in.choice("provider", providerWords()...))
	typed := connectionInput{
		Name: in.text("name", 200), Provider: provider, Environment: connection.Environment(in.text("environment", 40)),
		BaseURLs: map[string]string{}, Settings: readSettings(in), Identities: map[string]string{},
	}
	for _, key := range connection.BaseURLKeys(provider) {
		if url := in.text("base_urls."+key, maxAddress); url != "" {
			typed.BaseURLs[key] = url
		}
	}
	secrets := readCredentials(in, provider)
	for key := range identifies {
		typed.Identities[key] = secrets[key].Reveal()
	}
	return connection.Definition{
		Name: typed.Name, Provider: provider, Environment: typed.Environment, BaseURLs: typed.BaseURLs, Settings: typed.Settings, Credentials: secrets,
	}, typed, in.err("add connection")
}

// readDocument reads a pasted document. When it can be read but not used, the form is filled with what it says, so that
// each problem stands at its field.
func readDocument(in *input) (connection.Definition, connectionInput, error) {
	typed := connectionInput{AsJSON: true}
	document := in.raw("json")
	switch {
	case len(in.values["json"]) > 1:
		in.wrong("json", "validate.repeated", nil)
	case len(document) > maxDocument:
		in.wrong("json", "connection.error_json_size", nil)
	}
	if err := in.err("read connection"); err != nil {
		return connection.Definition{}, typed, err
	}
	definition, err := connection.Parse([]byte(document))
	if err == nil {
		return definition, typed, nil
	}
	var loose connectionInput
	if json.Unmarshal([]byte(document), &loose) == nil && len(connection.CredentialKeys(loose.Provider)) > 0 && shownByForm(err, loose.Provider) {
		typed = loose
	}
	return connection.Definition{}, typed, err
}

// shownByForm reports whether every problem has its field in the form of the provider.
func shownByForm(err error, provider connection.Provider) bool {
	known := map[string]bool{"name": true, "environment": true, "client_auth": true, "scopes": true, "download_hosts": true, "concurrency": true, "device": true}
	for _, key := range connection.BaseURLKeys(provider) {
		known["base_urls."+key] = true
	}
	for _, key := range connection.CredentialKeys(provider) {
		known["credentials."+key] = true
	}
	for _, f := range errs.FieldsOf(err) {
		if !known[f.Name] {
			return false
		}
	}
	return true
}

// readSettings reads the settings of a form; lists stand one to a line.
func readSettings(in *input) connection.Settings {
	concurrency, _ := in.integer("concurrency", math.MinInt32, math.MaxInt32) // the domain knows the bounds, and tells of all at once
	return connection.Settings{
		ClientAuth: connection.ClientAuth(in.text("client_auth", 20)), Scopes: strings.Fields(in.lines("scopes", maxScopes)),
		DownloadHosts: strings.Fields(in.lines("download_hosts", maxScopes)), Concurrency: int(concurrency), Device: in.text("device", 200),
	}
}

// readCredentials reads the credentials of a form as they were typed.
func readCredentials(in *input, provider connection.Provider) connection.Credentials {
	secrets := connection.Credentials{}
	for _, key := range connection.CredentialKeys(provider) {
		name := "credentials." + key
		if len(in.values[name]) > 1 {
			in.wrong(name, "validate.repeated", nil)
		}
		secrets[key] = seal.NewSecret(in.raw(name))
	}
	return secrets
}
