//go:build naive

package inquiry

import "context"

// record is the fault that the kill test must find: it writes a line down only once its answer is there, so that a kill between
// the two asks it again.
func (w *bulkWork) record(a Advance) (claimed []Line, stopped bool, err error) {
	if len(a.Settled) == 0 {
		return a.Claim, false, nil
	}
	lines := make([]Line, len(a.Settled))
	for i, s := range a.Settled {
		lines[i] = s.Line
	}
	advanced, err := w.store.AdvanceBulk(context.Background(), w.file.ID, Advance{Claim: lines, At: a.At})
	if err != nil {
		return nil, false, err
	}
	for i := range advanced.Claimed {
		a.Settled[i].Line = advanced.Claimed[i]
	}
	_, err = w.store.AdvanceBulk(context.Background(), w.file.ID, Advance{Settled: a.Settled, At: a.At})
	return a.Claim, advanced.Stopped, err
}
