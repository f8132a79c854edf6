package sheet_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"

	"payportal/internal/sheet"
)

// mayRise is how much memory a hostile file may take, with what it made of a table.
const mayRise = 32 << 20

// TestHostileFiles: files that claim, unpack to or ask for more than a table are refused, in bounded memory.
func TestHostileFiles(t *testing.T) {
	const zeros = 1 << 30
	sheetPart := "xl/worksheets/sheet1.xml"
	start, end := `<worksheet `+mainNS+`><sheetData>`, `</sheetData></worksheet>`
	tests := []struct {
		name    string
		write   func(w *bomb)
		reasons []sheet.Reason // "" is a table
	}{
		{"1 GB of zeros", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.repeat(strings.Repeat("\x00", 1<<16), zeros>>16)
		}, []sheet.Reason{sheet.Bomb}},
		{"64 MB of spaces in a cell", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(start + `<row><c t="str"><v>`)
			w.repeat(strings.Repeat(" ", 1<<16), zeros>>20)
		}, []sheet.Reason{sheet.CellTooLong}},
		{"one endless tag", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(`<worksheet a="`)
			w.repeat(strings.Repeat("x", 1<<16), 1<<11)
		}, []sheet.Reason{sheet.Damaged}},
		{"a million elements in one another", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(start)
			w.repeat("<a>", 1_000_000)
		}, []sheet.Reason{sheet.Damaged}},
		{"10,000,000 cells", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(start)
			w.each(200_000, func(row int) {
				w.text("<row>")
				for column := range 50 {
					w.text(cellsOfBits[(row*31+column*7+row*column)%len(cellsOfBits)])
				}
				w.text("</row>")
			})
			w.text(end)
		}, []sheet.Reason{sheet.TooManyCells, sheet.TooManyRows}},
		{"10,000,000 cells without content", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(start)
			w.repeat("<row>"+strings.Repeat(`<c s="1"/>`, 10)+"</row>", 1_000_000)
			w.text(end)
		}, []sheet.Reason{sheet.Bomb}},
		{"rows far apart, wide gaps", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(`<worksheet ` + mainNS + `><dimension ref="A1:XFD1048576"/><sheetData>`)
			w.each(50_000, func(row int) { fmt.Fprintf(w, `<row r="%d"><c r="BL%[1]d"><v>%d</v></c></row>`, row*20+1, row*row) })
			w.text(end)
		}, []sheet.Reason{sheet.TooManyCells}},
		{"a sheet that claims all cells", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(`<worksheet ` + mainNS + `><dimension ref="A1:XFD1048576"/><cols><col min="1" max="16384"/></cols><sheetData>`)
			w.text(`<row r="1048576" spans="1:16384"><c r="A1048576"><v>1</v></c></row>` + end)
		}, []sheet.Reason{""}},
		{"merged cells over one another", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(start)
			w.each(10_000, func(row int) { fmt.Fprintf(w, `<row><c><v>%d</v></c></row>`, row*7919) })
			w.text(`</sheetData><mergeCells>`)
			w.each(100_000, func(i int) { fmt.Fprintf(w, `<mergeCell ref="A%d:BL%d"/>`, i%9000+1, i%7*1000+10_000) })
			w.text(`</mergeCells></worksheet>`)
		}, []sheet.Reason{sheet.TooManyMerged}},
		{"merged cells without end", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(start + `<row><c><v>1</v></c></row></sheetData><mergeCells>`)
			w.each(1_000_000, func(i int) { fmt.Fprintf(w, `<mergeCell ref="A%d:B%d"/>`, i+1, i+1+i*i%7) })
		}, []sheet.Reason{sheet.TooManyMerged}},
		{"shared strings that no cell names", func(w *bomb) {
			w.around("<si/>")
			w.part(sheetPart)
			w.text(start + `<row><c t="s"><v>0</v></c><c><v>1</v></c></row>` + end)
			w.part("xl/sharedStrings.xml")
			w.text(`<sst ` + mainNS + `>`)
			w.each(2_000_000, func(i int) { fmt.Fprintf(w, `<si><t>%d %d</t></si>`, i*i%1000, i) })
			w.text(`</sst>`)
		}, []sheet.Reason{""}},
		{"long shared strings in every cell", func(w *bomb) {
			w.around("<si/>")
			w.part(sheetPart)
			w.text(start)
			w.each(40_000, func(i int) { fmt.Fprintf(w, `<row><c t="s"><v>%d</v></c></row>`, i) })
			w.text(end)
			w.part("xl/sharedStrings.xml")
			w.text(`<sst ` + mainNS + `>`)
			w.each(4000, func(i int) { fmt.Fprintf(w, `<si><t>%s%d</t></si>`, strings.Repeat(fmt.Sprint(i), 6000), i) })
		}, []sheet.Reason{sheet.TooMuchText, sheet.Bomb}},
		{"10,000 entries", func(w *bomb) {
			w.around("")
			w.each(10_000, func(i int) { w.empty(fmt.Sprint("xl/media/", i, ".png")) })
		}, []sheet.Reason{sheet.Bomb}},
		{"2,000 entries", func(w *bomb) {
			w.around("")
			w.each(2000, func(i int) { w.empty(fmt.Sprint(i)) })
		}, []sheet.Reason{sheet.Bomb}},
		{"an index of 16 MB", func(w *bomb) {
			w.around("")
			w.each(150_000, func(i int) { w.empty(fmt.Sprint(i)) })
		}, []sheet.Reason{sheet.Bomb}},
		{"relations without end", func(w *bomb) {
			w.part("_rels/.rels")
			w.text(relsStart)
			w.each(1_000_000, func(i int) { fmt.Fprintf(w, `<Relationship Id="%d" Type="x%d" Target="y%d"/>`, i, i*i%997, i) })
		}, []sheet.Reason{sheet.Damaged, sheet.Bomb}},
		{"entities in one another", func(w *bomb) {
			w.around("")
			w.part(sheetPart)
			w.text(`<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` + start + `<row><c><v>&b;</v></c></row>` + end)
		}, []sheet.Reason{sheet.Damaged}},
		{"a quote that never ends", func(w *bomb) { w.plain(`1,"`); w.fill("x,\n") }, []sheet.Reason{sheet.CellTooLong}},
		{"commas", func(w *bomb) { w.fill(",") }, []sheet.Reason{sheet.Empty}},
		{"line ends", func(w *bomb) { w.fill("\n") }, []sheet.Reason{sheet.Empty}},
		{"short rows", func(w *bomb) { w.fill("1\n") }, []sheet.Reason{sheet.TooManyRows}},
		{"spaces", func(w *bomb) { w.fill(" ") }, []sheet.Reason{sheet.CellTooLong}},
		{"quotes", func(w *bomb) { w.fill(`"`) }, []sheet.Reason{sheet.CellTooLong}},
		{"Persian separators", func(w *bomb) { w.fill("،؛") }, []sheet.Reason{sheet.Empty, sheet.TooManyColumns}},
		{"lines of UTF-16", func(w *bomb) { w.plain("\xff\xfe"); w.fill("1\x00,\x00\n\x00") }, []sheet.Reason{sheet.TooManyRows}},
		{"one letter of Windows-1256", func(w *bomb) { w.fill("\xc7\xe1,") }, []sheet.Reason{sheet.TooManyColumns}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, size := makeBomb(t, tt.write)
			if size > sheet.DefaultLimits().Bytes {
				t.Fatalf("the file has %d bytes: it would be refused for them", size)
			}
			var table *sheet.Table
			var err error
			began := time.Now()
			rise := memoryOf(func() { table, err = sheet.Read("x", file, size, sheet.DefaultLimits()) })
			t.Logf("%.1f MB file: %v after %v, memory rose by %.1f MB", float64(size)/1e6, err, time.Since(began).Round(time.Millisecond), float64(rise)/1e6)
			as := func(reason sheet.Reason) bool { return reasonOf(err) == reason && (err == nil) == (reason == "") }
			if len(tt.reasons) == 1 && !as(tt.reasons[0]) || len(tt.reasons) == 2 && !as(tt.reasons[0]) && !as(tt.reasons[1]) {
				t.Errorf("error = %v (%v), want %q", err, table, tt.reasons)
			}
			if rise > mayRise {
				t.Errorf("memory rose by %d bytes, want %d at most", rise, mayRise)
			}
		})
	}
}

