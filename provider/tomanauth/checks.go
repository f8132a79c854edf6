package tomanauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"payportal/internal/connection"
	"payportal/internal/errs"
)

// Checks are the steps of a connection test at the auth address: its name and certificate, the client, the user, and each
// scope. One login tells of all of them when all is well; when a scope is refused, each is asked for by itself. A refused
// client or user is tried once and no more. Run them on a source of their own: scopes that are refused are no longer
// asked for afterwards, so that the reads which follow can still be tried.
func (s *Source) Checks() []connection.Check {
	all := &trial{source: s}
	checks := s.cfg.Client.Checks()
	tls := checks[len(checks)-1].ID()
	client := connection.Check{Name: connection.StepClient, API: "auth", After: []string{tls}, Run: all.client}
	user := connection.Check{Name: connection.StepUser, API: "auth", After: []string{client.ID()}, Run: all.user}
	checks = append(checks, client, user)
	for _, scope := range s.cfg.Scopes {
		check := scopeCheck(scope)
		check.After = []string{user.ID()}
		check.Run = func(ctx context.Context) error { return all.scope(ctx, scope) }
		checks = append(checks, check)
	}
	return checks
}

// ScopeCheckID is the ID of the check of one scope, which the reads that need the scope come after.
func ScopeCheckID(scope string) string { return scopeCheck(scope).ID() }

func scopeCheck(scope string) connection.Check {
	return connection.Check{Name: connection.StepScope, API: "auth", Subject: scope}
}

// trial is the login that a test's steps look at.
type trial struct {
	source *Source
	once   sync.Once
	token  *oauth2.Token
	err    error
}

func (t *trial) login(ctx context.Context) (*oauth2.Token, error) {
	t.once.Do(func() {
		t.token, t.err = t.source.login(ctx, t.source.scopes())
		if t.err == nil {
			t.token, t.err = t.source.settle(t.token, nil)
		}
	})
	return t.token, t.err
}

// client fails unless the provider got as far as looking at the user or the scopes.
func (t *trial) client(ctx context.Context) error {
	_, err := t.login(ctx)
	if code := codeOf(err); code == "invalid_grant" || code == "invalid_scope" {
		return nil
	}
	return err
}

func (t *trial) user(ctx context.Context) error {
	_, err := t.login(ctx)
	if codeOf(err) == "invalid_scope" {
		return nil // servers look at the scopes last
	}
	return err
}

func (t *trial) scope(ctx context.Context, scope string) error {
	token, err := t.login(ctx)
	if err == nil {
		granted, told := token.Extra("scope").(string)
		if !told || slices.Contains(strings.Fields(granted), scope) {
			return nil // without the word, all that was asked for is granted (RFC 6749, 5.1)
		}
		return t.source.refusedScope(scope, errors.New("the token does not have it"))
	}
	if _, err = t.source.login(ctx, []string{scope}); codeOf(err) != "invalid_scope" {
		return err
	}
	t.source.forgo(scope)
	return t.source.refusedScope(scope, err)
}

// forgo asks for the scope no longer.
func (s *Source) forgo(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oauth.Scopes = slices.DeleteFunc(slices.Clone(s.oauth.Scopes), func(have string) bool { return have == scope })
}

func (s *Source) refusedScope(scope string, cause error) error {
	return &errs.Error{
		Kind: errs.Forbidden, Op: "check scope", Msg: "provider.scope_missing",
		Args: map[string]any{"Connection": s.cfg.Connection, "Scope": scope},
		Err:  fmt.Errorf("scope %s: %w", scope, cause),
	}
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Code
	}
	return ""
}
