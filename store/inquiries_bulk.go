package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"time"

	"payportal/internal/audit"
	"payportal/internal/errs"
	"payportal/internal/inquiry"
)

const bulkColumns = `id, connection_id, user_id, user_name, state, name, layout, reuse, lines, day, created_at, started_at, ended_at, version`

// CreateBulk adds a draft; see inquiry.BulkStore.
func (db *DB) CreateBulk(ctx context.Context, b inquiry.Bulk, lines iter.Seq[inquiry.Line], e audit.Entry) (inquiry.Bulk, error) {
	const op = "add bulk inquiry"
	if db.ring == nil {
		return b, errNoKeys
	}
	err := db.write(ctx, op, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `INSERT INTO inquiry_bulks (connection_id, user_id, user_name, state, lines, created_at)
			VALUES (?, ?, ?, ?, ?, ?) RETURNING id`, b.ConnectionID, b.UserID, b.UserName, inquiry.Draft, b.Lines, toMicros(b.CreatedAt)).Scan(&b.ID)
		if err != nil {
			return err
		}
		if err := db.saveLayout(ctx, tx, b); err != nil {
			return err
		}
		if err := db.insertLines(ctx, tx, b.ID, lines); err != nil {
			return err
		}
		e.Object = "inquiry_bulk:" + strconv.FormatInt(b.ID, 10)
		return db.appendAudit(tx, e)
	})
	if err != nil {
		return b, err
	}
	return db.Bulk(ctx, b.ID)
}

func (db *DB) saveLayout(ctx context.Context, tx *sql.Tx, b inquiry.Bulk) error {
	layout, err := json.Marshal(b.Layout)
	if err != nil {
		return err
	}
	row := strconv.FormatInt(b.ID, 10)
	_, err = tx.ExecContext(ctx, "UPDATE inquiry_bulks SET name = ?, layout = ? WHERE id = ?",
		db.ring.Seal("inquiry_bulks", "name", row, []byte(b.Name)), db.ring.Seal("inquiry_bulks", "layout", row, layout), b.ID)
	return err
}

// lineContent is what is sealed of a line.
type lineContent struct {
	Cells    []string `json:"c"`
	Flags    string   `json:"f,omitempty"` // one letter a cell; left out when there is nothing to say of any
	Question string   `json:"q,omitempty"`
	Name     string   `json:"n,omitempty"`
	Problem  *struct {
		Msg  string         `json:"m"`
		Args map[string]any `json:"a,omitempty"`
		Cell string         `json:"c"`
	} `json:"p,omitempty"`
}

// The bits of a cell's flag, added to 'A'.
const (
	cellNumeric = 1 << iota
	cellRounded
	cellFormula
	cellMerged
)

func sealedContent(line inquiry.Line) ([]byte, error) {
	content := lineContent{Cells: make([]string, len(line.Cells)), Name: line.Name}
	flags, said := make([]byte, len(line.Cells)), false
	for i, cell := range line.Cells {
		content.Cells[i] = cell.Text
		flags[i] = 'A' + bit(cell.Numeric, cellNumeric) + bit(cell.Rounded, cellRounded) + bit(cell.Formula, cellFormula) + bit(cell.Merged, cellMerged)
		said = said || flags[i] != 'A'
	}
	if said {
		content.Flags = string(flags)
	}
	if line.Question != nil {
		content.Question = line.Question.Identity()
	}
	if p := line.Problem; p != nil {
		content.Problem = &struct {
			Msg  string         `json:"m"`
			Args map[string]any `json:"a,omitempty"`
			Cell string         `json:"c"`
		}{p.Msg, p.Args, p.Cell}
	}
	return json.Marshal(content)
}

func bit(set bool, value byte) byte {
	if set {
		return value
	}
	return 0
}

