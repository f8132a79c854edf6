package sheet

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"
)

const (
	// maxParts is how many files the archive of a workbook may have, of which four are opened. The index of so many fits into
	// maxIndex, its end that is searched for included.
	maxParts = 1000
	maxIndex = 512 << 10
	// maxRelations is how many parts a part may name.
	maxRelations = 10_000
	// bombFrom is the length from which a part is held to the ratio: short ones pack as well as they like.
	bombFrom = 1 << 20
)

// archive is the ZIP file of a workbook. The names in it are keys and no more: nothing is written anywhere.
type archive struct {
	parts    map[string]*zip.File
	limits   Limits
	unpacked int64
}

func readWorkbook(s *source, limits Limits) (*Table, error) {
	a, err := openArchive(s, limits)
	if err != nil {
		return nil, err
	}
	main, err := a.mainPart()
	if err != nil {
		return nil, err
	}
	relations, err := a.relations(main)
	if err != nil {
		return nil, err
	}
	name, sheet, err := a.firstSheet(main, relations)
	if err != nil {
		return nil, err
	}
	t, err := a.readSheet(sheet, relations)
	if err != nil {
		return nil, err
	}
	t.origin = Origin{Format: XLSX, Encoding: "UTF-8", Sheet: name}
	return t, nil
}

// openArchive reads the index. Reading is what is bounded, since an index can say what it likes of its own length.
func openArchive(s *source, limits Limits) (*archive, error) {
	s.budget, s.spent = maxIndex, 0
	z, err := zip.NewReader(s, s.size)
	s.budget = 0
	switch {
	case errors.Is(err, errBudget):
		return nil, problem(Bomb)
	case err != nil:
		return nil, &Problem{Reason: Damaged, Err: err}
	case len(z.File) > maxParts:
		return nil, problem(Bomb)
	}
	z.RegisterDecompressor(zip.Deflate, flate.NewReader)
	a := &archive{parts: make(map[string]*zip.File, len(z.File)), limits: limits}
	for _, f := range z.File {
		name := partName(f.Name)
		if _, twice := a.parts[name]; twice {
			return nil, problem(Damaged) // others might read the other one
		}
		if f.Flags&1 != 0 {
			return nil, problem(Encrypted)
		}
		a.parts[name] = f
	}
	return a, nil
}

// partName gives the name by which a part is found: names of parts differ by more than their case.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// mainPart finds the part that names the sheets, or says what the archive is instead of a workbook.
func (a *archive) mainPart() (string, error) {
	name := "xl/workbook.xml"
	if a.has("_rels/.rels") {
		relations, err := a.relations("")
		if err != nil {
			return "", err
		}
		for _, r := range relations {
			if r.is("officeDocument") {
				name = r.target
				break
			}
		}
	}
	switch {
	case a.has("content.xml") && a.has("meta-inf/manifest.xml"):
		return "", problem(OpenDocument)
	case strings.HasPrefix(name, "word/"), strings.HasPrefix(name, "ppt/"), strings.HasPrefix(name, "visio/"):
		return "", problem(Document)
	case strings.HasSuffix(name, ".bin"), a.has("xl/workbook.bin"):
		return "", problem(BinaryWorkbook)
	case !a.has(name):
		return "", problem(Archive)
	default:
		return name, nil
	}
}

func (a *archive) has(name string) bool {
	_, found := a.parts[name]
	return found
}

// relation is how one part names another.
type relation struct{ id, kind, target string }

// is compares the last word of the kind, which Excel and strict files write behind different addresses.
func (r relation) is(kind string) bool { return strings.HasSuffix(r.kind, "/"+kind) }

// relations reads what a part names; the archive itself has the name "".
func (a *archive) relations(of string) ([]relation, error) {
	folder, file := path.Split(of)
	part, err := a.open(folder + "_rels/" + file + ".rels")
	if err != nil {
		return nil, err
	}
	var all []relation
	x := newXML(part)
	if x.root("Relationships") {
		for x.child() {
			if string(x.name) == "Relationship" {
				if r := readRelation(x, folder); r.target != "" {
					all = append(all, r)
				}
			}
			if x.skip(); len(all) > maxRelations {
				return nil, problem(Damaged)
			}
		}
	}
	return all, part.close(x)
}

