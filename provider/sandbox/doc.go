// Package sandbox is the engine under the stateful imitations of the providers' APIs: real HTTP listeners, faults on
// request, a journal of what arrived, a ledger of the effects that truly happened, a clock that tests can turn, and a
// control API that offers all of it to other processes.
//
// It is not a mock and knows no provider: each API is a [Service] in a package of its own, written from the provider's
// document with its own wire structs. The package and those below it import nothing else of ours, so that a misread
// document cannot be wrong in the adapter and in its sandbox together. Only cmd/portal and tests import it.
package sandbox
