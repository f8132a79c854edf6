package store

import (
	"context"
	"math"

	"payportal/internal/psp"
)

// PaymentStatements gives every statement that pages, streams and totals of a filter may run, with and without a cursor.
// Cursors before, in and after the filter's bounds are tried.
func PaymentStatements(f psp.PaymentFilter, o psp.PaymentOrder) (all []string) {
	filter := newRowFilter(f)
	for _, after := range []*rowKey{nil, {math.MaxInt32, 5}, {5, 5}, {math.MinInt32, 5}} {
		walk, _ := ordered(filter, o, after)
		for _, s := range walk {
			sql, _ := s.selectSQL()
			all = append(all, sql)
		}
	}
	for _, s := range narrow(filter, o) {
		probe, _ := s.probeSQL(1)
		sql, _ := s.selectSQL()
		all = append(all, probe, sql)
	}
	return all
}

// LimitLists makes lists give up sorting and walking after so few rows that a small test reaches every way of finding a page.
func (db *DB) LimitLists() { db.limits = listLimits{few: 300, patience: 500} }

// Explain gives SQLite's query plan of a statement, a line a step.
func (db *DB) Explain(ctx context.Context, sql string) ([]string, error) {
	conn, err := db.rows.Get(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	stmt, err := conn.Prepare("EXPLAIN QUERY PLAN " + sql)
	if err != nil {
		return nil, err
	}
	defer stmt.Reset()
	var plan []string
	for {
		ok, err := stmt.Step()
		if err != nil || !ok {
			return plan, err
		}
		plan = append(plan, stmt.String(3))
	}
}

// Path is where the database file is.
func (db *DB) Path() string { return db.path }
