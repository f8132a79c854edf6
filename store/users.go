package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/seal"
	"payportal/internal/textin"
)

// writeAccess is write for what decides on rights: it also makes every cache of this process read again.
func (db *DB) writeAccess(ctx context.Context, op string, do func(tx *sql.Tx) error) error {
	defer db.accessGeneration.Add(1) // after the commit, and after a commit of unknown outcome too
	return db.write(ctx, op, do)
}

// Generation grows whenever this process changes a user, a role or the end of a session.
func (db *DB) Generation() uint64 { return db.accessGeneration.Load() }

const userColumns = `u.id, u.username, u.display_name, u.disabled, u.must_change_password, u.totp_secret IS NOT NULL,
	(SELECT count(*) FROM recovery_codes c WHERE c.user_id = u.id), u.preferences, u.rights_epoch, u.version, u.created_at, u.last_sign_in_at,
	(SELECT json_group_array(role_id) FROM user_roles r WHERE r.user_id = u.id)`

// scanUser reads userColumns and more; the roles have their ids only.
func scanUser(scan func(...any) error, more ...any) (access.User, error) {
	var u access.User
	var preferences, roles string
	var created, signedIn int64
	err := scan(append([]any{
		&u.ID, &u.Username, &u.DisplayName, &u.Disabled, &u.MustChangePassword, &u.SecondFactor,
		&u.RecoveryCodes, &preferences, &u.RightsEpoch, &u.Version, &created, &signedIn, &roles,
	}, more...)...)
	if err != nil {
		return u, err
	}
	u.CreatedAt, u.LastSignInAt = fromMicros(created), fromMicros(signedIn)
	if err := json.Unmarshal([]byte(preferences), &u.Preferences); err != nil {
		return u, fmt.Errorf("read preferences of user %d: %w", u.ID, err)
	}
	var ids []access.RoleID
	if err := json.Unmarshal([]byte(roles), &ids); err != nil {
		return u, fmt.Errorf("read roles of user %d: %w", u.ID, err)
	}
	for _, id := range ids {
		u.Roles = append(u.Roles, access.Role{ID: id})
	}
	return u, nil
}

// User reads one user.
func (db *DB) User(ctx context.Context, id int64) (access.User, error) {
	u, err := db.readUser(ctx, db.reader, id)
	return u, mapError("read user", err)
}

func (db *DB) readUser(ctx context.Context, q querier, id int64) (access.User, error) {
	u, err := scanUser(q.QueryRowContext(ctx, "SELECT "+userColumns+" FROM users u WHERE u.id = ?", id).Scan)
	if err != nil {
		return u, err
	}
	return u, fillRoles(ctx, q, []access.User{u})
}

// Users lists the users that f asks for, by user name.
func (db *DB) Users(ctx context.Context, f access.UserFilter) ([]access.User, error) {
	query, args := usersQuery(f)
	rows, err := db.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, mapError("list users", err)
	}
	defer rows.Close()
	var users []access.User
	for rows.Next() {
		u, err := scanUser(rows.Scan)
		if err != nil {
			return nil, mapError("list users", err)
		}
		users = append(users, u)
	}
	if err := rows.Err(); err != nil {
		return nil, mapError("list users", err)
	}
	return users, mapError("list users", fillRoles(ctx, db.reader, users))
}

func usersQuery(f access.UserFilter) (string, []any) {
	where, args := []string{"u.username > ''"}, []any{}
	if q := textin.Search(f.Query); q != "" {
		where, args = append(where, "instr(u.search, ?) > 0"), append(args, q)
	}
	if f.Role != "" {
		where, args = append(where, "EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = u.id AND r.role_id = ?)"), append(args, string(f.Role))
	}
	switch f.Status {
	case "enabled":
		where = append(where, "u.disabled = 0")
	case "disabled":
		where = append(where, "u.disabled = 1")
	case "never":
		where = append(where, "u.last_sign_in_at = 0")
	}
	return "SELECT " + userColumns + " FROM users u WHERE " + strings.Join(where, " AND ") + " ORDER BY u.username", args
}

// UserRecord reads one user with what the sign-in needs.
func (db *DB) UserRecord(ctx context.Context, id int64) (access.UserRecord, error) {
	r, err := db.readRecord(ctx, db.reader, "u.id = ?", id)
	return r, mapError("read user", err)
}

// UserRecordByName finds a user by the normal form of the user name.
func (db *DB) UserRecordByName(ctx context.Context, username string) (access.UserRecord, error) {
	r, err := db.readRecord(ctx, db.reader, "u.username = ?", username)
	return r, mapError("read user", err)
}

