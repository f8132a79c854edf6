package psp

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"payportal/internal/errs"
)

const (
	defaultPage = 50
	largestPage = 100
)

// pageSize bounds what a query asks for.
func pageSize(limit int) int {
	if limit < 1 {
		return defaultPage
	}
	return min(limit, largestPage)
}

// Position is a row's place in a list: the value of the sorted column and the id that breaks ties.
type Position struct {
	// At is the value of a list that is sorted by a time, in microseconds since the epoch.
	At int64
	// Text is the value of a list that is sorted by a text; empty with At.
	Text string
	// ID is the row's UUID, or another text that is unique in the list.
	ID string
}

func timePosition(at time.Time, id string) Position {
	return Position{At: at.UnixMicro(), ID: id}
}

// String writes the position as a cursor for a query parameter.
func (p Position) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.At, 36) + "\x00" + p.Text + "\x00" + p.ID))
}

// parseAfter reads a cursor; the empty one is nil. A forged one is errs.Invalid at the named query parameter; one that
// decodes is harmless, whoever made it: it only says where in the asker's own list to begin.
func parseAfter(op, parameter, cursor string) (*Position, error) {
	if cursor == "" {
		return nil, nil
	}
	invalid := errs.InvalidField(op, parameter, "psp.cursor_invalid")
	if len(cursor) > 1000 {
		return nil, invalid
	}
	plain, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return nil, invalid
	}
	parts := strings.Split(string(plain), "\x00")
	if len(parts) != 3 || parts[2] == "" {
		return nil, invalid
	}
	at, err := strconv.ParseInt(parts[0], 36, 64)
	if err != nil {
		return nil, invalid
	}
	return &Position{At: at, Text: parts[1], ID: parts[2]}, nil
}

// ParseUUID reads a UUID in the common forms (with or without hyphens, in braces, as a URN; any case) and gives it as
// the provider writes it.
func ParseUUID(s string) (string, bool) {
	parsed, err := uuid.Parse(s)
	return parsed.String(), err == nil
}
