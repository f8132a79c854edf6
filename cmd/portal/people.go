package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"time"

	"github.com/alexedwards/scs/v2"

	"payportal/internal/access"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/store"
)

type userCommands struct {
	Add     userAddCommand     `cmd:"" help:"Add a user and print a one-time password."`
	Reset   userResetCommand   `cmd:"" help:"Give a user a one-time password and remove the second factor; every session of theirs ends."`
	Disable userDisableCommand `cmd:"" help:"Shut a user out; every session of theirs ends at once."`
}

type userAddCommand struct {
	dataConfig  `embed:""`
	Name        string   `arg:"" help:"User name."`
	DisplayName string   `help:"Name that colleagues see; the user name if not given." placeholder:"NAME"`
	Role        []string `help:"Role: administrator, finance, operations, approver, auditor, support, or the id of a custom one." required:"" placeholder:"ROLE"`
}

// Run adds the user.
func (c userAddCommand) Run(ctx context.Context, std streams) error {
	return c.withPeople(ctx, func(people *access.People, by access.By) error {
		if c.DisplayName == "" {
			c.DisplayName = c.Name
		}
		roles := make([]access.RoleID, len(c.Role))
		for i, role := range c.Role {
			roles[i] = access.RoleID(role)
		}
		added, password, err := people.CreateUser(ctx, by, access.NewUser{Username: c.Name, DisplayName: c.DisplayName, Roles: roles})
		if err != nil {
			return plainly(err)
		}
		_, err = fmt.Fprintf(std.out, "user name: %s\none-time password: %s\n", added.Username, password.Reveal())
		return err
	})
}

type userResetCommand struct {
	dataConfig `embed:""`
	Name       string `arg:"" help:"User name."`
}

// Run resets the user's password and second factor.
func (c userResetCommand) Run(ctx context.Context, std streams) error {
	return c.withPeople(ctx, func(people *access.People, by access.By) error {
		found, err := userNamed(ctx, people, c.Name)
		if err != nil {
			return err
		}
		if found.SecondFactor {
			if err := people.ResetSecondFactor(ctx, by, found.ID, 0); err != nil {
				return plainly(err)
			}
		}
		password, err := people.ResetPassword(ctx, by, found.ID, 0)
		if err != nil {
			return plainly(err)
		}
		_, err = fmt.Fprintf(std.out, "user name: %s\none-time password: %s\n", found.Username, password.Reveal())
		return err
	})
}

type userDisableCommand struct {
	dataConfig `embed:""`
	Name       string `arg:"" help:"User name."`
}

// Run disables the user.
func (c userDisableCommand) Run(ctx context.Context, std streams) error {
	return c.withPeople(ctx, func(people *access.People, by access.By) error {
		found, err := userNamed(ctx, people, c.Name)
		if err != nil {
			return err
		}
		if err := people.Disable(ctx, by, found.ID, 0); err != nil {
			return plainly(err)
		}
		_, err = fmt.Fprintln(std.out, "disabled", found.Username)
		return err
	})
}

// withPeople opens the use-cases for people without a portal around them. A running portal sees the change within a second.
func (c dataConfig) withPeople(ctx context.Context, do func(people *access.People, by access.By) error) error {
	return c.withStore(ctx, func(db *store.DB, keys *seal.Keyring) error {
		sessions := store.NewSessions(db, store.SessionLimits{Idle: 15 * time.Minute}, time.Now)
		useCases, err := access.New(access.Config{Store: db, Sessions: sessions, Cookie: &scs.SessionManager{}, Keys: keys, Now: time.Now})
		if err != nil {
			return err
		}
		return do(useCases.People, access.CommandLine(osUser()))
	})
}

// osUser is who runs the command, for the audit trail.
func osUser() string {
	current, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return current.Username
}

func userNamed(ctx context.Context, people *access.People, name string) (access.User, error) {
	username, err := access.NormalUsername(name)
	if err != nil {
		return access.User{}, plainly(err)
	}
	users, err := people.Users(ctx, access.UserFilter{Query: username})
	if err != nil {
		return access.User{}, err
	}
	for _, u := range users {
		if u.Username == username {
			return u, nil
		}
	}
	return access.User{}, fmt.Errorf("there is no user %q", name)
}

// plainly says in English what a use-case refused, for the command line: the catalogues speak to browsers.
func plainly(err error) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return err
	}
	printer, bundleErr := englishPrinter()
	if bundleErr != nil {
		return errors.Join(err, bundleErr)
	}
	var problems []error
	for _, f := range e.Fields {
		problems = append(problems, fmt.Errorf("%s: %s", f.Name, printer.Tf(f.Msg, f.Args)))
	}
	if e.Msg != "" {
		problems = append(problems, errors.New(printer.Tf(e.Msg, e.Args)))
	}
	if len(problems) == 0 {
		return err
	}
	return errors.Join(problems...)
}
