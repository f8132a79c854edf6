// Package killtest takes the work on a file of inquiries through kills and through bad days of the provider, and compares what
// the portal believes with what the provider's sandbox counted. It holds tests only. Its control is the build tag naive, under
// which a line is written down after it was asked and not before: the same judge must find questions that were asked twice.
package killtest
