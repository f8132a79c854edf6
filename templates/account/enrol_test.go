package account

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"
)

func TestQRPictureIsTheCode(t *testing.T) {
	const text = "otpauth://totp/Payportal:sara?secret=JBSWY3DPEHPK3PXP&issuer=Payportal"
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	picture := newQR(text)
	if want := code.Size + 8; picture.side != want || picture.viewBox() != fmt.Sprintf("0 0 %d %d", want, want) {
		t.Errorf("got side %d and view box %q, want %d", picture.side, picture.viewBox(), want)
	}
	dark := map[[2]int]bool{}
	runs := regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(picture.path, -1)
	for _, run := range runs {
		x, y, n := number(t, run[1]), number(t, run[2]), number(t, run[3])
		for i := range n {
			dark[[2]int{x + i - 4, y - 4}] = true
		}
	}
	for y := range code.Size {
		for x := range code.Size {
			if dark[[2]int{x, y}] != code.Black(x, y) {
				t.Fatalf("module %d,%d: got dark %t, want %t", x, y, dark[[2]int{x, y}], code.Black(x, y))
			}
		}
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestQRPictureOfTooMuchIsLeftOut(t *testing.T) {
	if got := newQR(strings.Repeat("x", 4000)); got.side != 0 {
		t.Errorf("got a picture of %d modules, want none", got.side)
	}
}