func (db *DB) readRecord(ctx context.Context, q querier, where string, arg any) (access.UserRecord, error) {
	var r access.UserRecord
	var until int64
	var secret, pending []byte
	var err error
	row := q.QueryRowContext(ctx, "SELECT "+userColumns+", u.password_hash, u.password_until, u.totp_secret, u.totp_pending, u.totp_last_step FROM users u WHERE "+where, arg)
	if r.User, err = scanUser(row.Scan, &r.PasswordHash, &until, &secret, &pending, &r.LastStep); err != nil {
		return r, err
	}
	r.PasswordUntil = fromMicros(until)
	if r.TOTP, err = db.openUserSecret("totp_secret", r.ID, secret); err != nil {
		return r, err
	}
	if r.PendingTOTP, err = db.openUserSecret("totp_pending", r.ID, pending); err != nil {
		return r, err
	}
	return r, fillRoles(ctx, q, []access.User{r.User})
}

// openUserSecret opens a sealed column of users; the empty secret where it is NULL.
func (db *DB) openUserSecret(column string, id int64, sealed []byte) (seal.Secret, error) {
	if sealed == nil {
		return seal.Secret{}, nil
	}
	if db.ring == nil {
		return seal.Secret{}, errNoKeys
	}
	plain, err := db.ring.Open("users", column, strconv.FormatInt(id, 10), sealed)
	return seal.NewSecret(string(plain)), err
}

func (db *DB) sealUserSecret(column string, id int64, secret seal.Secret) []byte {
	if secret.IsZero() {
		return nil
	}
	return db.ring.Seal("users", column, strconv.FormatInt(id, 10), []byte(secret.Reveal()))
}

// CreateUser adds a user.
func (db *DB) CreateUser(ctx context.Context, r access.UserRecord, e audit.Entry) (access.User, error) {
	var user access.User
	err := db.writeAccess(ctx, "create user", func(tx *sql.Tx) (err error) {
		user, err = db.insertUser(ctx, tx, r, e)
		return err
	})
	return user, err
}

func (db *DB) insertUser(ctx context.Context, tx *sql.Tx, r access.UserRecord, e audit.Entry) (access.User, error) {
	if db.ring == nil {
		return access.User{}, errNoKeys
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO users (username, display_name, search, password_hash, password_until, must_change_password, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.Username, r.DisplayName, userSearch(r.User), r.PasswordHash, toMicros(r.PasswordUntil), r.MustChangePassword, toMicros(r.CreatedAt))
	if err := mapError("create user", err); errs.Is(err, errs.Conflict) {
		return access.User{}, &errs.Error{Kind: errs.Conflict, Op: "create user", Fields: []errs.Field{{Name: "username", Msg: "access.username.taken"}}}
	} else if err != nil {
		return access.User{}, err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return access.User{}, err
	}
	if err := setUserRoles(ctx, tx, id, r.Roles); err != nil {
		return access.User{}, err
	}
	user, err := db.readUser(ctx, tx, id)
	if err != nil {
		return access.User{}, err
	}
	e.Object, e.After = fmt.Sprintf("user:%d", id), user.Facts()
	return user, db.appendAudit(tx, e)
}

func userSearch(u access.User) string { return textin.Search(u.Username + " " + u.DisplayName) }

func setUserRoles(ctx context.Context, tx *sql.Tx, id int64, roles []access.Role) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM user_roles WHERE user_id = ?", id); err != nil {
		return err
	}
	for _, role := range roles {
		if _, err := tx.ExecContext(ctx, "INSERT INTO user_roles (user_id, role_id) VALUES (?, ?)", id, string(role.ID)); err != nil {
			return err
		}
	}
	return nil
}

// ChangeUser lets change edit the record of a user, in one transaction with the audit entry, which gets what changed.
func (db *DB) ChangeUser(ctx context.Context, id, version int64, e audit.Entry, change func(*access.UserRecord) error) (access.User, error) {
	var after access.User
	err := db.writeAccess(ctx, e.Act, func(tx *sql.Tx) error {
		record, err := db.readRecord(ctx, tx, "u.id = ?", id)
		if err != nil {
			return err
		}
		before := record.User
		if version != 0 && version != before.Version {
			return access.Changed(e.Act)
		}
		if err := change(&record); err != nil {
			return err
		}
		if err := db.saveRecord(ctx, tx, before, record); err != nil {
			return err
		}
		if after, err = db.readUser(ctx, tx, id); err != nil {
			return err
		}
		if err := keepAnAdministrator(ctx, tx, e.Act, before); err != nil {
			return err
		}
		e.Before, e.After = access.Differences(before.Facts(), after.Facts())
		return db.appendAudit(tx, e)
	})
	return after, err
}

