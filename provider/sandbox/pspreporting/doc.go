// Package pspreporting imitates Toman's PSP Reporting API (P3 to P9) and the object storage behind its report links,
// from the PSP Reporting document alone, with its own wire structs and a seed of believable data.
// Where the document is silent it behaves as Django REST framework does; provider/sandbox/README.md lists each case.
// Only cmd/portal, provider/sandbox/toman and tests import it.
package pspreporting
