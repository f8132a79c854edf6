//go:build failpoint

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	name, count = parse(os.Getenv("FAILPOINT"))
	hits        atomic.Int64
)

func parse(s string) (string, int64) {
	name, n, _ := strings.Cut(s, ":")
	count, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		count = 1
	}
	return name, count
}

// Hit marks a step, and kills the process there when FAILPOINT says so.
func Hit(step string) {
	if step == name && hits.Add(1) == count {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way: do nothing more
	}
}