// TestLongIndexIsNotRead: an index can say what it likes of its length.
func TestLongIndexIsNotRead(t *testing.T) {
	file, size := makeBomb(t, func(w *bomb) {
		w.around("")
		w.each(20_000, func(i int) { w.empty(fmt.Sprint(i)) })
	})
	counted := &countedFile{ReaderAt: file}
	if _, err := sheet.Read("x", counted, size, sheet.DefaultLimits()); reasonOf(err) != sheet.Bomb {
		t.Errorf("error = %v, want %s", err, sheet.Bomb)
	}
	if counted.read > 600<<10 {
		t.Errorf("%d bytes of %d were read, want 600 KiB at most", counted.read, size)
	}
}

type countedFile struct {
	io.ReaderAt
	read int
}

func (c *countedFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	c.read += n
	return n, err
}

// TestUnpackedBytesAreCounted: all parts that are read together, to the byte.
func TestUnpackedBytesAreCounted(t *testing.T) {
	entries := append(around("<si><t>x</t></si>"), sheetEntry(`<row><c t="s"><v>0</v></c></row>`, ""))
	limits := sheet.DefaultLimits()
	limits.Unpacked = 0
	for _, e := range entries {
		limits.Unpacked += int64(len(e.content))
	}
	file := bytes.NewReader(pack(t, append(entries, entry{"xl/media/picture.png", strings.Repeat("x", 10_000)})...))
	if _, err := sheet.Read("x", file, file.Size(), limits); err != nil {
		t.Errorf("what unpacks to the limit: error = %v", err)
	}
	limits.Unpacked--
	if _, err := sheet.Read("x", file, file.Size(), limits); reasonOf(err) != sheet.Bomb {
		t.Errorf("what unpacks to a byte more than the limit: error = %v, want %s", err, sheet.Bomb)
	}
}

