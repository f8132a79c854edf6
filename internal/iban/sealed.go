package iban

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"strings"
	"sync"
)

// sealed is a number in memory, encrypted under a key that this process drew when it began. fmt prints an unexported field of
// another struct without asking its methods: it then prints a block that tells nothing. One number has one block, so that
// sealed numbers compare with == and are keys of maps, which a pointer to the text could not be.
type sealed [aes.BlockSize]byte

// symbols are the characters that a number may have, by the half byte that stands for each: two fit a byte of the block. The
// first ends the number.
const symbols = "\x000123456789.-/"

// sealedLength is how many characters fit.
const sealedLength = 2 * aes.BlockSize

var (
	memory = newMemoryCipher()
	// blocks lends buffers: those that pass through the interface of a cipher would each be an allocation.
	blocks = sync.Pool{New: func() any { return new(sealed) }}
)

func newMemoryCipher() cipher.Block {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails: the program would have ended
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("iban: " + err.Error()) // 16 bytes are a key
	}
	return block
}

// conceal seals digits and separators, sealedLength at most.
func conceal(text []byte) sealed {
	block := blocks.Get().(*sealed) //nolint:errcheck // New gives nothing else
	defer blocks.Put(block)
	*block = sealed{}
	for i, c := range text {
		block[i/2] |= symbolOf(c) << (i % 2 * 4)
	}
	memory.Encrypt(block[:], block[:])
	return *block
}

func symbolOf(c byte) byte {
	if c >= '0' && c <= '9' {
		return c - '0' + 1
	}
	return byte(strings.IndexByte(symbols, c))
}

// reveal gives the text; that of the zero value is empty.
func (s sealed) reveal() string {
	if s == (sealed{}) {
		return ""
	}
	block := blocks.Get().(*sealed) //nolint:errcheck // New gives nothing else
	defer blocks.Put(block)
	memory.Decrypt(block[:], s[:])
	var text [sealedLength]byte
	length := 0
	for length < len(text) {
		symbol := block[length/2] >> (length % 2 * 4) & 0xf
		if symbol == 0 {
			break
		}
		text[length] = symbols[symbol]
		length++
	}
	*block = sealed{}
	return string(text[:length])
}
