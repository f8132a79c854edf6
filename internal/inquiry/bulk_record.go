//go:build !naive

package inquiry

import "context"

// record writes a step of the work on a file: outcomes, and the claims that must be on disk before the lines are asked.
func (w *bulkWork) record(a Advance) (claimed []Line, stopped bool, err error) {
	advanced, err := w.store.AdvanceBulk(context.Background(), w.file.ID, a)
	return advanced.Claimed, advanced.Stopped, err
}