func (db *DB) saveRecord(ctx context.Context, tx *sql.Tx, before access.User, r access.UserRecord) error {
	if db.ring == nil {
		return errNoKeys
	}
	_, err := tx.ExecContext(ctx, `UPDATE users SET display_name = ?, search = ?, password_hash = ?, password_until = ?, must_change_password = ?,
		disabled = ?, totp_secret = ?, totp_pending = ?, totp_last_step = max(totp_last_step, ?), version = version + 1 WHERE id = ?`,
		r.DisplayName, userSearch(r.User), r.PasswordHash, toMicros(r.PasswordUntil), r.MustChangePassword,
		r.Disabled, db.sealUserSecret("totp_secret", r.ID, r.TOTP), db.sealUserSecret("totp_pending", r.ID, r.PendingTOTP), r.LastStep, r.ID)
	if err != nil {
		return err
	}
	if err := setUserRoles(ctx, tx, r.ID, r.Roles); err != nil {
		return err
	}
	if !sameRoles(before.Roles, r.Roles) {
		if _, err := tx.ExecContext(ctx, "UPDATE users SET rights_epoch = rights_epoch + 1 WHERE id = ?", r.ID); err != nil {
			return err
		}
	}
	if r.NewRecoveryCodes != nil {
		if err := setRecoveryCodes(ctx, tx, r.ID, r.NewRecoveryCodes); err != nil {
			return err
		}
	}
	if err := takeBack(ctx, tx, r.TakeBack); err != nil {
		return err
	}
	if r.EndSessions {
		return endSessions(ctx, tx, r.ID, r.KeepSession)
	}
	return nil
}

func sameRoles(a, b []access.Role) bool {
	had := make(map[access.RoleID]bool)
	for _, role := range a {
		had[role.ID] = true
	}
	for _, role := range b {
		if !had[role.ID] {
			return false
		}
	}
	return len(a) == len(b)
}

func setRecoveryCodes(ctx context.Context, tx *sql.Tx, id int64, hashes [][]byte) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM recovery_codes WHERE user_id = ?", id); err != nil {
		return err
	}
	for _, hash := range hashes {
		if _, err := tx.ExecContext(ctx, "INSERT INTO recovery_codes (user_id, hash) VALUES (?, ?)", id, hash); err != nil {
			return err
		}
	}
	return nil
}

// keepAnAdministrator refuses a change of an enabled administrator after which none is left.
func keepAnAdministrator(ctx context.Context, tx *sql.Tx, op string, before access.User) error {
	if before.Disabled || !before.HasRole(access.Administrator) {
		return nil
	}
	var left bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id
		WHERE r.role_id = ? AND u.disabled = 0)`, string(access.Administrator)).Scan(&left)
	if err == nil && !left {
		err = errs.New(errs.Conflict, op, "access.last_administrator", nil)
	}
	return err
}

// SavePreferences writes the preferences alone.
func (db *DB) SavePreferences(ctx context.Context, id int64, p access.Preferences, e audit.Entry) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("save preferences: %w", err)
	}
	return db.writeAccess(ctx, "save preferences", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE users SET preferences = ? WHERE id = ?", string(text), id)
		if err := mustHit(result, err); err != nil {
			return err
		}
		return db.appendAudit(tx, e)
	})
}

// mustHit turns a write that met no row into sql.ErrNoRows.
func mustHit(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = sql.ErrNoRows
	}
	return err
}

// OfferSetup puts a new set-up token in the place of any earlier one, while there is no user.
func (db *DB) OfferSetup(ctx context.Context, hash []byte, until time.Time) (bool, error) {
	offered := false
	err := db.write(ctx, "offer set-up", func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO setup_token (id, hash, expires_at) SELECT 1, ?, ? WHERE NOT EXISTS (SELECT 1 FROM users)
			ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at`, hash, toMicros(until))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		offered = n == 1
		return err
	})
	return offered, err
}

// SetupOpen reports whether the set-up token serves at that time.
func (db *DB) SetupOpen(ctx context.Context, at time.Time, hash []byte) (bool, error) {
	open, err := setupOpen(ctx, db.reader, at, hash)
	return open, mapError("check set-up token", err)
}

func setupOpen(ctx context.Context, q querier, at time.Time, hash []byte) (bool, error) {
	var open bool
	err := q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM setup_token WHERE hash = ? AND expires_at > ?) AND NOT EXISTS (SELECT 1 FROM users)`,
		hash, toMicros(at)).Scan(&open)
	return open, err
}

// RedeemSetup adds the first user and uses the token up.
func (db *DB) RedeemSetup(ctx context.Context, at time.Time, hash []byte, r access.UserRecord, e audit.Entry) (access.User, error) {
	var user access.User
	err := db.writeAccess(ctx, "redeem set-up token", func(tx *sql.Tx) error {
		open, err := setupOpen(ctx, tx, at, hash)
		if err != nil {
			return err
		}
		if !open {
			return sql.ErrNoRows
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM setup_token"); err != nil {
			return err
		}
		user, err = db.insertUser(ctx, tx, r, e)
		return err
	})
	return user, err
}

// toMicros and fromMicros turn times into those of the tables and back; the zero time is 0.
func toMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(v int64) time.Time {
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}

var _ access.Store = (*DB)(nil)
