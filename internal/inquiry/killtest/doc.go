// Package killtest kills a process that works on a file of inquiries, again and again, and compares what the portal believes
// with what the sandbox of the provider counted. It holds tests only. Its control is the build tag naive, under which a line is
// written down after it was asked and not before: the same judge must find questions that were asked twice.
package killtest
