// Package killtest kills a process at every step of a side effect and then compares what the portal believes with what
// the provider did. It holds tests only; nothing imports it.
//
// The test builds itself with the tag "failpoint" (package failpoint) and runs that program as a child on a database of
// its own, against a provider that lives in the parent and keeps the true ledger. A second program, built with the tag
// "naive" besides, calls first and writes down afterwards: the same checker must find it out.
package killtest
