// Package directory draws the PSPs and the PSP accounts that a provider lists. Its view models hold texts that are ready to
// show; web builds them. It asks nobody anything.
package directory
