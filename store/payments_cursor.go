package store

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"payportal/internal/errs"
	"payportal/internal/psp"
)

// paymentCursor is a place in an ordered list and the direction in which to read on from it. It carries no secret and needs
// no signature: whoever forges one sees another part of the same list. The checksum finds what was garbled on the way.
type paymentCursor struct {
	at    rowKey
	order psp.PaymentOrder
	back  bool
}

const (
	cursorVersion = 1
	cursorLength  = 1 + 1 + 8 + 8
)

func (c paymentCursor) String() string {
	flags := byte(c.order.By) << 2
	if c.order.Ascending {
		flags |= 2
	}
	if c.back {
		flags |= 1
	}
	b := make([]byte, 0, cursorLength+4)
	b = append(b, cursorVersion, flags)
	b = binary.BigEndian.AppendUint64(b, uint64(c.at.key))
	b = binary.BigEndian.AppendUint64(b, uint64(c.at.seq))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// parsePaymentCursor reads a cursor of a list in that order; everything else is errs.Invalid on field after.
func parsePaymentCursor(text string, order psp.PaymentOrder) (paymentCursor, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != cursorLength+4 || b[0] != cursorVersion ||
		binary.BigEndian.Uint32(b[cursorLength:]) != crc32.ChecksumIEEE(b[:cursorLength]) {
		return paymentCursor{}, errs.InvalidField("list payments", "after", "paymentdata.error.cursor")
	}
	c := paymentCursor{
		at:    rowKey{int64(binary.BigEndian.Uint64(b[2:])), int64(binary.BigEndian.Uint64(b[10:]))},
		order: psp.PaymentOrder{By: psp.PaymentSortKey(b[1] >> 2), Ascending: b[1]&2 != 0},
		back:  b[1]&1 != 0,
	}
	if c.order != order || c.at.seq < 0 {
		return paymentCursor{}, errs.InvalidField("list payments", "after", "paymentdata.error.cursor")
	}
	return c, nil
}
