// Package static holds the browser's assets (htmx, Tabler, the font, icons, app.css, app.js) inside the binary and serves
// them under names that carry a hash of their content, so that a browser may keep them for ever and never mixes two
// releases. It is a leaf: templates and web import it, it imports nothing of ours. It is not a file server: what has no
// hashed name cannot be fetched.
//
// An icon is a file in icons/. All of them are put side by side into one picture, icons.svg, which app.css uses as a
// mask; the position of each is appended to app.css when the program starts, so that adding a file adds an icon.
//
// The vendored style sheets are large and seldom change: command pack compresses them beforehand, and the program holds
// and sends them so.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Prefix is where the assets live. The handler is mounted there.
const Prefix = "/static/"

//go:embed app.css app.js icons/*.svg img/*.svg vendor/*.css.gz vendor/*.js vendor/*.woff2
var files embed.FS

// asset is one file as it is served.
type asset struct {
	path string // "/static/app.3f9a1c0b2d.css"
	mime string
	open func() io.ReadSeeker
	// gzipped is what a browser gets that accepts it. What is not packed is compressed when it is first asked for and
	// kept: about 40 kB for all assets together. Nil for files that are compressed by their nature.
	gzipped func() []byte
}

var byName, byPath = load()

// Path returns the address of an asset by its plain name ("app.css", "htmx.min.js"). It panics for a name that does not
// exist: that is a misspelling in a template, which the first test that renders it shows.
func Path(name string) string {
	a, ok := byName[name]
	if !ok {
		panic("static: no asset " + name)
	}
	return a.path
}

// Icons lists the names of all icons, sorted.
func Icons() []string {
	var names []string
	for _, f := range glob("icons/*.svg") {
		names = append(names, strings.TrimSuffix(path.Base(f), ".svg"))
	}
	return names
}

// Handler serves the assets under their hashed names, and 404 for everything else.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byPath[r.URL.Path]
		if !ok || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.mime)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		if a.gzipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				body := a.gzipped()
				h.Set("Content-Encoding", "gzip")
				h.Set("Content-Length", strconv.Itoa(len(body)))
				if r.Method == http.MethodGet {
					_, _ = w.Write(body)
				}
				return
			}
		}
		http.ServeContent(w, r, "", time.Time{}, a.open())
	})
}

// acceptsGzip reads an Accept-Encoding header: gzip must be named and not be refused with q=0.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.0")
		}
	}
	return false
}

// load hashes everything once. The order matters: style sheets name fonts and pictures by their hashed paths.
func load() (names, paths map[string]*asset) {
	names, paths = map[string]*asset{}, map[string]*asset{}
	add := func(name string, a *asset) { names[name], paths[a.path] = a, a }
	for _, f := range glob("img/*.svg", "vendor/*") {
		if name, packed := strings.CutSuffix(path.Base(f), ".gz"); packed {
			add(name, newPackedAsset(name, f))
			continue
		}
		add(path.Base(f), newAsset(path.Base(f), func() io.ReadSeeker { return open(f) }))
	}
	sprite, positions := icons()
	add("icons.svg", newAsset("icons.svg", func() io.ReadSeeker { return bytes.NewReader(sprite) }))
	css := append(resolve(text("app.css"), names), positions...)
	add("app.css", newAsset("app.css", func() io.ReadSeeker { return bytes.NewReader(css) }))
	add("app.js", newAsset("app.js", func() io.ReadSeeker { return open("app.js") }))
	return names, paths
}

func newAsset(name string, open func() io.ReadSeeker) *asset {
	a := &asset{path: hashedPath(name, open()), mime: contentType(path.Ext(name)), open: open}
	if path.Ext(name) != ".woff2" {
		a.gzipped = sync.OnceValue(func() []byte { return compress(open()) })
	}
	return a
}

// newPackedAsset is an asset whose file is what a browser gets that accepts gzip. The few others wait for the unpacking.
func newPackedAsset(name, file string) *asset {
	return &asset{
		path: hashedPath(name, open(file)), mime: contentType(path.Ext(name)),
		open:    func() io.ReadSeeker { return bytes.NewReader(decompress(open(file))) },
		gzipped: func() []byte { return read(file) },
	}
}

// hashedPath is where an asset with that content is served.
func hashedPath(name string, content io.Reader) string {
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, content, make([]byte, 1<<10)); err != nil {
		panic(err)
	}
	ext := path.Ext(name)
	return Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum.Sum(nil)[:5]) + ext
}

func contentType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	panic("static: no content type for " + ext)
}

func compress(r io.Reader) []byte {
	var buf bytes.Buffer
	gz, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		panic(err)
	}
	if _, err := io.Copy(gz, r); err != nil {
		panic(err)
	}
	if err := gz.Close(); err != nil {
		panic(err)
	}
	return bytes.Clone(buf.Bytes())
}

func decompress(r io.Reader) []byte {
	gz, err := gzip.NewReader(r)
	if err != nil {
		panic(err)
	}
	plain, err := io.ReadAll(gz)
	if err != nil {
		panic(err)
	}
	return plain
}

// resolve replaces url(name) by url(hashed path) in a style sheet.
func resolve(css string, names map[string]*asset) []byte {
	const start, end = "url(", ")"
	resolved := make([]byte, 0, len(css)+len(css)/8)
	for {
		before, rest, found := strings.Cut(css, start)
		resolved = append(resolved, before...)
		if !found {
			return resolved
		}
		var name string
		name, css, _ = strings.Cut(rest, end)
		a, ok := names[name]
		if !ok {
			panic("static: app.css refers to " + name + ", which does not exist")
		}
		resolved = append(resolved, start+a.path+end...)
	}
}

// icons puts the icon files side by side, 24 units each, and says where each one stands.
func icons() (sprite, css []byte) {
	list := glob("icons/*.svg")
	sprite = fmt.Appendf(make([]byte, 0, 512*len(list)), `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="24" viewBox="0 0 %[1]d 24" `+
		`fill="none" stroke="#000" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">`, 24*len(list))
	for i, f := range list {
		_, inner, _ := bytes.Cut(read(f), []byte(">"))
		inner = bytes.TrimSuffix(bytes.TrimSpace(inner), []byte("</svg>"))
		sprite = fmt.Appendf(sprite, `<g transform="translate(%d)">%s</g>`, 24*i, inner)
		css = fmt.Appendf(css, "[data-i=%s]{--i:%d}\n", strings.TrimSuffix(path.Base(f), ".svg"), i)
	}
	return append(sprite, "</svg>"...), css
}

func glob(patterns ...string) []string {
	var list []string
	for _, p := range patterns {
		found, err := fs.Glob(files, p)
		if err != nil {
			panic(err)
		}
		for _, f := range found {
			if path.Ext(f) != "" {
				list = append(list, f)
			}
		}
	}
	return list
}

func text(name string) string { return string(read(name)) }

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return b
}

// open gives the file out of the binary without copying it into memory.
func open(name string) io.ReadSeeker {
	f, err := files.Open(name)
	if err != nil {
		panic(err)
	}
	rs, ok := f.(io.ReadSeeker)
	if !ok {
		panic("static: embedded file cannot seek: " + name)
	}
	return rs
}
