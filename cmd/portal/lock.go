package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockDatabase makes sure that one portal alone runs on a database: jobs and commands of a second one would be taken for
// left-overs of a crash. The lock ends with the process, however it ends.
func lockDatabase(path string) (*os.File, error) {
	file, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- beside the database that the operator named
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another portal runs on %s: %w", path, err), file.Close())
	}
	return file, nil
}
