// Package inquiry imitates Toman's Inquiry API (P10 to P13) from its document alone, with its own wire structs: any valid
// card, account or IBAN has a stable answer, which its digits decide, and each inquiry that was carried out is counted.
// Where the document is silent it behaves as Django REST framework does; provider/sandbox/README.md lists each case.
// Only cmd/portal, provider/sandbox/toman and tests import it.
package inquiry
