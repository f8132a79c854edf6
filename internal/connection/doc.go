// Package connection is the domain of provider connections: what one is, the JSON it is entered as, its sealed and
// write-only credentials, its test, its health, and the pool of live clients that the use-cases of other features reach
// providers through. It knows no HTTP, no SQL and no adapter: cmd/portal hands the pool a function that builds live
// clients.
//
// web, the store, provider/apiclient, provider/tomanauth and the provider adapters (for Step, Health and Call) may
// import it.
package connection
