package commandline

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// setValue reads a text into the variable that to points to.
func setValue(to any, text string) (err error) {
	switch v := to.(type) {
	case *string:
		*v = text
	case *[]string:
		if text != "" {
			*v = append(*v, strings.Split(text, ",")...)
		}
	case *bool:
		if *v, err = strconv.ParseBool(text); err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
	case *int:
		if *v, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
	case *time.Duration:
		if *v, err = time.ParseDuration(text); err != nil {
			return fmt.Errorf("%q is not a time such as 90s, 15m or 8h", text)
		}
	case *slog.Level:
		if err := v.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("%q is none of debug, info, warn, error", text)
		}
	default:
		panic(fmt.Sprintf("commandline: a flag cannot be a %T", to))
	}
	return nil
}
