//go:build !race

package access_test

const raceFactor = 1
