package account

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// Enrolment is the page of POST /account/totp: field code. It couples an authenticator app.
type Enrolment struct {
	// URL is the otpauth address behind the QR picture.
	URL string
	// Secret is the same for typing, in base 32, in groups of four.
	Secret string
	Error  string
	// Required says that a role demands the second factor, so that there is no way round.
	Required bool
	// CancelHref leads back where it is not required.
	CancelHref string
	Return     string
}

func (v Enrolment) plainSecret() string { return strings.ReplaceAll(v.Secret, " ", "") }

// qrPicture is a QR code as one SVG path: a square of 1 for each dark module, and the side of the whole with its margin.
type qrPicture struct {
	side int
	path string
}

// viewBox is the picture's coordinate system.
func (q qrPicture) viewBox() string { return fmt.Sprintf("0 0 %d %[1]d", q.side) }

// quietZone is the margin that readers need around the code, in modules.
const quietZone = 4

// newQR draws text; an empty picture when it is too long for a QR code, where the secret below it still serves.
func newQR(text string) qrPicture {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrPicture{}
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			start := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%[3]dz", start+quietZone, y+quietZone, x-start)
			}
		}
	}
	return qrPicture{side: code.Size + 2*quietZone, path: path.String()}
}
