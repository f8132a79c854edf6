// Package failpoint lets a test kill the process at a named step of a side effect. In an ordinary build Hit does nothing
// and is compiled away; a build with the tag "failpoint" reads FAILPOINT=name:n from its environment and kills itself
// with SIGKILL at the n-th Hit of that name. The names stand only in the calls: a test reads them from the source, so a new
// step is tried from the day it is written. internal/command and the store's command file import it.
package failpoint