func readRelation(x *xmlReader, folder string) (r relation) {
	for {
		name, value, found := x.attribute()
		switch string(name) {
		case "Id":
			r.id = string(value)
		case "Type":
			r.kind = string(value)
		case "Target":
			r.target = string(value)
		case "TargetMode":
			if string(value) == "External" {
				return relation{}
			}
		}
		if !found {
			break
		}
	}
	if !strings.HasPrefix(r.target, "/") {
		r.target = path.Join(folder, r.target)
	}
	r.target = partName(r.target)
	return r
}

// firstSheet finds the first sheet of cells that is not hidden.
func (a *archive) firstSheet(main string, relations []relation) (name, part string, err error) {
	opened, err := a.open(main)
	if err != nil {
		return "", "", err
	}
	parts := make(map[string]string, len(relations))
	for _, r := range relations {
		if r.is("worksheet") {
			parts[r.id] = r.target
		}
	}
	x := newXML(opened)
	if x.root("workbook") {
		for x.child() {
			if string(x.name) != "sheets" {
				x.skip()
				continue
			}
			for x.child() {
				title, id, visible := readSheetEntry(x)
				if target, known := parts[id]; known && visible && part == "" {
					name, part = title, target
				}
				x.skip()
			}
		}
	}
	if err := opened.close(x); err != nil {
		return "", "", err
	}
	if part == "" {
		return "", "", problem(NoSheet)
	}
	return name, part, nil
}

func readSheetEntry(x *xmlReader) (title, id string, visible bool) {
	visible = true
	for {
		name, value, found := x.attribute()
		switch {
		case !found:
			return title, id, visible
		case string(name) == "name":
			title = string(value)
		case string(name) == "state":
			visible = string(value) == "visible"
		case strings.HasSuffix(string(name), ":id"):
			id = string(value)
		}
	}
}

// readSheet reads the cells, and then of the shared strings those that they name.
func (a *archive) readSheet(name string, relations []relation) (*Table, error) {
	part, err := a.open(name)
	if err != nil {
		return nil, err
	}
	w := &worksheet{x: newXML(part), b: newBuilder(a.limits)}
	if err := w.read(); err != nil {
		return nil, err
	}
	if err := part.close(w.x); err != nil {
		return nil, err
	}
	if w.shared > 0 {
		if err := a.readShared(w, relations); err != nil {
			return nil, err
		}
	}
	return w.b.finish(w.spans)
}

func (a *archive) readShared(w *worksheet, relations []relation) error {
	for _, r := range relations {
		if !r.is("sharedStrings") {
			continue
		}
		part, err := a.open(r.target)
		if err != nil {
			return err
		}
		w.x = newXML(part)
		if err := w.readShared(); err != nil {
			return err
		}
		return part.close(w.x)
	}
	return problem(Damaged)
}

// part is one file of the archive while it is unpacked. It counts what comes out.
type part struct {
	unpacking io.ReadCloser
	a         *archive
	packed    int64
	unpacked  int64
}

func (a *archive) open(name string) (*part, error) {
	f, found := a.parts[name]
	if !found {
		return nil, problem(Damaged)
	}
	unpacking, err := f.Open()
	if err != nil {
		return nil, &Problem{Reason: Damaged, Err: err}
	}
	return &part{unpacking: unpacking, a: a, packed: int64(min(f.CompressedSize64, uint64(a.limits.Bytes)))}, nil
}

// Read is io.Reader. Errors: *Problem, or io.EOF.
func (p *part) Read(b []byte) (int, error) {
	n, err := p.unpacking.Read(b)
	p.unpacked += int64(n)
	p.a.unpacked += int64(n)
	switch {
	case p.a.unpacked > p.a.limits.Unpacked, p.unpacked > bombFrom && p.unpacked > p.a.limits.Ratio*p.packed:
		return 0, problem(Bomb)
	case err != nil && !errors.Is(err, io.EOF):
		return n, &Problem{Reason: Damaged, Err: err}
	default:
		return n, err
	}
}

// close reads the part to its end, so that its checksum is compared, and tells what was wrong with it.
func (p *part) close(x *xmlReader) error {
	return partError(errors.Join(x.finish(), p.unpacking.Close()))
}

// partError makes a Problem of what the reader of a part says.
func partError(err error) error {
	var known *Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	default:
		return &Problem{Reason: Damaged, Err: err}
	}
}
