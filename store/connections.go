package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"payportal/internal/audit"
	"payportal/internal/connection"
	"payportal/internal/errs"
	"payportal/internal/seal"
)

var _ connection.Store = (*DB)(nil)

const connectionColumns = `id, name, provider, environment, base_urls, settings, disabled, created_at, rotated_at, version`

// AddConnection adds a connection and seals its credentials. It fails with errs.Conflict and the field "name" when there is
// one of that name.
func (db *DB) AddConnection(ctx context.Context, actor audit.Actor, d connection.Definition) (connection.Connection, error) {
	const op = "add connection"
	var added connection.Connection
	err := db.write(ctx, op, func(tx *sql.Tx) error {
		urls, settings, err := connectionText(d.BaseURLs, d.Settings)
		if err != nil {
			return err
		}
		now := time.Now().UnixMicro()
		result, err := tx.ExecContext(ctx, `INSERT INTO connections (name, provider, environment, base_urls, settings, created_at, rotated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, d.Name, d.Provider, d.Environment, urls, settings, now, now)
		if taken := mapError(op, err); errs.Is(taken, errs.Conflict) {
			return &errs.Error{
				Kind: errs.Conflict, Op: op, Msg: "connection.error_name_taken",
				Fields: []errs.Field{{Name: "name", Msg: "connection.error_name_taken"}}, Err: err,
			}
		}
		if err != nil {
			return err
		}
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		if err := db.sealCredentials(ctx, tx, id, d.Credentials); err != nil {
			return err
		}
		if added, err = connectionByID(ctx, tx, id); err != nil {
			return err
		}
		return db.appendAudit(tx, connectionEntry(actor, "connection.add", added, nil, connectionFacts(added)))
	})
	return added, err
}

// Connections gives all connections by name.
func (db *DB) Connections(ctx context.Context) ([]connection.Connection, error) {
	const op = "list connections"
	rows, err := db.reader.QueryContext(ctx, "SELECT "+connectionColumns+" FROM connections ORDER BY name")
	if err != nil {
		return nil, mapError(op, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells of what matters
	var list []connection.Connection
	for rows.Next() {
		c, err := scanConnection(rows)
		if err != nil {
			return nil, mapError(op, err)
		}
		list = append(list, c)
	}
	return list, mapError(op, rows.Err())
}

// Connection gives one connection.
func (db *DB) Connection(ctx context.Context, id int64) (connection.Connection, error) {
	c, err := connectionByID(ctx, db.reader, id)
	return c, mapError("read connection", err)
}

// ConnectionNamed gives the connection of that name.
func (db *DB) ConnectionNamed(ctx context.Context, name string) (connection.Connection, error) {
	c, err := scanConnection(db.reader.QueryRowContext(ctx, "SELECT "+connectionColumns+" FROM connections WHERE name = ?", name))
	return c, mapError("read connection", err)
}

// ConnectionVersion gives the version of a connection, and whether it is disabled.
func (db *DB) ConnectionVersion(ctx context.Context, id int64) (version int64, disabled bool, err error) {
	err = db.reader.QueryRowContext(ctx, "SELECT version, disabled FROM connections WHERE id = ?", id).Scan(&version, &disabled)
	return version, disabled, mapError("read connection", err)
}

// ConnectionCredentials gives a connection and its opened credentials, as of one moment.
func (db *DB) ConnectionCredentials(ctx context.Context, id int64) (connection.Connection, connection.Credentials, error) {
	const op = "open credentials"
	if db.ring == nil {
		return connection.Connection{}, nil, errNoKeys
	}
	tx, err := db.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return connection.Connection{}, nil, mapError(op, err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	c, err := connectionByID(ctx, tx, id)
	if err != nil {
		return connection.Connection{}, nil, mapError(op, err)
	}
	sealed, err := sealedCredentials(ctx, tx, id)
	if err != nil {
		return connection.Connection{}, nil, mapError(op, err)
	}
	opened := connection.Credentials{}
	for key, value := range sealed {
		plain, err := db.ring.Open(credentialTable, credentialColumn, credentialRow(id, key), value)
		if err != nil {
			return connection.Connection{}, nil, errs.New(errs.Internal, op, "connection.error_sealed", fmt.Errorf("connection %s, %s: %w", c.Name, key, err))
		}
		opened[key] = seal.NewSecret(string(plain))
	}
	return c, opened, nil
}

// RotateConnection replaces the credentials of a connection.
func (db *DB) RotateConnection(
	ctx context.Context, actor audit.Actor, id, version int64, c connection.Credentials,
) (connection.Connection, error) {
	return db.changeConnection(ctx, actor, "connection.rotate", id, version, func(tx *sql.Tx, _ connection.Connection) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM connection_credentials WHERE connection_id = ?", id); err != nil {
			return err
		}
		if err := db.sealCredentials(ctx, tx, id, c); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE connections SET rotated_at = ? WHERE id = ?", time.Now().UnixMicro(), id)
		return err
	})
}

// ChangeConnection replaces the settings of a connection.
func (db *DB) ChangeConnection(
	ctx context.Context, actor audit.Actor, id, version int64, s connection.Settings,
) (connection.Connection, error) {
	return db.changeConnection(ctx, actor, "connection.change", id, version, func(tx *sql.Tx, _ connection.Connection) error {
		_, settings, err := connectionText(nil, s)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE connections SET settings = ? WHERE id = ?", settings, id)
		return err
	})
}

// SwitchConnection disables or enables a connection. It fails with errs.Conflict when it is so already.
func (db *DB) SwitchConnection(
	ctx context.Context, actor audit.Actor, id, version int64, disabled bool,
) (connection.Connection, error) {
	act := "connection.enable"
	if disabled {
		act = "connection.disable"
	}
	return db.changeConnection(ctx, actor, act, id, version, func(tx *sql.Tx, before connection.Connection) error {
		if before.Disabled == disabled {
			return errs.New(errs.Conflict, act, "connection.error_changed", nil)
		}
		_, err := tx.ExecContext(ctx, "UPDATE connections SET disabled = ? WHERE id = ?", disabled, id)
		return err
	})
}

// changeConnection makes one change: version checked and raised, audit entry appended, in one transaction.
func (db *DB) changeConnection(
	ctx context.Context, actor audit.Actor, act string, id, version int64, change func(*sql.Tx, connection.Connection) error,
) (connection.Connection, error) {
	var after connection.Connection
	err := db.write(ctx, act, func(tx *sql.Tx) error {
		before, err := connectionOfVersion(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if err := change(tx, before); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE connections SET version = version + 1 WHERE id = ?", id); err != nil {
			return err
		}
		if after, err = connectionByID(ctx, tx, id); err != nil {
			return err
		}
		return db.appendAudit(tx, connectionEntry(actor, act, after, connectionFacts(before), connectionFacts(after)))
	})
	if err != nil {
		return connection.Connection{}, err
	}
	return after, nil
}

// RemoveConnection deletes a connection that no row of any other table refers to.
func (db *DB) RemoveConnection(ctx context.Context, actor audit.Actor, id, version int64) error {
	const op = "remove connection"
	return db.write(ctx, op, func(tx *sql.Tx) error {
		before, err := connectionOfVersion(ctx, tx, id, version)
		if err != nil {
			return err
		}
		used, err := connectionUsed(ctx, tx, id)
		if err != nil {
			return err
		}
		if used {
			return errs.New(errs.Conflict, op, "connection.error_in_use", nil)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM connections WHERE id = ?", id); err != nil {
			return err
		}
		return db.appendAudit(tx, connectionEntry(actor, "connection.remove", before, connectionFacts(before), nil))
	})
}

// connectionUsed asks every table that has a connection_id, also those that later migrations add: a table that is
// forgotten here would lose its connection.
func connectionUsed(ctx context.Context, tx *sql.Tx, id int64) (bool, error) {
	rows, err := tx.QueryContext(ctx, `SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND c.name = 'connection_id' AND t.name NOT IN ('connection_credentials', 'connection_health')`)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells of what matters
	var tables []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return false, err
		}
		tables = append(tables, table)
	}
	if err := rows.Err(); err != nil {
		return false, err
	}
	for _, table := range tables {
		var used bool
		query := fmt.Sprintf(`SELECT EXISTS (SELECT 1 FROM "%s" WHERE connection_id = ?)`, table) // #nosec G201 -- a name of our own schema
		if err := tx.QueryRowContext(ctx, query, id).Scan(&used); err != nil || used {
			return used, err
		}
	}
	return false, nil
}

func connectionOfVersion(ctx context.Context, q querier, id, version int64) (connection.Connection, error) {
	c, err := connectionByID(ctx, q, id)
	if err == nil && version != 0 && c.Version != version {
		err = errs.New(errs.Conflict, "change connection", "connection.error_changed", nil)
	}
	return c, err
}

func connectionByID(ctx context.Context, q querier, id int64) (connection.Connection, error) {
	return scanConnection(q.QueryRowContext(ctx, "SELECT "+connectionColumns+" FROM connections WHERE id = ?", id))
}

func scanConnection(row interface{ Scan(...any) error }) (connection.Connection, error) {
	var c connection.Connection
	var urls, settings string
	var createdAt, rotatedAt int64
	err := row.Scan(&c.ID, &c.Name, &c.Provider, &c.Environment, &urls, &settings, &c.Disabled, &createdAt, &rotatedAt, &c.Version)
	if err != nil {
		return connection.Connection{}, err
	}
	c.CreatedAt, c.RotatedAt = time.UnixMicro(createdAt).UTC(), time.UnixMicro(rotatedAt).UTC()
	err = errors.Join(json.Unmarshal([]byte(urls), &c.BaseURLs), json.Unmarshal([]byte(settings), &c.Settings))
	return c, err
}

func connectionText(urls map[string]string, s connection.Settings) (urlText, settings string, err error) {
	u, err := json.Marshal(urls)
	if err != nil {
		return "", "", err
	}
	t, err := json.Marshal(s)
	return string(u), string(t), err
}

// connectionFacts is what the trail says of a connection: everything but the credentials.
func connectionFacts(c connection.Connection) map[string]any {
	return map[string]any{
		"provider": c.Provider, "environment": c.Environment, "base_urls": c.BaseURLs, "settings": c.Settings,
		"disabled": c.Disabled, "rotated_at": c.RotatedAt,
	}
}

func connectionEntry(actor audit.Actor, act string, c connection.Connection, before, after map[string]any) audit.Entry {
	e := audit.Entry{Actor: actor, Act: act, Object: "connection:" + c.Name, Outcome: "ok"}
	if before != nil {
		e.Before = before
	}
	if after != nil {
		e.After = after
	}
	return e
}
