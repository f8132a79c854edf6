package sheet

import "bytes"

// kind is what a file can be read as.
type kind byte

const (
	textFile kind = iota
	workbook
)

// headSize is how much of a file is looked at to tell what it is.
const headSize = 4 << 10

// signatures are how files begin that are no tables. The second text, if there is one, stands at its own place.
var signatures = []struct {
	start  string
	at     int
	then   string
	reason Reason
}{
	{"%PDF-", 0, "", PDF},
	{"\x89PNG\r\n\x1a\n", 0, "", Picture},
	{"\xff\xd8\xff", 0, "", Picture}, // JPEG
	{"GIF8", 0, "", Picture},
	{"RIFF", 8, "WEBP", Picture},
	{"", 4, "ftyphei", Picture}, // HEIC, of iPhones
	{"", 4, "ftypmif1", Picture},
	{"BM", 6, "\x00\x00\x00\x00", Picture},
	{"II*\x00", 0, "", Picture}, // TIFF
	{"MM\x00*", 0, "", Picture},
	{"{\\rtf", 0, "", Document},
	{"7z\xbc\xaf\x27\x1c", 0, "", Archive},
	{"Rar!\x1a\x07", 0, "", Archive},
	{"\x1f\x8b\x08", 0, "", Archive}, // gzip
	{"PK\x05\x06", 0, "", Archive},   // a ZIP without files
	{"\x09\x08\x10\x00", 0, "", OldExcel},
	{"\x09\x04\x06\x00", 0, "", OldExcel},
}

const (
	zipStart = "PK\x03\x04"
	// compound begins the container of the Office files before 2007, and of encrypted ones since.
	compound = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
)

// recognise tells by its first bytes what a file can be read as. Errors: *Problem that names what it is instead.
func recognise(s *source) (kind, error) {
	head := s.head(headSize)
	switch {
	case len(head) == 0:
		return 0, problem(Empty)
	case bytes.HasPrefix(head, []byte(zipStart)):
		return workbook, nil
	case bytes.HasPrefix(head, []byte(compound)):
		return 0, inCompound(s)
	}
	for _, k := range signatures {
		if bytes.HasPrefix(head, []byte(k.start)) && bytes.HasPrefix(head[min(k.at, len(head)):], []byte(k.then)) {
			return 0, problem(k.reason)
		}
	}
	return textFile, nil
}

// inCompound tells by the names of the streams what a compound file holds.
func inCompound(s *source) error {
	streams := []struct {
		name   string
		reason Reason
	}{
		{"EncryptedPackage", Encrypted},
		{"WordDocument", Document},
		{"PowerPoint Document", Document},
	}
	const overlap = 64 // longer than any of the names
	reader, window, kept := s.reader(), make([]byte, 64<<10), 0
	for {
		n, err := reader.Read(window[kept:])
		seen := window[:kept+n]
		for _, stream := range streams {
			if bytes.Contains(seen, wide(stream.name)) {
				return problem(stream.reason)
			}
		}
		if err != nil || n == 0 {
			return problem(OldExcel)
		}
		kept = copy(window, seen[max(0, len(seen)-overlap):])
	}
}

// wide gives a name in UTF-16, as compound files hold theirs.
func wide(name string) []byte {
	var out []byte
	for i := range len(name) {
		out = append(out, name[i], 0)
	}
	return out
}

// markup are the beginnings of texts that are for browsers and not tables.
var markup = []string{
	"<!doctype html", "<html", "<head", "<meta", "<body", "<table", "<style", "<script", "<div", "<!--", "mime-version:",
}

// inMarkup tells by its beginning what a text is that is no table, or gives nil.
func inMarkup(start []byte) error {
	start = bytes.ToLower(bytes.TrimLeft(start[:min(len(start), headSize)], " \t\r\n"))
	for _, m := range markup {
		if bytes.HasPrefix(start, []byte(m)) {
			return problem(WebPage)
		}
	}
	switch {
	case !bytes.HasPrefix(start, []byte("<?xml")) && !bytes.HasPrefix(start, []byte("<workbook")):
		return nil
	case bytes.Contains(start, []byte("office:spreadsheet")), bytes.Contains(start, []byte("excel.sheet")):
		return problem(OldExcel)
	case bytes.Contains(start, []byte("<html")):
		return problem(WebPage)
	case bytes.Contains(start, []byte("opendocument")):
		return problem(OpenDocument)
	default:
		return problem(Document)
	}
}
