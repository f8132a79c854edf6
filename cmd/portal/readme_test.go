package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestReadmeListsEverySetting holds the README's table to the struct that is read: name, flag and default of each setting.
func TestReadmeListsEverySetting(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range settingsOf(reflect.TypeFor[config]()) {
		variable := field.Tag.Get("env")
		flag := "--" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, "PORTAL_"), "_", "-"))
		row := "| `" + variable + "` | `" + flag + "` | "
		if standard := field.Tag.Get("default"); standard != "" {
			row += "`" + standard + "` |"
		} else {
			row += " |"
		}
		if !strings.Contains(string(readme), row) {
			t.Errorf("the README has no row that begins with %s", row)
		}
	}
}

// settingsOf lists the fields of a struct and of those that are embedded in it.
func settingsOf(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for field := range t.Fields() {
		if field.Anonymous {
			fields = append(fields, settingsOf(field.Type)...)
		} else {
			fields = append(fields, field)
		}
	}
	return fields
}
