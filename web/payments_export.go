package web

import (
	"mime"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"payportal/internal/audit"
	"payportal/internal/i18n"
	"payportal/internal/money"
	"payportal/internal/psp"
	"payportal/templates/payments"
)

// paymentExport answers with the payments of the list as a file: same filter, same order, same columns.
func (s *Server) paymentExport(format psp.ExportFormat) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := query(r)
		if err != nil {
			return err
		}
		q, err := s.readPayments(r, in)
		if err != nil {
			return err
		}
		if err := q.err(); err != nil {
			return err
		}
		export, err := s.exportOf(r, q, format)
		if err != nil {
			return err
		}
		return s.sendExport(w, r, q, export)
	}
}

// sendExport streams the file. The audit entry is committed before the first byte leaves.
func (s *Server) sendExport(w http.ResponseWriter, r *http.Request, q *paymentRequest, export psp.PaymentExport) error {
	v := visitOf(r)
	h := w.Header()
	file := &startingFile{patientWriter: patientWriter{w, http.NewResponseController(w)}, start: func() error {
		h.Set("Content-Security-Policy", downloadPolicy)
		h.Set("Content-Type", export.Format.ContentType())
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": export.ExportName(v.now)}))
		h.Set(gzhttp.HeaderNoCompression, "1") // a million rows would wait for the compression; a spreadsheet has its own
		return s.RecordAudit(r.Context(), exportEntry(v.by(r).Actor, q, export))
	}}
	_, err := s.Payments.Export(r.Context(), file, export)
	if err == nil || !file.started {
		return err
	}
	s.Log.WarnContext(r.Context(), "export broke off", "request_id", v.requestID, "error", err.Error())
	panic(http.ErrAbortHandler) // half a file must not look like a whole one
}

// exportEntry tells the audit trail what left the portal. Digits of cards stay out of it.
func exportEntry(actor audit.Actor, q *paymentRequest, export psp.PaymentExport) audit.Entry {
	filters := q.params.filters()
	if s := export.Filter.Search; s.FirstSix != "" || s.LastFour != "" {
		filters[paramSearch] = "card"
	}
	columns := make([]string, len(export.Columns))
	for i, c := range export.Columns {
		columns[i] = string(c)
	}
	return audit.Entry{Actor: actor, Act: "payment.export", Object: "payments", Outcome: audit.OK, After: map[string]any{
		"format": string(export.Format), "filters": filters.query(), "sort": export.Order.String(), "columns": columns,
	}}
}

// startingFile does what must be done before the first byte.
type startingFile struct {
	patientWriter
	start   func() error
	started bool
}

// Write sends a part of the file.
func (f *startingFile) Write(b []byte) (int, error) {
	if !f.started {
		if err := f.start(); err != nil {
			return 0, err
		}
		f.started = true
	}
	return f.patientWriter.Write(b)
}

// exportOf is the list as a file in the user's language.
func (s *Server) exportOf(r *http.Request, q *paymentRequest, format psp.ExportFormat) (psp.PaymentExport, error) {
	v := visitOf(r)
	progress, err := s.MirrorProgress(r.Context())
	if err != nil {
		return psp.PaymentExport{}, err
	}
	p := v.p
	shown := shownColumns(v.identity.Preferences.Tables[paymentsTable], len(q.connections))
	export := psp.PaymentExport{Filter: q.Filter, Order: q.Order, Format: format, Text: psp.ExportText{
		Sheet: p.T("payments.title"), RightToLeft: p.Dir() == "rtl", Unit: p.Prefs().Unit, Head: exportHeads(p),
		Type:       func(t psp.TerminalType) string { return p.T("payments.type." + t.String()) },
		Status:     func(status psp.PaymentStatus) string { return statusView(p, paymentStates(p), status).Text },
		Connection: q.connectionName,
		DateTime:   p.AppendDateTime,
	}}
	for _, c := range shown {
		export.Columns = append(export.Columns, psp.PaymentColumn(c.Key()))
	}
	fresh, _ := mirrorView(p, v.now, q.Filter, progress)
	export.Text.Preamble = exportPreamble(v, q, fresh.At.Text)
	return export, nil
}

func exportHeads(p *i18n.Printer) map[psp.PaymentColumn]string {
	heads := map[psp.PaymentColumn]string{}
	for _, c := range payments.Columns() {
		heads[psp.PaymentColumn(c.Key())] = p.T("payments.column." + c.Key())
	}
	heads[psp.ColumnAmount] += " (" + p.UnitName(money.IRR) + ")"
	return heads
}

// exportPreamble says what the file is: filters, time zone, age of the data, who made it and when.
func exportPreamble(v *visit, q *paymentRequest, asOf string) [][2]string {
	p := v.p
	var filters []string
	for _, chip := range paymentChips(v, q).Items {
		filters = append(filters, chip.Label)
	}
	if len(filters) == 0 {
		filters = []string{p.T("word.none")}
	}
	if asOf == "" {
		asOf = p.T("freshness.never")
	}
	return [][2]string{
		{p.T("payments.export.filters"), strings.Join(filters, "; ")},
		{p.T("payments.export.zone"), p.ZoneAt(v.now)},
		{p.T("payments.export.as_of"), asOf},
		{p.T("payments.export.made"), p.DateTime(v.now) + p.T("word.list_separator") + v.identity.DisplayName},
	}
}
