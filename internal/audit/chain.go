package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Chain computes the hashes that tie each entry to all before it, with HMAC-SHA-256 under a key that is not in the
// database in the clear: who can write the file still cannot make a chain that holds.
type Chain struct{ key []byte }

// NewChain makes the chain of a key of 32 bytes.
func NewChain(key []byte) Chain { return Chain{key: key} }

// ChainKeySize is the size of a chain's key in bytes.
const ChainKeySize = sha256.Size

// Sum is the hash of an entry that follows one with the hash prev (empty before the first). before and after are the
// JSON texts as stored, so that verification depends on no marshalling.
func (c Chain) Sum(prev []byte, e Entry, before, after string) []byte {
	address := ""
	if e.Address.IsValid() {
		address = e.Address.String()
	}
	b := appendField([]byte("entry 1"), string(prev))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(e.UserID))
	for _, field := range []string{e.Name, e.SessionID, address, e.RequestID, e.Act, e.Object, e.Outcome, before, after} {
		b = appendField(b, field)
	}
	return c.mac(b)
}

// SumHead is the mark of the chain's end: how many entries there are and the hash of the last one. It makes a cut-off
// tail visible.
func (c Chain) SumHead(count int64, last []byte) []byte {
	b := binary.BigEndian.AppendUint64([]byte("head 1"), uint64(count))
	return c.mac(appendField(b, string(last)))
}

func (c Chain) mac(b []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(b)
	return h.Sum(nil)
}

// appendField writes the length in front, so that no two different entries have the same encoding.
func appendField(b []byte, field string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}
