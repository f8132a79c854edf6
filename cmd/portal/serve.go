package main

import (
	"context"
	"errors"
)

type serveCommand struct {
	config `embed:""`
}

// Run is the portal in real use.
func (c serveCommand) Run(ctx context.Context, std streams) (err error) {
	s, err := c.resolve()
	if err != nil {
		return err
	}
	log := newLogger(std.err, s.LogLevel)
	a, err := openApp(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.listen(ctx); err != nil {
		return err
	}
	if err := a.offerSetup(ctx); err != nil && ctx.Err() == nil { // a stop in the midst of the start is no failure
		return err
	}
	return a.run(ctx)
}

// offerSetup logs a one-time link while nobody can sign in, so that the first administrator can be made in the browser.
func (a *app) offerSetup(ctx context.Context) error {
	token, offered, err := a.access.Setup.Offer(ctx)
	if err != nil || !offered {
		return err
	}
	link := a.settings.publicURL.JoinPath("setup", token.Reveal())
	a.log.Warn("nobody can sign in yet: open this link within 24 hours to make the first administrator", "link", link.String())
	return nil
}
