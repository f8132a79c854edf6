package sheet

import (
	"bytes"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	unicodeencoding "golang.org/x/text/encoding/unicode"
)

// coding is how the bytes of a text are read.
type coding struct {
	name    string
	mark    int // bytes of the byte order mark
	decoder encoding.Encoding
}

var (
	utf8Coding  = coding{name: "UTF-8"}
	utf16Little = coding{name: "UTF-16LE", decoder: unicodeencoding.UTF16(unicodeencoding.LittleEndian, unicodeencoding.IgnoreBOM)}
	utf16Big    = coding{name: "UTF-16BE", decoder: unicodeencoding.UTF16(unicodeencoding.BigEndian, unicodeencoding.IgnoreBOM)}
	windows1256 = coding{name: "Windows-1256", decoder: charmap.Windows1256}
)

func (c coding) marked(bytes int) coding {
	c.mark = bytes
	return c
}

// reader gives the text of the file in UTF-8, without its byte order mark.
func (c coding) reader(s *source) io.Reader {
	raw := io.NewSectionReader(s, int64(c.mark), s.size-int64(c.mark))
	if c.decoder == nil {
		return raw
	}
	return c.decoder.NewDecoder().Reader(raw)
}

// codingOf tells the encoding of a file: by its byte order mark, else by what its bytes can be. A text without a mark is read once
// for it, since the first Persian name may stand at its end.
func codingOf(s *source) (coding, error) {
	head := s.head(headSize)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return coding{}, problem(Encoding) // UTF-32, which no spreadsheet writes
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return utf16Little.marked(2), nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16Big.marked(2), nil
	case bytes.IndexByte(head, 0) >= 0:
		return wideCoding(head)
	}
	mark := 0
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		mark = 3
	}
	var seen census
	if err := seen.read(s.reader()); err != nil {
		return coding{}, err
	}
	switch {
	case seen.nul || seen.controls > 10 && seen.controls > seen.bytes/100:
		return coding{}, problem(Binary)
	case seen.invalid == 0:
		return utf8Coding.marked(mark), nil
	case mark == 0 && seen.arabic*2 >= seen.high && seen.valid < seen.invalid:
		return windows1256, nil
	default:
		return coding{}, problem(Encoding)
	}
}

// wideCoding tells the two orders of UTF-16 apart: one of them makes letters and digits of the bytes.
func wideCoding(head []byte) (coding, error) {
	pairs := len(head) / 2
	little, big := 0, 0
	for i := range pairs {
		a, b := rune(head[2*i]), rune(head[2*i+1])
		little += score(b<<8 | a)
		big += score(a<<8 | b)
	}
	switch {
	case little > big && little*10 >= pairs*9:
		return utf16Little, nil
	case big > little && big*10 >= pairs*9:
		return utf16Big, nil
	default:
		return coding{}, problem(Binary)
	}
}

// score is 1 for what Persian and English tables are written with.
func score(r rune) int {
	switch {
	case r == '\t', r == '\n', r == '\r', r >= ' ' && r < 0x7f, r >= 0xa0 && r <= 0xff: // Latin
		return 1
	case r >= 0x600 && r <= 0x6ff, r >= 0x2000 && r <= 0x206f, r >= 0xfb50 && r <= 0xfdff, r >= 0xfe70 && r <= 0xfeff:
		return 1
	default:
		return 0
	}
}

// census counts what the bytes of a file could be.
type census struct {
	bytes    int
	controls int
	nul      bool
	// valid and invalid count characters of several bytes in UTF-8, and bytes that are in none.
	valid, invalid int
	// high counts the bytes beyond ASCII, arabic those of them that are letters of Persian and Arabic in Windows-1256.
	high, arabic int
}

var windowsLetters = func() (table [256]bool) {
	for b := 0x80; b < 0x100; b++ {
		table[b] = unicode.Is(unicode.Arabic, charmap.Windows1256.DecodeByte(byte(b)))
	}
	return table
}()

func (c *census) read(in io.Reader) error {
	window, kept := make([]byte, textWindow), 0
	for {
		n, err := in.Read(window[kept:])
		last := err != nil
		if last && !errors.Is(err, io.EOF) {
			return err
		}
		used := c.count(window[:kept+n], last)
		kept = copy(window, window[used:kept+n])
		if last {
			return nil
		}
	}
}

// count counts and says how many bytes it counted: of a character that is cut off, the rest is to come.
func (c *census) count(text []byte, last bool) int {
	at := 0
	for at < len(text) {
		b := text[at]
		if b < utf8.RuneSelf {
			if b < ' ' {
				c.control(b)
			}
			at++
			continue
		}
		if !last && len(text)-at < utf8.UTFMax && !utf8.FullRune(text[at:]) {
			break
		}
		_, size := utf8.DecodeRune(text[at:])
		if size == 1 {
			c.invalid++
		} else {
			c.valid++
		}
		for _, b := range text[at : at+size] {
			c.high++
			if windowsLetters[b] {
				c.arabic++
			}
		}
		at += size
	}
	c.bytes += at
	return at
}

func (c *census) control(b byte) {
	switch b {
	case 0:
		c.nul = true
	case '\t', '\n', '\v', '\f', '\r':
	default:
		c.controls++
	}
}
