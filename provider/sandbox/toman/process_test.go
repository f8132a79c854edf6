package toman_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"

	"payportal/provider/sandbox/pspreporting"
	"payportal/provider/sandbox/toman"
)

// asProvider makes this test binary a provider with that many payments, for benchmarks in which the provider must not
// share the portal's process. It prints its addresses as JSON and ends with its standard input.
const asProvider = "PORTAL_BENCH_PROVIDER"

func TestMain(m *testing.M) {
	if payments := os.Getenv(asProvider); payments != "" {
		if err := provide(payments); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func provide(payments string) error {
	n, err := strconv.Atoi(payments)
	if err != nil {
		return err
	}
	p, err := toman.Start(context.Background(), toman.Config{Seed: pspreporting.SeedConfig{Seed: 1, Payments: n, Days: 365}})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(p); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
