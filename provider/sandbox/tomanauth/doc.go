// Package tomanauth imitates the OAuth 2.0 token endpoint of Toman (P1, P2) from the "Authentication" section of the
// PSP Reporting document. It issues opaque tokens in memory and tells the API sandboxes what a token may do.
// Where the document is silent it behaves as Django OAuth Toolkit does; provider/sandbox/README.md lists each case.
// Only cmd/portal, provider/sandbox/toman and tests import it.
package tomanauth
