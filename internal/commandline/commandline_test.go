package commandline_test

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"payportal/internal/commandline"
)

type place struct {
	File string `help:"File of it." env:"T_FILE" default:"here.db" placeholder:"FILE"`
}

type serve struct {
	place     `embed:""`
	PublicURL string        `help:"Address." env:"T_URL"`
	Mode      string        `help:"One of ${enum}." enum:"fast,slow" default:"slow"`
	Wait      time.Duration `help:"How long." default:"15m"`
	Level     slog.Level    `help:"How much." default:"info"`
	Count     int           `help:"How many." env:"T_COUNT" default:"3"`
	Fresh     bool          `help:"Start over."`
	Peers     []string      `help:"Others." env:"T_PEERS" default:"a,b"`
}

type add struct {
	place `embed:""`
	Name  string   `arg:"" help:"Who."`
	Role  []string `help:"What for." required:""`
}

func (serve) command() {}
func (add) command()   {}

type tree struct {
	Serve serve `cmd:"" help:"Run it."`
	User  struct {
		Add add `cmd:"" help:"Add somebody."`
	} `cmd:"" help:"Look after people."`
}

func parse(environment map[string]string, args ...string) (interface{ command() }, error) {
	return commandline.Parse[interface{ command() }](commandline.Program{
		Name: "t", About: "A test.", Commands: new(tree),
		Environment: func(name string) (string, bool) {
			value, ok := environment[name]
			return value, ok
		},
	}, args)
}

func TestParse(t *testing.T) {
	t.Parallel()
	standard := serve{place: place{File: "here.db"}, Mode: "slow", Wait: 15 * time.Minute, Count: 3, Peers: []string{"a", "b"}}
	with := func(change func(*serve)) serve {
		s := standard
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		environment map[string]string
		args        string
		want        any
	}{
		"defaults":                {nil, "serve", standard},
		"environment":             {map[string]string{"T_FILE": "there", "T_URL": "u"}, "serve", with(func(s *serve) { s.File, s.PublicURL = "there", "u" })},
		"set and empty":           {map[string]string{"T_FILE": "", "T_PEERS": ""}, "serve", with(func(s *serve) { s.File, s.Peers = "", nil })},
		"a flag goes before both": {map[string]string{"T_FILE": "there"}, "serve --file mine", with(func(s *serve) { s.File = "mine" })},
		"every type": {nil, "serve --public-url=x=y --mode fast --wait=90s --level=debug --count -2 --fresh", with(func(s *serve) {
			s.PublicURL, s.Mode, s.Wait, s.Level, s.Count, s.Fresh = "x=y", "fast", 90*time.Second, slog.LevelDebug, -2, true
		})},
		"a switch takes no second word":      {nil, "serve --fresh --count=1", with(func(s *serve) { s.Fresh, s.Count = true, 1 })},
		"a switch that is off":               {nil, "serve --fresh=false", standard},
		"lists add up and replace a default": {nil, "serve --peers c,d --peers e", with(func(s *serve) { s.Peers = []string{"c", "d", "e"} })},
		"arguments after flags":              {nil, "user add --role x mina", add{place{"here.db"}, "mina", []string{"x"}}},
		"arguments before flags":             {nil, "user add mina --role=x", add{place{"here.db"}, "mina", []string{"x"}}},
		"an argument that looks like a flag": {nil, "user add --role x -- --help", add{place{"here.db"}, "--help", []string{"x"}}},
	} {
		got, err := parse(c.environment, strings.Fields(c.args)...)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: t %s = %+v, %v, want %+v", name, c.args, got, err, c.want)
		}
	}
}

func TestParseNamesEveryProblem(t *testing.T) {
	t.Parallel()
	for args, want := range map[string][]string{
		"":            {"choose a command of t: serve, user"},
		"user":        {"choose a command of t user: add"},
		"user drop":   {`t user has no command "drop": choose one of add`},
		"user add":    {"<name> is missing", "--role is missing", "t user add --help"},
		"serve x":     {`"x": there is one argument too many`},
		"serve -f":    {"-f: flags begin with two hyphens"},
		"serve --url": {"--url: there is no such flag"},
		"serve --mode=off --wait soon --level loud --count=many --fresh=perhaps": {
			`--mode: "off" is none of fast,slow`, `--wait: "soon"`, `--level: "loud"`, `--count: "many"`, `--fresh: "perhaps"`,
		},
		"serve --file":                {"--file: the value is missing"},
		"user add a b --role x":       {`"b": there is one argument too many`},
		"user add --role x --name=me": {"--name: there is no such flag", "<name> is missing"},
	} {
		got, err := parse(nil, strings.Fields(args)...)
		if err == nil {
			t.Errorf("t %s = %+v, want an error", args, got)
			continue
		}
		for _, problem := range want {
			if !strings.Contains(err.Error(), problem) {
				t.Errorf("t %s: error is %q, want %q in it", args, err, problem)
			}
		}
	}
}

func TestParseNamesTheVariable(t *testing.T) {
	t.Parallel()
	_, err := parse(map[string]string{"T_COUNT": "x"}, "serve")
	if err == nil || !strings.Contains(err.Error(), `T_COUNT: "x" is not a whole number`) {
		t.Errorf("error is %v, want one that names the variable", err)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for args, want := range map[string][]string{
		"--help":         {"Usage: t <command>", "A test.", "serve ", "user add  Add somebody."},
		"user help":      {"Usage: t user <command>", "Look after people.", "add "},
		"serve --help":   {"Usage: t serve [flags]", "Run it.", "--file=FILE  (default here.db, $T_FILE)", "One of fast, slow.", "--fresh\n"},
		"user add -h":    {"Usage: t user add <name> [flags]", "<name>\n      Who.", "--role=ROLE  (required)"},
		"serve x --help": {"Usage: t serve [flags]"},
	} {
		_, err := parse(nil, strings.Fields(args)...)
		help, ok := errors.AsType[commandline.Help](err)
		if !ok {
			t.Errorf("t %s: error is %v, want the help", args, err)
			continue
		}
		for _, text := range want {
			if !strings.Contains(string(help), text) {
				t.Errorf("t %s prints\n%s\nwant %q in it", args, help, text)
			}
		}
	}
}