// cellsOfBits are cells that do not pack as well as equal ones.
var cellsOfBits = func() (cells []string) {
	for i := range 97 {
		cells = append(cells, fmt.Sprintf("<c><v>%d</v></c>", i*i%5))
	}
	return cells
}()

// bomb is a file under construction: an archive from its first part on.
type bomb struct {
	file *bufio.Writer
	zip  *zip.Writer
	open io.Writer
	err  error
}

func makeBomb(t *testing.T, write func(*bomb)) (*os.File, int64) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "bomb"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	w := &bomb{file: bufio.NewWriter(file)}
	write(w)
	if w.zip != nil && w.err == nil {
		w.err = w.zip.Close()
	}
	if w.err == nil {
		w.err = w.file.Flush()
	}
	info, err := file.Stat()
	if w.err != nil || err != nil {
		t.Fatal(w.err, err)
	}
	return file, info.Size()
}

// around writes the parts around a sheet. Shared strings, if it names any, the caller writes.
func (w *bomb) around(shared string) {
	for _, e := range around(shared) {
		if e.name != "xl/sharedStrings.xml" {
			w.part(e.name)
			w.text(e.content)
		}
	}
}

func (w *bomb) part(name string) {
	if w.zip == nil {
		w.zip = zip.NewWriter(w.file)
		w.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 1) })
	}
	if w.err == nil {
		w.open, w.err = w.zip.Create(name)
	}
}

func (w *bomb) empty(name string) {
	if w.err == nil {
		_, w.err = w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	}
}

func (w *bomb) Write(p []byte) (int, error) {
	if w.err == nil {
		_, w.err = w.open.Write(p)
	}
	return len(p), w.err
}

func (w *bomb) text(s string) { _, _ = io.WriteString(w, s) }

func (w *bomb) repeat(s string, times int) {
	for w.err == nil && times > 0 {
		w.text(s)
		times--
	}
}

func (w *bomb) each(times int, write func(i int)) {
	for i := 0; w.err == nil && i < times; i++ {
		write(i)
	}
}

// plain writes into the file itself, and fill as often as fits.
func (w *bomb) plain(s string) { _, w.err = w.file.WriteString(s) }

func (w *bomb) fill(s string) {
	for left := int(sheet.DefaultLimits().Bytes) - 8; w.err == nil && left >= len(s); left -= len(s) {
		w.plain(s)
	}
}

// memoryOf runs a function and says by how much the process grew meanwhile: what the runtime holds and has not given back.
func memoryOf(run func()) int64 {
	debug.FreeOSMemory()
	before := held()
	done, highest := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		peak := before
		for {
			peak = max(peak, held())
			select {
			case <-tick.C:
			case <-done:
				highest <- max(peak, held())
				return
			}
		}
	}()
	run()
	close(done)
	return <-highest - before
}

func held() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}
