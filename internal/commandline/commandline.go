// Package commandline reads a program's arguments and environment into a tree of commands. Commands, flags and arguments
// are fields of structs, and their tags say everything about them, so that what is read, what the help prints and what the
// README lists is one text. It is not a framework: no hooks, no plugins, no short flags. It is a leaf; only cmd/portal
// imports it. See docs/adr/0010.
//
// A field with the tag cmd is a command: a struct with commands of its own, or one whose fields are flags. Tags of a flag:
//
//	help         a sentence; ${enum} in it is the list of choices
//	env          the environment variable that is read when the flag is not given; set and empty counts as given
//	default      the text that is read when neither is given
//	enum         the choices, with commas
//	placeholder  stands for the value in the help
//	required     the flag must be given
//	arg          the field is an argument, not a flag, and must be given
//	embed        the struct's fields are flags as if they stood here
//
// Names are those of the fields, in lower case with hyphens. A value is a string, bool, int, time.Duration, slog.Level, or a
// list of strings (given several times, or with commas).
package commandline

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Help is not a failure: it is the text that the arguments asked for.
type Help string

// Error is the text.
func (h Help) Error() string { return string(h) }

// Program is what is run.
type Program struct {
	Name, About string
	// Commands points to the struct whose fields are the commands.
	Commands any
	// Environment looks a variable up, as os.LookupEnv does.
	Environment func(name string) (string, bool)
}

// Parse finds the command that the arguments name and fills in its struct. It fails with Help when that is asked for, and
// otherwise with every problem at once. C is the interface that all commands of the tree have, by value.
func Parse[C any](p Program, args []string) (C, error) {
	var none C
	at := reflect.ValueOf(p.Commands).Elem()
	path, about := p.Name, p.About
	for len(commandsOf(at)) > 0 {
		if len(args) == 0 {
			return none, fmt.Errorf("choose a command of %s: %s", path, strings.Join(namesOf(commandsOf(at)), ", "))
		}
		if isHelp(args[0]) {
			return none, Help(helpOfGroup(path, about, at))
		}
		next, ok := find(commandsOf(at), args[0])
		if !ok {
			return none, fmt.Errorf("%s has no command %q: choose one of %s", path, args[0], strings.Join(namesOf(commandsOf(at)), ", "))
		}
		path, about = path+" "+next.name, next.tag("help")
		at, args = next.value, args[1:]
	}
	l := leaf{path: path, about: about, options: optionsOf(at), environment: p.Environment}
	if err := l.read(args); err != nil {
		return none, err
	}
	return at.Interface().(C), nil
}

func isHelp(arg string) bool { return arg == "--help" || arg == "-h" || arg == "help" }

// option is a field: a command, a flag or an argument.
type option struct {
	name  string
	field reflect.StructField
	value reflect.Value
	given bool
}

func (o *option) tag(name string) string { return o.field.Tag.Get(name) }

func (o *option) has(tag string) bool {
	_, ok := o.field.Tag.Lookup(tag)
	return ok
}

func commandsOf(at reflect.Value) []*option {
	var commands []*option
	for _, o := range fieldsOf(at) {
		if o.has("cmd") {
			commands = append(commands, o)
		}
	}
	return commands
}

// optionsOf lists flags and arguments, those of embedded structs in their place.
func optionsOf(at reflect.Value) []*option {
	var options []*option
	for _, o := range fieldsOf(at) {
		if o.has("embed") {
			options = append(options, optionsOf(o.value)...)
		} else {
			options = append(options, o)
		}
	}
	return options
}

func fieldsOf(at reflect.Value) []*option {
	var fields []*option
	for i := range at.NumField() {
		field := at.Type().Field(i)
		fields = append(fields, &option{name: hyphenated(field.Name), field: field, value: at.Field(i)})
	}
	return fields
}

func find(options []*option, name string) (*option, bool) {
	for _, o := range options {
		if o.name == name {
			return o, true
		}
	}
	return nil, false
}

func namesOf(options []*option) []string {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.name
	}
	return names
}

// hyphenated writes PublicURL as public-url.
func hyphenated(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, letter := range letters {
		begins := i > 0 && unicode.IsUpper(letter) &&
			(unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if begins {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(letter))
	}
	return b.String()
}

// leaf is a command whose flags and arguments are read.
type leaf struct {
	path, about string
	options     []*option
	environment func(string) (string, bool)
	problems    []error
}

func (l *leaf) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Errorf(format, args...))
}

func (l *leaf) read(args []string) error {
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if arg != "help" && isHelp(arg) {
			return Help(l.help())
		}
	}
	l.readArguments(args)
	for _, o := range l.options {
		l.complete(o)
	}
	if len(l.problems) > 0 {
		l.problem("%s --help says what there is", l.path)
	}
	return errors.Join(l.problems...)
}

// readArguments takes flags and arguments in any order; after -- there are arguments only.
func (l *leaf) readArguments(args []string) {
	flags := true
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch name, isFlag := strings.CutPrefix(arg, "--"); {
		case flags && arg == "--":
			flags = false
		case flags && isFlag:
			args = l.readFlag(name, args)
		case flags && len(arg) > 1 && arg[0] == '-':
			l.problem("%s: flags begin with two hyphens", arg)
		default:
			l.readArgument(arg)
		}
	}
}

// readFlag reads --name=value, --name value, or --name of a switch, and gives the arguments that are left.
func (l *leaf) readFlag(name string, rest []string) []string {
	name, value, hasValue := strings.Cut(name, "=")
	o, ok := find(l.options, name)
	if !ok || o.has("arg") {
		l.problem("--%s: there is no such flag", name)
		return rest
	}
	switch {
	case hasValue:
	case o.value.Kind() == reflect.Bool:
		value = "true"
	case len(rest) == 0:
		l.problem("--%s: the value is missing", name)
		return rest
	default:
		value, rest = rest[0], rest[1:]
	}
	l.set(o, "--"+name, value)
	return rest
}

func (l *leaf) readArgument(value string) {
	for _, o := range l.options {
		if o.has("arg") && !o.given {
			l.set(o, "<"+o.name+">", value)
			return
		}
	}
	l.problem("%q: there is one argument too many", value)
}

// complete reads the environment and the default of what was not given, and checks what is there in the end.
func (l *leaf) complete(o *option) {
	if variable := o.tag("env"); variable != "" && !o.given {
		if value, ok := l.environment(variable); ok {
			l.set(o, variable, value)
		}
	}
	if !o.given && o.has("default") {
		l.set(o, "--"+o.name, o.tag("default"))
	}
	switch {
	case o.given:
	case o.has("arg"):
		l.problem("<%s> is missing", o.name)
	case o.has("required"):
		l.problem("--%s is missing", o.name)
	}
}

func (l *leaf) set(o *option, source, text string) {
	o.given = true
	if choices := o.tag("enum"); choices != "" && !slices.Contains(strings.Split(choices, ","), text) {
		l.problem("%s: %q is none of %s", source, text, choices)
		return
	}
	if err := setValue(o.value.Addr().Interface(), text); err != nil {
		l.problem("%s: %w", source, err)
	}
}
