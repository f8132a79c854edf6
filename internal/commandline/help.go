package commandline

import (
	"fmt"
	"reflect"
	"strings"
	"text/tabwriter"
)

// helpOfGroup lists the commands of a group, those of groups inside it included.
func helpOfGroup(path, about string, at reflect.Value) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s <command>\n\n%s\n\nCommands:\n", path, about)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	list(w, "", at)
	_ = w.Flush() // it writes to memory
	fmt.Fprintf(&b, "\n%s <command> --help says more.\n", path)
	return b.String()
}

func list(w *tabwriter.Writer, before string, at reflect.Value) {
	for _, o := range commandsOf(at) {
		if len(commandsOf(o.value)) > 0 {
			list(w, before+o.name+" ", o.value)
			continue
		}
		fmt.Fprintf(w, "  %s%s\t%s\n", before, o.name, o.tag("help"))
	}
}

// help describes one command: its arguments, its flags, and the environment that stands in for them.
func (l *leaf) help() string {
	var b strings.Builder
	b.WriteString("Usage: " + l.path)
	for _, o := range l.options {
		if o.has("arg") {
			b.WriteString(" <" + o.name + ">")
		}
	}
	fmt.Fprintf(&b, " [flags]\n\n%s\n", l.about)
	for _, o := range l.options {
		b.WriteString(o.describe())
	}
	return b.String()
}

// describe is the paragraph of one flag or argument.
func (o *option) describe() string {
	name := "--" + o.name
	switch {
	case o.has("arg"):
		name = "<" + o.name + ">"
	case o.value.Kind() == reflect.Bool:
	case o.tag("placeholder") != "":
		name += "=" + o.tag("placeholder")
	default:
		name += "=" + strings.ToUpper(o.name)
	}
	var notes []string
	if o.has("required") {
		notes = append(notes, "required")
	}
	if standard := o.tag("default"); standard != "" {
		notes = append(notes, "default "+standard)
	}
	if variable := o.tag("env"); variable != "" {
		notes = append(notes, "$"+variable)
	}
	text := "\n  " + name
	if len(notes) > 0 {
		text += "  (" + strings.Join(notes, ", ") + ")"
	}
	choices := strings.ReplaceAll(o.tag("enum"), ",", ", ")
	return text + "\n      " + strings.ReplaceAll(o.tag("help"), "${enum}", choices) + "\n"
}
