package killtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"payportal/internal/inquiry"
	"payportal/internal/seal"
	"payportal/provider/apiclient"
	tomaninquiry "payportal/provider/inquiry"
	"payportal/provider/sandbox/toman"
	"payportal/provider/tomanauth"
	"payportal/store"
)

// jobVariable holds a child's job; without it the program is an ordinary test.
const jobVariable = "KILLTEST_JOB"

// job is what a child works on.
type job struct {
	DB, Key          string
	Auth, InquiryURL string
	Bulk             int64
}

func TestMain(m *testing.M) {
	text := os.Getenv(jobVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	if err := work(context.Background(), text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// work does what a start of the portal does: it gives up what the last life left open, and goes on with the file.
func work(ctx context.Context, text string) (err error) {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	db, err := store.Open(ctx, j.DB)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ring, err := seal.ParseKeys(j.Key)
	if err != nil {
		return err
	}
	if err := db.UseKeys(ctx, ring); err != nil {
		return err
	}
	provider, err := j.provider()
	if err != nil {
		return err
	}
	rules := inquiry.NewRules(db, time.UTC, time.Now)
	if _, err := inquiry.NewHistory(rules).RecoverAtStart(ctx); err != nil {
		return err
	}
	return inquiry.NewBulks(rules, provider, nil).Run(ctx, j.Bulk, lanes)
}

// only is a provider for every connection.
type only struct{ inquiry.Provider }

// Inquiry gives the one provider.
func (o only) Inquiry(context.Context, int64) (inquiry.Provider, error) { return o.Provider, nil }

// provider is the real adapter, with tokens of the sandbox.
func (j job) provider() (only, error) {
	auth, err := apiclient.New(apiclient.Config{Connection: "toman", API: "auth", BaseURL: j.Auth})
	if err != nil {
		return only{}, err
	}
	tokens := tomanauth.New(tomanauth.Config{
		Client: auth, Connection: "toman", Scopes: []string{"inquiry.iban_inquiry.read"},
		Username: seal.NewSecret(toman.Username), Password: seal.NewSecret(toman.Password),
		ClientID: seal.NewSecret(toman.ClientID), ClientSecret: seal.NewSecret(toman.ClientSecret),
	})
	api, err := apiclient.New(apiclient.Config{
		Connection: "toman", API: "inquiry", BaseURL: j.InquiryURL, Authorizer: tokens, Limits: apiclient.Limits{Concurrency: lanes},
	})
	if err != nil {
		return only{}, err
	}
	return only{tomaninquiry.New(api)}, nil
}
