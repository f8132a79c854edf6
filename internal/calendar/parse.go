package calendar

import (
	"strings"
	"time"
)

// ParseDate reads a date of the calendar as year, month, day, parted by - or / or . (the same one twice): "1403/12/30",
// «۱۴۰۳/۱۲/۳۰», "2025-3-1". Digits may be Latin, Persian or Arabic. It gives the first moment of that day in zone. The year
// comes first and has four digits, since 01/02/2025 means two different days to two readers. Errors: ErrDate, ErrRange.
func ParseDate(s string, sys System, zone *time.Location) (time.Time, error) {
	var parts [3]int
	var lengths [3]int
	var separator rune
	part := 0
	for _, r := range strings.TrimSpace(s) {
		if d, ok := digit(r); ok {
			if lengths[part] == 4 {
				return time.Time{}, ErrDate
			}
			parts[part] = parts[part]*10 + d
			lengths[part]++
			continue
		}
		if (r != '-' && r != '/' && r != '.') || part == 2 || (separator != 0 && r != separator) {
			return time.Time{}, ErrDate
		}
		separator = r
		part++
	}
	if lengths[0] != 4 || lengths[1] < 1 || lengths[1] > 2 || lengths[2] < 1 || lengths[2] > 2 {
		return time.Time{}, ErrDate
	}
	return sys.Start(Date{parts[0], parts[1], parts[2]}, zone)
}

// digit reads a Latin, Persian (U+06F0) or Arabic (U+0660) digit.
func digit(r rune) (int, bool) {
	switch {
	case r >= '0' && r <= '9':
		return int(r - '0'), true
	case r >= '۰' && r <= '۹':
		return int(r - '۰'), true
	case r >= '٠' && r <= '٩':
		return int(r - '٠'), true
	default:
		return 0, false
	}
}
