package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// root is the module's folder as seen from this package, where go test runs its tests.
const root = "../.."

// modulePath is the first part of the import paths of our own packages.
const modulePath = "payportal"

// goFile is one parsed file. Paths are relative to the module, with slashes.
type goFile struct {
	path   string
	folder string
	syntax *ast.File
	files  *token.FileSet
}

func (f *goFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// isGenerated reports whether templ wrote the file; its rules are those of its source.
func (f *goFile) isGenerated() bool { return strings.HasSuffix(f.path, "_templ.go") }

func (f *goFile) at(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.files.Position(n.Pos()).Line)
}

// imports lists the paths that the file imports.
func (f *goFile) imports() []string {
	var paths []string
	for _, spec := range f.syntax.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// goFiles parses every Go file of the module once for all tests. It parses instead of asking the go command, so that the
// rules can be told of a tree that does not build yet.
var goFiles = sync.OnceValues(func() ([]*goFile, error) {
	paths, err := list(".go")
	if err != nil {
		return nil, err
	}
	var parsed []*goFile
	for _, path := range paths {
		files := token.NewFileSet()
		syntax, err := parser.ParseFile(files, filepath.Join(root, path), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, &goFile{path, folderOf(path), syntax, files})
	}
	return parsed, nil
})

func everyGoFile(t *testing.T) []*goFile {
	t.Helper()
	files, err := goFiles()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found %d Go files: the scan looks in the wrong place", len(files))
	}
	return files
}

func folderOf(path string) string {
	if folder := filepath.ToSlash(filepath.Dir(path)); folder != "." {
		return folder
	}
	return ""
}

// list gives the files of the module with the ending, in order: not those of hidden folders, test data, vendored code, and
// folders that are modules of their own.
func list(ending string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != root && isForeign(path, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(entry.Name(), ending) {
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			paths = append(paths, filepath.ToSlash(relative))
		}
		return nil
	})
	slices.Sort(paths)
	return paths, err
}

func isForeign(path, name string) bool {
	if strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "testdata", "vendor"}, name) {
		return true
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil
}
