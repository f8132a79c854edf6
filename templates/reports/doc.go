// Package reports draws the list of the reports that a provider makes. Its view models hold texts that are ready to show;
// web builds them and decides what may be downloaded. It asks nobody anything.
package reports
