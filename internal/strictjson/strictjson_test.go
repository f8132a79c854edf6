package strictjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"payportal/internal/strictjson"
)

func TestCheckRefusesWhatParsersDisagreeOn(t *testing.T) {
	many := make([]string, 0, 41)
	for i := range 40 {
		many = append(many, fmt.Sprintf(`"k%d":1`, i))
	}
	tests := []struct{ name, doc string }{
		{"empty", ""},
		{"space only", " \n"},
		{"trailing data", `{} x`},
		{"two documents", `{}{}`},
		{"duplicate name", `{"a":1,"a":2}`},
		{"duplicate name by case", `{"amount":1,"Amount":2}`},
		{"duplicate name by escape", `{"amount":1,"\u0061mount":2}`},
		{"duplicate name nested", `[{"x":{"a":1,"b":2,"a":3}}]`},
		{"duplicate among many", `{` + strings.Join(append(many, `"K3":1`), ",") + `}`},
		{"trailing comma in object", `{"a":1,}`},
		{"trailing comma in array", `[1,]`},
		{"leading comma", `[,1]`},
		{"leading zero", `{"a":01}`},
		{"plus", `+1`},
		{"bare minus", `-`},
		{"point without digits", `1.`},
		{"exponent without digits", `1e`},
		{"NaN", `NaN`},
		{"nul", `nul`},
		{"single quotes", `{'a':1}`},
		{"comment", `{"a":1/**/}`},
		{"raw newline in a string", "\"a\nb\""},
		{"invalid UTF-8", "\"\xff\""},
		{"invalid UTF-8 beside an escape", "\"\\n\xff\""},
		{"bad escape", `"\x"`},
		{"cut string", `"abc`},
		{"cut escape", `"abc\`},
		{"cut object", `{"a":1`},
		{"cut array", `[1,2`},
		{"cut after name", `{"a"`},
		{"cut after colon", `{"a":`},
		{"byte order mark", "\ufeff{}"},
		{"100,000 deep", strings.Repeat("[", 100_000)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := strictjson.Check([]byte(tt.doc)); !errors.Is(err, strictjson.ErrSyntax) {
				t.Errorf("Check(%.40q) = %v, want ErrSyntax", tt.doc, err)
			}
		})
	}
}

func TestCheckAccepts(t *testing.T) {
	for _, doc := range []string{
		`null`, `true`, ` false `, `"ب\u200c\n"`, `-0`, `1.5e+10`, `[]`, `{}`, "[1 , 2\n]",
		`{"a":{"a":{"a":[]}},"b":[{"a":1},{"a":2}]}`,
	} {
		if err := strictjson.Check([]byte(doc)); err != nil {
			t.Errorf("Check(%q) = %v, want nil", doc, err)
		}
	}
}

func TestInt(t *testing.T) {
	tests := []struct {
		doc  string
		want int64
		ok   bool
	}{
		{"0", 0, true},
		{"-7", -7, true},
		{"9223372036854775807", 9223372036854775807, true},
		{"-9223372036854775808", -9223372036854775808, true},
		{"9223372036854775808", 0, false},
		{"-9223372036854775809", 0, false},
		{"18446744073709551617", 0, false},
		{"1.0", 0, false},
		{"1e3", 0, false},
		{`"1"`, 0, false},
		{"null", 0, false},
	}
	for _, tt := range tests {
		r := strictjson.NewReader([]byte(tt.doc))
		got := r.Int()
		if err := r.End(); (err == nil) != tt.ok || got != tt.want {
			t.Errorf("Int of %s = %d, %v; want %d, ok %v", tt.doc, got, err, tt.want, tt.ok)
		}
	}
}

func TestReaderWalksADocument(t *testing.T) {
	r := strictjson.NewReader([]byte(`{"name":"a\"b","n":3,"ok":true,"none":null,"rest":{"x":[1]},"list":["p","q"]}`))
	var name, rest string
	var n int64
	var ok, none bool
	var list []string
	for key := range r.Object() {
		switch string(key) {
		case "name":
			name = r.String()
		case "n":
			n = r.Int()
		case "ok":
			ok = r.Bool()
		case "none":
			none = r.Null()
		case "rest":
			rest = string(r.Raw())
		case "list":
			for range r.Array() {
				list = append(list, r.String())
			}
		}
	}
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(name, n, ok, none, rest, list)
	if want := `a"b3 true true{"x":[1]}[p q]`; got != want {
		t.Errorf("read %s, want %s", got, want)
	}
}

func TestForgottenValueIsAnError(t *testing.T) {
	r := strictjson.NewReader([]byte(`{"a":1}`))
	for range r.Object() { // reads no value
	}
	if err := r.End(); !errors.Is(err, strictjson.ErrSyntax) {
		t.Errorf("End = %v, want ErrSyntax", err)
	}
}

func TestErrorsShowNoContent(t *testing.T) {
	err := strictjson.Check([]byte(`{"password":"hunter2" oops}`))
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "oops") {
		t.Errorf("error = %v, want one without the document's text", err)
	}
}

// FuzzCheck holds that whatever Check accepts, encoding/json accepts too, and that what only Check refuses is one of the
// ambiguities it is for.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"x\u00e9",null,true]}`, `{"a":1,"A":2}`, `"\ud800"`, `[[[]]]`, `-1`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		err := strictjson.Check(doc)
		if err == nil && !json.Valid(doc) {
			t.Errorf("Check accepts %q, encoding/json does not", doc)
		}
		if err != nil && json.Valid(doc) {
			switch msg := err.Error(); {
			case strings.Contains(msg, "twice"), strings.Contains(msg, "UTF-8"), strings.Contains(msg, "deeply"),
				strings.Contains(msg, "invalid string"):
			default:
				t.Errorf("Check refuses %q: %v, encoding/json does not", doc, err)
			}
		}
	})
}
