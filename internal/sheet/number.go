package sheet

import "strconv"

const (
	// keptDigits is how many digits a spreadsheet keeps of a number.
	keptDigits = 15
	// maxNumber is more than any number is long that a workbook can hold, and maxDigits more than it has digits.
	maxNumber = 400
	maxDigits = 310
)

// appendNumber appends a number of a workbook as a spreadsheet would show all of its digits, without an exponent. A number whose
// digits go beyond those that are kept counts as rounded. It reports false, and appends nothing, for what is no number.
func appendNumber(dst, raw []byte) (text []byte, marks packed, ok bool) {
	if isPlain(raw) {
		return append(dst, raw...), numeric, true
	}
	negative, digits, point, ok := parseNumber(raw)
	if !ok {
		return dst, 0, false
	}
	marks = numeric
	if point <= keptDigits && len(digits) > keptDigits {
		digits, point = round(digits, point)
	}
	if point > keptDigits {
		marks |= rounded
	}
	if len(digits) == 0 {
		return append(dst, '0'), marks, true
	}
	if negative {
		dst = append(dst, '-')
	}
	return appendDigits(dst, digits, point), marks, true
}

// isPlain tells most numbers: digits that stand for themselves and are kept.
func isPlain(raw []byte) bool {
	if len(raw) == 0 || len(raw) > keptDigits || raw[0] == '0' {
		return false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// parseNumber takes a number apart: 0.digits times ten to the power of point, without zeros at either end.
func parseNumber(raw []byte) (negative bool, digits []byte, point int, ok bool) {
	if len(raw) > maxNumber {
		return false, nil, 0, false
	}
	if len(raw) > 0 && (raw[0] == '-' || raw[0] == '+') {
		negative, raw = raw[0] == '-', raw[1:]
	}
	seen, fraction := 0, false
	digits = make([]byte, 0, len(raw))
	for len(raw) > 0 && (isDigit(raw[0]) || raw[0] == '.' && !fraction) {
		switch {
		case raw[0] == '.':
			fraction = true
		default:
			seen++
			if !fraction {
				point++
			}
			digits = append(digits, raw[0])
		}
		raw = raw[1:]
	}
	if len(raw) > 1 && (raw[0] == 'e' || raw[0] == 'E') {
		exponent, err := strconv.ParseInt(string(raw[1:]), 10, 16)
		if err != nil {
			return false, nil, 0, false
		}
		point += int(exponent)
		raw = nil
	}
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
		point--
	}
	digits = trimZeros(digits)
	return negative, digits, point, seen > 0 && len(raw) == 0 && (len(digits) == 0 || point <= maxDigits && point >= -maxDigits)
}

// round gives the digits that are kept.
func round(digits []byte, point int) ([]byte, int) {
	up := digits[keptDigits] >= '5'
	digits = digits[:keptDigits]
	for at := keptDigits - 1; up && at >= 0; at-- {
		if digits[at] != '9' {
			digits[at]++
			return trimZeros(digits), point
		}
		digits[at] = '0'
	}
	if up {
		return []byte{'1'}, point + 1
	}
	return trimZeros(digits), point
}

func trimZeros(digits []byte) []byte {
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return digits
}

func appendDigits(dst, digits []byte, point int) []byte {
	if point <= 0 {
		dst = append(dst, "0."...)
		for ; point < 0; point++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	for i := range max(point, len(digits)) {
		if i == point {
			dst = append(dst, '.')
		}
		if i < len(digits) {
			dst = append(dst, digits[i])
		} else {
			dst = append(dst, '0')
		}
	}
	return dst
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// hasExponent reports whether a field of text is a number as spreadsheets write long ones: 6.03799E+15, or with a comma.
func hasExponent(text []byte) bool {
	rest := text
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	whole := countDigits(rest)
	if whole == 0 || whole > 3 || whole == len(rest) {
		return false
	}
	if rest = rest[whole:]; rest[0] == '.' || rest[0] == ',' {
		rest = rest[1:]
		rest = rest[countDigits(rest):]
	}
	if len(rest) < 2 || rest[0] != 'E' && rest[0] != 'e' {
		return false
	}
	if rest = rest[1:]; rest[0] == '+' {
		rest = rest[1:]
	}
	return len(rest) > 0 && len(rest) <= 3 && countDigits(rest) == len(rest)
}

func countDigits(text []byte) int {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return n
}
