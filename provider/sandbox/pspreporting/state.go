package pspreporting

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// stateFile keeps the created terminals, one JSON document a line, so that a demo which is started again still knows
// what its portal created. Without a path it keeps nothing.
type stateFile struct {
	path string
}

// open reads what was kept. A last line that was cut by a kill was never answered as created, and is dropped.
func (f *stateFile) open(path string) ([]terminal, error) {
	f.path = path
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read sandbox state: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	var kept []terminal
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		var t terminal
		if json.Unmarshal(scanner.Bytes(), &t) == nil {
			kept = append(kept, t)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read sandbox state: %w", err)
	}
	return kept, nil
}

func (f *stateFile) append(t terminal) error {
	if f.path == "" {
		return nil
	}
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode terminal: %w", err)
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keep terminal: %w", err)
	}
	// The line break comes first, so that a line cut by a kill spoils no later one.
	if _, err := file.Write(append([]byte("\n"), line...)); err != nil {
		return fmt.Errorf("keep terminal: %w", errors.Join(err, file.Close()))
	}
	return file.Close()
}