// insertLines adds the lines of a file.
func (db *DB) insertLines(ctx context.Context, tx *sql.Tx, bulkID int64, lines iter.Seq[inquiry.Line]) error {
	insert, err := tx.PrepareContext(ctx, "INSERT INTO inquiry_lines (bulk_id, line, state, same_as, number_hash, content) VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }() // the transaction's own, and over with it
	for line := range lines {
		content, err := sealedContent(line)
		if err != nil {
			return err
		}
		var hash []byte
		if line.Question != nil {
			hash = db.numberHash(*line.Question)
		}
		sealed := db.ring.Seal("inquiry_lines", "content", lineRow(bulkID, line.Number), content)
		if _, err := insert.ExecContext(ctx, bulkID, line.Number, string(line.State), line.SameAs, hash, sealed); err != nil {
			return err
		}
	}
	return nil
}

// lineRow names a line in the associated data of its content.
func lineRow(bulkID int64, line int) string {
	return strconv.FormatInt(bulkID, 10) + "/" + strconv.Itoa(line)
}

// RemapBulk replaces a draft's lines; see inquiry.BulkStore.
func (db *DB) RemapBulk(ctx context.Context, b inquiry.Bulk, lines iter.Seq[inquiry.Line], e audit.Entry) (inquiry.Bulk, error) {
	const op = "read columns of bulk inquiry"
	err := db.write(ctx, op, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "UPDATE inquiry_bulks SET version = version + 1 WHERE id = ? AND version = ? AND state = 'draft'", b.ID, b.Version)
		if err := changedBulk(op, result, err); err != nil {
			return err
		}
		if err := db.saveLayout(ctx, tx, b); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM inquiry_lines WHERE bulk_id = ?", b.ID); err != nil {
			return err
		}
		if err := db.insertLines(ctx, tx, b.ID, lines); err != nil {
			return err
		}
		return db.appendAudit(tx, e)
	})
	if err != nil {
		return b, err
	}
	return db.Bulk(ctx, b.ID)
}

// changedBulk is errs.Conflict when a statement did not meet the file as it was.
func changedBulk(op string, result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errs.New(errs.Conflict, op, "inquiry.bulk.changed", nil))
	}
	return nil
}

// Bulk reads a file; see inquiry.BulkStore.
func (db *DB) Bulk(ctx context.Context, id int64) (inquiry.Bulk, error) {
	b, err := db.scanBulk(db.reader.QueryRowContext(ctx, "SELECT "+bulkColumns+" FROM inquiry_bulks WHERE id = ?", id))
	if err == nil {
		err = db.countLines(ctx, &b)
	}
	return b, mapError("read bulk inquiry", err)
}

func (db *DB) scanBulk(row scanner) (inquiry.Bulk, error) {
	var b inquiry.Bulk
	var name, layout []byte
	var created, started, ended int64
	err := row.Scan(&b.ID, &b.ConnectionID, &b.UserID, &b.UserName, &b.State, &name, &layout, &b.Reuse, &b.Lines, &b.Day, &created, &started, &ended, &b.Version)
	if err != nil {
		return b, err
	}
	b.CreatedAt, b.StartedAt, b.EndedAt = fromMicros(created), fromMicros(started), fromMicros(ended)
	id := strconv.FormatInt(b.ID, 10)
	plain, err := db.ring.Open("inquiry_bulks", "name", id, name)
	if err != nil {
		return b, err
	}
	b.Name = string(plain)
	if plain, err = db.ring.Open("inquiry_bulks", "layout", id, layout); err != nil {
		return b, err
	}
	return b, json.Unmarshal(plain, &b.Layout)
}

