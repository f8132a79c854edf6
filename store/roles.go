package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/textin"
)

const roleColumns = `id, built_in, name, description, permissions, require_second_factor, version, created_at,
	(SELECT count(*) FROM user_roles r WHERE r.role_id = roles.id)`

// scanRole reads roleColumns. What a built-in role may do comes from the program.
func scanRole(scan func(...any) error) (access.Role, error) {
	var r access.Role
	var permissions string
	var created int64
	if err := scan(&r.ID, &r.BuiltIn, &r.Name, &r.Description, &permissions, &r.RequireSecondFactor, &r.Version, &created, &r.Users); err != nil {
		return r, err
	}
	r.CreatedAt = fromMicros(created)
	if r.BuiltIn {
		known, _ := access.BuiltInRole(r.ID) // one that this program does not know has no permission
		r.Permissions, r.RequireSecondFactor = known.Permissions, known.RequireSecondFactor
		return r, nil
	}
	var names []string
	if err := json.Unmarshal([]byte(permissions), &names); err != nil {
		return r, fmt.Errorf("read permissions of role %s: %w", r.ID, err)
	}
	r.Permissions = access.ParseNames(names)
	return r, nil
}

// Roles lists the built-in roles in their order, then the custom ones by name.
func (db *DB) Roles(ctx context.Context) ([]access.Role, error) {
	roles, err := readRoles(ctx, db.reader)
	return roles, mapError("list roles", err)
}

func readRoles(ctx context.Context, q querier) ([]access.Role, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+roleColumns+" FROM roles ORDER BY name_key")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var roles []access.Role
	for rows.Next() {
		r, err := scanRole(rows.Scan)
		if err != nil {
			return nil, err
		}
		roles = append(roles, r)
	}
	slices.SortStableFunc(roles, func(a, b access.Role) int { return builtInRank(a.ID) - builtInRank(b.ID) })
	return roles, rows.Err()
}

// builtInRank orders the built-in roles as the program lists them, and before all others.
func builtInRank(id access.RoleID) int {
	all := access.BuiltInRoles()
	if at := slices.IndexFunc(all, func(r access.Role) bool { return r.ID == id }); at >= 0 {
		return at
	}
	return len(all)
}

// Role reads one role.
func (db *DB) Role(ctx context.Context, id access.RoleID) (access.Role, error) {
	r, err := readRole(ctx, db.reader, id)
	return r, mapError("read role", err)
}

func readRole(ctx context.Context, q querier, id access.RoleID) (access.Role, error) {
	return scanRole(q.QueryRowContext(ctx, "SELECT "+roleColumns+" FROM roles WHERE id = ?", string(id)).Scan)
}

// fillRoles puts the whole roles into users that have their ids only: built-in ones in their order, then the others by
// name. It asks the database for custom roles alone.
func fillRoles(ctx context.Context, q querier, users []access.User) error {
	var custom map[access.RoleID]access.Role
	for _, u := range users {
		for i, r := range u.Roles {
			known, builtIn := access.BuiltInRole(r.ID)
			if !builtIn && custom == nil {
				var err error
				if custom, err = customRoles(ctx, q); err != nil {
					return err
				}
			}
			if !builtIn {
				known = custom[r.ID]
			}
			u.Roles[i] = known
		}
		slices.SortFunc(u.Roles, func(a, b access.Role) int {
			return cmp.Or(builtInRank(a.ID)-builtInRank(b.ID), strings.Compare(a.Name, b.Name))
		})
	}
	return nil
}

func customRoles(ctx context.Context, q querier) (map[access.RoleID]access.Role, error) {
	roles, err := readRoles(ctx, q)
	if err != nil {
		return nil, err
	}
	byID := make(map[access.RoleID]access.Role, len(roles))
	for _, r := range roles {
		byID[r.ID] = r
	}
	return byID, nil
}

// CreateRole adds a custom role.
func (db *DB) CreateRole(ctx context.Context, r access.Role, e audit.Entry) error {
	return db.writeAccess(ctx, "create role", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO roles (id, name, name_key, description, permissions, require_second_factor, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			string(r.ID), r.Name, textin.Search(r.Name), r.Description, permissionsText(r.Permissions), r.RequireSecondFactor, toMicros(r.CreatedAt))
		if err := roleNameTaken("create role", err); err != nil {
			return err
		}
		return db.appendAudit(tx, e)
	})
}

// ChangeRole lets change edit a custom role, in one transaction with the audit entry, which gets what changed.
func (db *DB) ChangeRole(ctx context.Context, id access.RoleID, version int64, e audit.Entry, change func(*access.Role) error) (access.Role, error) {
	var r access.Role
	err := db.writeAccess(ctx, "change role", func(tx *sql.Tx) (err error) {
		if r, err = customRole(ctx, tx, "change role", id, version); err != nil {
			return err
		}
		before := r
		if err := change(&r); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE roles SET name = ?, name_key = ?, description = ?, permissions = ?, require_second_factor = ?, version = version + 1 WHERE id = ?`,
			r.Name, textin.Search(r.Name), r.Description, permissionsText(r.Permissions), r.RequireSecondFactor, string(id))
		if err := roleNameTaken("change role", err); err != nil {
			return err
		}
		r.Version++
		if before.Permissions != r.Permissions || before.RequireSecondFactor != r.RequireSecondFactor {
			_, err := tx.ExecContext(ctx, "UPDATE users SET rights_epoch = rights_epoch + 1 WHERE id IN (SELECT user_id FROM user_roles WHERE role_id = ?)", string(id))
			if err != nil {
				return err
			}
		}
		e.Before, e.After = access.Differences(before.Facts(), r.Facts())
		return db.appendAudit(tx, e)
	})
	return r, err
}

// DeleteRole removes a custom role that nobody has.
func (db *DB) DeleteRole(ctx context.Context, id access.RoleID, version int64, e audit.Entry) error {
	return db.writeAccess(ctx, "delete role", func(tx *sql.Tx) error {
		r, err := customRole(ctx, tx, "delete role", id, version)
		if err != nil {
			return err
		}
		if r.Users > 0 {
			return &errs.Error{Kind: errs.Conflict, Op: "delete role", Msg: "access.role_form.in_use", Args: map[string]any{"Count": r.Users}}
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM roles WHERE id = ?", string(id)); err != nil {
			return err
		}
		e.Before = r.Facts()
		return db.appendAudit(tx, e)
	})
}

// customRole reads a role to change: not a built-in one, and of the version that the user saw.
func customRole(ctx context.Context, tx *sql.Tx, op string, id access.RoleID, version int64) (access.Role, error) {
	r, err := readRole(ctx, tx, id)
	switch {
	case err != nil:
		return r, err
	case r.BuiltIn:
		return r, errs.New(errs.Conflict, op, "access.role_form.built_in", nil)
	case version != 0 && version != r.Version:
		return r, access.Changed(op)
	}
	return r, nil
}

func roleNameTaken(op string, err error) error {
	err = mapError(op, err)
	if errs.Is(err, errs.Conflict) {
		return &errs.Error{Kind: errs.Conflict, Op: op, Fields: []errs.Field{{Name: "name", Msg: "access.role_form.name_taken"}}}
	}
	return err
}

// permissionsText is a JSON array of names; names hold no character that JSON escapes.
func permissionsText(s access.Set) string {
	names := s.Names()
	if len(names) == 0 {
		return "[]"
	}
	return `["` + strings.Join(names, `","`) + `"]`
}
