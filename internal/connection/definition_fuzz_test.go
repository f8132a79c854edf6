package connection_test

import (
	"fmt"
	"strings"
	"testing"

	"payportal/internal/connection"
)

// FuzzParse: no document breaks the reader, and what is printed of a definition holds no secret.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"name":"toman","provider":"toman","environment":"sandbox","base_urls":{"auth":"http://127.0.0.1:1","psp_reporting":"http://127.0.0.1:1"},
		"credentials":{"username":"u","password":"canary-password","client_id":"c","client_secret":"canary-secret"},"client_auth":"basic"}`))
	f.Add([]byte(`{"name":"a","name":"b"}`))
	f.Add([]byte(strings.Repeat(`{"a":`, 2000)))
	f.Add([]byte(`{"name":"\u202e","credentials":{"password":"canary-password"}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := connection.Parse(doc)
		printed := fmt.Sprint(d, err) + fmt.Sprintf("%+v %#v", d, err)
		for _, secret := range d.Credentials {
			if text := secret.Reveal(); len(text) > 8 && strings.HasPrefix(text, "canary-") && strings.Contains(printed, text) {
				t.Errorf("%q is printed: %s", text, printed)
			}
		}
	})
}