func (db *DB) countLines(ctx context.Context, b *inquiry.Bulk) error {
	rows, err := db.reader.QueryContext(ctx, "SELECT state, count(*) FROM inquiry_lines WHERE bulk_id = ? GROUP BY state", b.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	b.Counts = map[inquiry.LineState]int{}
	for rows.Next() {
		var state inquiry.LineState
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		b.Counts[state] = n
	}
	return rows.Err()
}

const (
	bulksQuery        = "SELECT " + bulkColumns + " FROM inquiry_bulks WHERE id < ? ORDER BY id DESC LIMIT ?"
	ownBulksQuery     = "SELECT " + bulkColumns + " FROM inquiry_bulks WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
	runningBulksQuery = "SELECT id FROM inquiry_bulks WHERE state = 'running' ORDER BY id"

	lineColumns        = "SELECT line, state, same_as, inquiry_id, content FROM inquiry_lines "
	linesQuery         = lineColumns + "WHERE bulk_id = ? AND line > ? ORDER BY line LIMIT ?"
	linesOfStateQuery  = lineColumns + "INDEXED BY inquiry_lines_by_state WHERE bulk_id = ? AND state = ? AND line > ? ORDER BY line LIMIT ?"
	linesOfStatesQuery = lineColumns + "WHERE bulk_id = ? AND state IN (%s) AND line > ? ORDER BY line LIMIT ?"
)

// Bulks lists files; see inquiry.BulkStore.
func (db *DB) Bulks(ctx context.Context, userID, before int64, limit int) ([]inquiry.Bulk, error) {
	const op = "list bulk inquiries"
	if before <= 0 {
		before = math.MaxInt64
	}
	query, args := bulksQuery, []any{before, limit}
	if userID != 0 {
		query, args = ownBulksQuery, []any{userID, before, limit}
	}
	rows, err := db.reader.QueryContext(ctx, query, args...)
	list, err := collect(op, rows, err, db.scanBulk)
	for i := range list {
		if err == nil {
			err = db.countLines(ctx, &list[i])
		}
	}
	return list, mapError(op, err)
}

// RunningBulks lists the files that should be worked on; see inquiry.BulkStore.
func (db *DB) RunningBulks(ctx context.Context) ([]int64, error) {
	rows, err := db.reader.QueryContext(ctx, runningBulksQuery)
	return collect("list running bulk inquiries", rows, err, func(row scanner) (id int64, err error) {
		err = row.Scan(&id)
		return id, err
	})
}

// BulkLines reads lines; see inquiry.BulkStore.
func (db *DB) BulkLines(ctx context.Context, id int64, f inquiry.LineFilter) ([]inquiry.Line, error) {
	const op = "read lines of bulk inquiry"
	query, args := linesQuery, []any{id}
	switch len(f.States) {
	case 0:
	case 1:
		query = linesOfStateQuery
	default:
		query = fmt.Sprintf(linesOfStatesQuery, placeholders(len(f.States)))
	}
	for _, state := range f.States {
		args = append(args, string(state))
	}
	rows, err := db.reader.QueryContext(ctx, query, append(args, f.After, f.Limit)...)
	lines, err := collect(op, rows, err, func(row scanner) (inquiry.Line, error) { return db.scanLine(row, id) })
	if err == nil && f.Records {
		err = db.addRecords(ctx, id, lines)
	}
	return lines, mapError(op, err)
}

func placeholders(n int) string {
	marks := make([]byte, 0, 2*n)
	for range n {
		marks = append(marks, '?', ',')
	}
	return string(marks[:len(marks)-1])
}

func (db *DB) scanLine(row scanner, bulkID int64) (inquiry.Line, error) {
	var line inquiry.Line
	var sealed []byte
	if err := row.Scan(&line.Number, &line.State, &line.SameAs, &line.InquiryID, &sealed); err != nil {
		return line, err
	}
	plain, err := db.ring.Open("inquiry_lines", "content", lineRow(bulkID, line.Number), sealed)
	if err != nil {
		return line, err
	}
	var content lineContent
	if err := json.Unmarshal(plain, &content); err != nil {
		return line, fmt.Errorf("line %d of bulk inquiry %d: unreadable content", line.Number, bulkID)
	}
	return line, content.into(&line)
}

func (c lineContent) into(line *inquiry.Line) error {
	line.Name = c.Name
	line.Cells = make([]inquiry.LineCell, len(c.Cells))
	for i, text := range c.Cells {
		line.Cells[i].Text = text
		if i < len(c.Flags) {
			flag := c.Flags[i] - 'A'
			cell := &line.Cells[i]
			cell.Numeric, cell.Rounded = flag&cellNumeric != 0, flag&cellRounded != 0
			cell.Formula, cell.Merged = flag&cellFormula != 0, flag&cellMerged != 0
		}
	}
	if c.Problem != nil {
		line.Problem = &inquiry.LineProblem{Msg: c.Problem.Msg, Args: c.Problem.Args, Cell: c.Problem.Cell}
	}
	if c.Question == "" {
		return nil
	}
	question, err := inquiry.ParseIdentity(c.Question)
	line.Question = &question
	return err
}

// addRecords puts the questions of lines beside them. A duplicate has that of the line that it repeats, and its state.
func (db *DB) addRecords(ctx context.Context, bulkID int64, lines []inquiry.Line) error {
	first, err := db.reader.PrepareContext(ctx, "SELECT state, inquiry_id FROM inquiry_lines WHERE bulk_id = ? AND line = ?")
	if err != nil {
		return err
	}
	defer first.Close()
	record, err := db.reader.PrepareContext(ctx, "SELECT "+inquiryColumns+" FROM inquiries WHERE id = ?")
	if err != nil {
		return err
	}
	defer record.Close()
	for i := range lines {
		line := &lines[i]
		if line.State == inquiry.Duplicate {
			var state inquiry.LineState
			if err := first.QueryRowContext(ctx, bulkID, line.SameAs).Scan(&state, &line.InquiryID); err != nil {
				return err
			}
		}
		if line.InquiryID == 0 {
			continue
		}
		r, err := db.scanInquiry(record.QueryRowContext(ctx, line.InquiryID))
		if err != nil {
			return err
		}
		line.Record = &r
	}
	return nil
}

const freshLinesQuery = ` FROM inquiry_lines l WHERE l.bulk_id = ?1 AND l.state = 'ready' AND EXISTS (SELECT 1 FROM inquiries i INDEXED BY inquiries_by_number
	WHERE i.number_hash = l.number_hash AND i.connection_id = ?2 AND i.outcome = 'answered' AND i.settled_at >= ?3 AND i.reply IS NOT NULL)`

// CountFresh counts lines that have a fresh answer; see inquiry.BulkStore.
func (db *DB) CountFresh(ctx context.Context, id int64, since time.Time) (n int, err error) {
	err = db.reader.QueryRowContext(ctx, "SELECT count(*)"+freshLinesQuery, id, bulkConnection(ctx, db.reader, id), toMicros(since)).Scan(&n)
	return n, mapError("count fresh answers", err)
}

// bulkConnection is the connection of a file; 0, which has no answers, when there is no such file.
func bulkConnection(ctx context.Context, q querier, id int64) (connectionID int64) {
	if err := q.QueryRowContext(ctx, "SELECT connection_id FROM inquiry_bulks WHERE id = ?", id).Scan(&connectionID); err != nil {
		return 0
	}
	return connectionID
}

// StartBulk begins a file or goes on with its failures; see inquiry.BulkStore.
func (db *DB) StartBulk(ctx context.Context, b inquiry.Bulk, s inquiry.Start, e audit.Entry) (inquiry.Bulk, error) {
	const op = "start bulk inquiry"
	err := db.write(ctx, op, func(tx *sql.Tx) error {
		from := "state = 'draft'"
		if s.Again != nil {
			from = "state = 'done'"
		}
		result, err := tx.ExecContext(ctx, `UPDATE inquiry_bulks SET state = 'running', reuse = reuse OR ?, day = ?, started_at = ?, ended_at = 0,
			version = version + 1 WHERE id = ? AND version = ? AND `+from, s.Reuse, s.Day, toMicros(s.At), b.ID, b.Version)
		if err := changedBulk(op, result, err); err != nil {
			return err
		}
		paid, err := startLines(ctx, tx, b, s)
		if err != nil {
			return err
		}
		if err := db.takeAllowance(ctx, tx, op, b.UserID, s.Day, paid, s.PerDay); err != nil {
			return err
		}
		e.After = withPaid(e.After, paid)
		return db.appendAudit(tx, e)
	})
	if err != nil {
		return b, err
	}
	return db.Bulk(ctx, b.ID)
}

func withPaid(facts any, paid int) map[string]any {
	all := map[string]any{"questions": paid}
	if given, ok := facts.(map[string]any); ok {
		for key, value := range given {
			all[key] = value
		}
	}
	return all
}

// startLines readies the lines of a file and tells how many of them will be paid for.
func startLines(ctx context.Context, tx *sql.Tx, b inquiry.Bulk, s inquiry.Start) (paid int, err error) {
	if s.Reuse {
		_, err := tx.ExecContext(ctx, `UPDATE inquiry_lines SET state = 'reused', inquiry_id = (SELECT max(i.id) FROM inquiries i INDEXED BY inquiries_by_number
			WHERE i.number_hash = inquiry_lines.number_hash AND i.connection_id = ?2 AND i.outcome = 'answered' AND i.settled_at >= ?3 AND i.reply IS NOT NULL)
			WHERE bulk_id = ?1 AND line IN (SELECT l.line`+freshLinesQuery+")", b.ID, b.ConnectionID, toMicros(s.FreshSince))
		if err != nil {
			return 0, err
		}
	}
	for _, state := range s.Again {
		if _, err := tx.ExecContext(ctx, "UPDATE inquiry_lines SET state = 'ready' WHERE bulk_id = ? AND state = ?", b.ID, string(state)); err != nil {
			return 0, err
		}
	}
	err = tx.QueryRowContext(ctx, "SELECT count(*) FROM inquiry_lines WHERE bulk_id = ? AND state = 'ready'", b.ID).Scan(&paid)
	return paid, err
}

// ChangeBulk moves a file to another state; see inquiry.BulkStore.
func (db *DB) ChangeBulk(ctx context.Context, id int64, from []inquiry.BulkState, to inquiry.BulkState, at time.Time, e audit.Entry) error {
	const op = "change bulk inquiry"
	return db.write(ctx, op, func(tx *sql.Tx) error {
		args := []any{to, to == inquiry.Done || to == inquiry.Cancelled, toMicros(at), id}
		for _, state := range from {
			args = append(args, state)
		}
		var before inquiry.BulkState
		var userID int64
		var day inquiry.Day
		if err := tx.QueryRowContext(ctx, "SELECT state, user_id, day FROM inquiry_bulks WHERE id = ?", id).Scan(&before, &userID, &day); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE inquiry_bulks SET state = ?1, ended_at = CASE WHEN ?2 THEN ?3 ELSE 0 END, version = version + 1
			WHERE id = ?4 AND state IN (`+numbered(5, len(from))+")", args...) // #nosec G202 -- parameters
		if err := changedBulk(op, result, err); err != nil {
			return err
		}
		if to == inquiry.Cancelled && before != inquiry.Draft {
			if err := giveUnaskedBack(ctx, tx, id, userID, day); err != nil {
				return err
			}
		}
		return db.appendAudit(tx, e)
	})
}

// numbered writes n parameters from ?first on.
func numbered(first, n int) string {
	list := ""
	for i := range n {
		if i > 0 {
			list += ","
		}
		list += "?" + strconv.Itoa(first+i)
	}
	return list
}

// giveUnaskedBack returns what was reserved for lines that will not be asked.
func giveUnaskedBack(ctx context.Context, tx *sql.Tx, id, userID int64, day inquiry.Day) error {
	var unasked int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM inquiry_lines WHERE bulk_id = ? AND state = 'ready'", id).Scan(&unasked); err != nil {
		return err
	}
	return giveBack(ctx, tx, userID, day, unasked)
}

// LoseBulkLines settles what a run could not write down; see inquiry.BulkStore.
func (db *DB) LoseBulkLines(ctx context.Context, id int64, at time.Time) error {
	return db.write(ctx, "lose lines of bulk inquiry", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE inquiries SET outcome = 'lost', problem = ?, settled_at = ? WHERE outcome = 'asking' AND id IN
			(SELECT inquiry_id FROM inquiry_lines WHERE bulk_id = ? AND state = 'asking')`, errs.Indeterminate.String(), toMicros(at), id)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE inquiry_lines SET state = 'lost' WHERE bulk_id = ? AND state = 'asking'", id)
		return err
	})
}

// The statements of every step of the work on a file.
const (
	settleLine     = "UPDATE inquiry_lines SET state = ? WHERE bulk_id = ? AND line = ?"
	claimLineRow   = "UPDATE inquiry_lines SET state = 'asking', inquiry_id = ? WHERE bulk_id = ? AND line = ? AND state = 'ready'"
	readWorkedBulk = "SELECT state, connection_id, user_id, user_name, day FROM inquiry_bulks WHERE id = ?"
)

// AdvanceBulk takes one step of the work on a file; see inquiry.BulkStore.
func (db *DB) AdvanceBulk(ctx context.Context, id int64, a inquiry.Advance) (advanced inquiry.Advanced, err error) {
	db.warm(ctx)
	err = db.write(ctx, "advance bulk inquiry", func(tx *sql.Tx) error {
		for _, s := range a.Settled {
			if err := db.settleInquiry(ctx, tx, s.InquiryID, s.Outcome, s.Reply, a.At); err != nil {
				return err
			}
			if _, err := db.exec(ctx, tx, settleLine, string(s.Outcome), id, s.Number); err != nil {
				return err
			}
		}
		advanced, err = db.claimLines(ctx, tx, id, a)
		return err
	})
	return advanced, err
}

// claimLines writes down that lines are about to be asked.
func (db *DB) claimLines(ctx context.Context, tx *sql.Tx, id int64, a inquiry.Advance) (advanced inquiry.Advanced, err error) {
	var b inquiry.Bulk
	err = db.queryRow(ctx, tx, readWorkedBulk, id).Scan(&b.State, &b.ConnectionID, &b.UserID, &b.UserName, &b.Day)
	if err != nil || b.State != inquiry.Running {
		return inquiry.Advanced{Stopped: true}, err
	}
	for _, line := range a.Claim {
		claimed, err := db.claimLine(ctx, tx, id, b, line, a.At)
		if err != nil {
			return inquiry.Advanced{}, err
		}
		advanced.Claimed = append(advanced.Claimed, claimed)
	}
	return advanced, nil
}

// claimLine is errs.Conflict for a line that is not ready: nobody but the one who works on a file changes its lines.
func (db *DB) claimLine(ctx context.Context, tx *sql.Tx, id int64, b inquiry.Bulk, line inquiry.Line, at time.Time) (inquiry.Line, error) {
	r := inquiry.Record{
		ConnectionID: b.ConnectionID, Kind: line.Question.Kind, UserID: b.UserID, UserName: b.UserName, BulkID: id, AskedAt: at, Day: b.Day, Question: line.Question,
	}
	if bank, ok := line.Question.Bank(); ok {
		r.BankID = bank.ID
	}
	if err := db.insertInquiry(ctx, tx, &r, db.numberHash(*line.Question)); err != nil {
		return line, err
	}
	line.InquiryID, line.State = r.ID, inquiry.LineAsking
	result, err := db.exec(ctx, tx, claimLineRow, r.ID, id, line.Number)
	return line, changedBulk("claim line", result, err)
}
