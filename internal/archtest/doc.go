// Package archtest holds the house rules as tests: who may import whom, which calls and attributes are banned, and that every
// package says what it is. It has no code for the program, nothing imports it, and it imports nothing of ours: it reads the
// source as text and syntax.
package archtest
