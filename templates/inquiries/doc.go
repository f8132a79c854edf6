// Package inquiries draws the pages on which a provider is asked about a card, an account, an IBAN or the wage of a transfer,
// and those of their settings, files and history. Its view models hold texts that are ready to show; web builds them, reads
// the numbers and decides what may be asked. It asks nobody anything.
package inquiries
