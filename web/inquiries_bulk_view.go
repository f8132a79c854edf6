package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"payportal/internal/access"
	"payportal/internal/i18n"
	"payportal/internal/iban"
	"payportal/internal/inquiry"
	"payportal/internal/textin"
	"payportal/templates/icon"
	"payportal/templates/inquiries"
	"payportal/templates/ui"
)

// bulkTitle names a file.
func bulkTitle(p *i18n.Printer, file inquiry.Bulk) string {
	if file.Name == "" {
		return p.T("bulk.pasted")
	}
	return textin.Visible(file.Name)
}

// bulkForm is the form of a file, as it is opened or came back.
type bulkForm struct {
	chosen OfferedConnection
	all    []OfferedConnection
	text   string
	wrong  error
}

func bulkView(v *visit, f bulkForm, allowance inquiry.Allowance) inquiries.Bulk {
	p := v.p
	byField, summary := fieldErrors(p, f.wrong)
	limits := map[string]any{"Lines": allowance.LinesPerFile, "Size": inquiry.MaxFileBytes() >> 20}
	view := inquiries.Bulk{
		Errors: summary, Connection: f.chosen.Name, Connections: connectionField(p, "inquiries.connection", f.chosen, f.all),
		File: ui.Field{Name: "file", Label: p.T("bulk.upload.file"), Error: byField["file"], Hint: p.Tf("bulk.upload.file_hint", limits)},
		Text: ui.Field{
			Name: "text", Label: p.T("bulk.upload.text"), Value: f.text, Error: byField["text"], Hint: p.T("bulk.upload.text_hint"), Autocomplete: "off",
			Attrs: templ.Attributes{"dir": "auto", "spellcheck": "false"},
		},
		Limits: []ui.Tile{
			{Label: p.T("bulk.limit.left"), Value: p.Int(int64(allowance.Left())), Note: p.Tf("bulk.limit.of", map[string]any{"Count": allowance.PerDay})},
			{Label: p.T("bulk.limit.lines"), Value: p.Int(int64(allowance.LinesPerFile))},
		},
	}
	if len(f.all) == 0 {
		empty := ui.NothingYet(p.T("inquiries.no_connection"), p.T("inquiries.no_connection_text"), ui.Button{})
		if v.can(access.ConnectionManage) {
			empty.Action = ui.Button{Label: p.T("inquiries.no_connection_action"), Icon: icon.Plug, Kind: ui.Primary, Href: "/admin/connections"}
		}
		view.NoConnection = &empty
	}
	return view
}

// bulkFilesView lists up to a page of files; one more tells that there are older ones.
func bulkFilesView(p *i18n.Printer, files []inquiry.Bulk, continued bool) inquiries.BulkFiles {
	more := len(files) > bulkFilesPage
	files = files[:min(len(files), bulkFilesPage)]
	view := inquiries.BulkFiles{
		Label: p.Tf("bulk.files_count", map[string]any{"Count": len(files)}), Empty: ui.NothingYet(p.T("bulk.none"), p.T("bulk.none_text"), ui.Button{}),
	}
	view.Pager = ui.Pager{Text: view.Label, PrevLabel: p.T("bulk.newest"), NextLabel: p.T("ui.pager.older")}
	if continued {
		view.Pager.PrevHref = "/inquiries/bulk"
	}
	if more {
		view.Pager.NextHref = "/inquiries/bulk?after=" + strconv.FormatInt(files[len(files)-1].ID, 10)
	}
	for _, f := range files {
		row := inquiries.BulkFile{Href: bulkHref(f.ID), Name: bulkTitle(p, f), State: bulkStateView(p, f.State), Created: momentView(p, f.CreatedAt)}
		if f.State == inquiry.Draft {
			row.Done = p.Tf("bulk.lines_count", map[string]any{"Count": f.Lines})
		} else {
			row.Done = p.Tf("bulk.done_of", map[string]any{"Done": f.Settled(), "Lines": f.Lines})
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}

func bulkStateView(p *i18n.Printer, state inquiry.BulkState) ui.Status {
	tones := map[inquiry.BulkState]ui.Tone{inquiry.Running: ui.Info, inquiry.Paused: ui.Warning, inquiry.Done: ui.Success}
	return ui.Status{Tone: tones[state], Text: p.T("bulk.state." + string(state))}
}

// bulkRead says what a file was read as, and more.
func bulkRead(p *i18n.Printer, file inquiry.Bulk, more ...string) string {
	parts := []string{p.T("bulk.format." + file.Layout.Format)}
	if file.Layout.Encoding != "" {
		parts = append(parts, file.Layout.Encoding)
	}
	if file.Layout.Sheet != "" {
		parts = append(parts, p.Tf("bulk.sheet", map[string]any{"Name": textin.Visible(file.Layout.Sheet)}))
	}
	parts = append(append(parts, p.Tf("bulk.lines_count", map[string]any{"Count": file.Lines})), more...)
	return inARow(parts)
}

// inARow puts facts beside each other. Each keeps its own direction, whatever stands before it.
func inARow(facts []string) string {
	const isolate, end = "\u2068", "\u2069"
	return isolate + strings.Join(facts, end+" · "+isolate) + end
}

func bulkDraftView(p *i18n.Printer, file inquiry.Bulk, cost inquiry.Cost, wish bulkWish) inquiries.BulkDraft {
	byField, summary := fieldErrors(p, wish.wrong)
	view := inquiries.BulkDraft{
		Title: bulkTitle(p, file), Text: bulkRead(p, file), State: bulkStateView(p, file.State), Errors: summary,
		Action: bulkHref(file.ID), Version: strconv.FormatInt(file.Version, 10),
		Cost: bulkCostView(p, cost),
	}
	for _, state := range []inquiry.LineState{inquiry.Ready, inquiry.Duplicate, inquiry.Invalid} {
		view.Tiles = append(view.Tiles, bulkTile(p, file, state))
	}
	layout := file.Layout
	if wish.layout != nil {
		layout = *wish.layout
	}
	view.Columns = bulkColumnsView(p, layout, byField)
	view.Columns.Open = wish.layout != nil
	return view
}

// bulkTile counts the lines of a state and leads to them.
func bulkTile(p *i18n.Printer, file inquiry.Bulk, state inquiry.LineState) ui.Tile {
	tile := ui.Tile{Label: bulkTileLabel(p, file, state), Value: p.Int(int64(file.Counts[state]))}
	if file.Counts[state] > 0 {
		tile.Href = bulkLinesHref(file.ID, bulkShow{state: state}, 0)
	}
	return tile
}

// bulkTileLabel names the lines of a state: before anything is asked by what will become of them.
func bulkTileLabel(p *i18n.Printer, file inquiry.Bulk, state inquiry.LineState) string {
	if file.State == inquiry.Draft && (state == inquiry.Ready || state == inquiry.Duplicate) {
		return p.T("bulk.tile." + string(state))
	}
	return p.T("bulk.line_state." + string(state))
}

// bulkLinesHref is the page of a file from a line on.
func bulkLinesHref(id int64, show bulkShow, after int) string {
	values := show.values()
	if after > 0 {
		values.Set("after", strconv.Itoa(after))
	}
	return listURL{bulkHref(id), values}.String()
}

func bulkCostView(p *i18n.Printer, cost inquiry.Cost) inquiries.BulkCost {
	left, least, most := cost.Allowance.Left(), cost.Paid(true), cost.Paid(false)
	view := inquiries.BulkCost{Text: p.Tf("bulk.cost.text", map[string]any{"Count": cost.Questions})}
	fact := func(key string, n int, args map[string]any) {
		view.Facts = append(view.Facts, inquiries.BulkFact{Label: p.Tf(key, args), Text: p.Int(int64(n))})
	}
	if cost.Fresh > 0 {
		fact("bulk.cost.fresh", cost.Fresh, map[string]any{"Count": int(cost.FreshFor / time.Hour)})
	}
	fact("bulk.cost.left", left, map[string]any{"PerDay": cost.Allowance.PerDay})
	switch {
	case cost.Questions == 0:
		view.Blocked = &ui.Notice{Tone: ui.Warning, Title: p.T("bulk.cost.nothing"), Text: p.T("bulk.cost.nothing_text")}
	case left < least:
		view.Blocked = &ui.Notice{Tone: ui.Warning, Title: p.T("bulk.cost.not_enough"), Text: p.Tf("bulk.cost.not_enough_text", map[string]any{"Wanted": least, "Left": left})}
	default:
		fact("bulk.cost.after", left-least, nil)
		view.Starts = bulkStarts(p, cost, left >= most)
	}
	return view
}

// bulkStarts are the ways to begin. Each button says what it pays for, whatever else is on the page.
func bulkStarts(p *i18n.Printer, cost inquiry.Cost, affordable bool) []ui.Button {
	start := func(key string, paid int, reuse string, kind ui.ButtonKind) ui.Button {
		return ui.Button{Label: p.Tf(key, map[string]any{"Count": paid, "Fresh": cost.Fresh}), Kind: kind, Name: "reuse", Value: reuse}
	}
	if cost.Fresh == 0 {
		return []ui.Button{start("bulk.start.all", cost.Paid(false), "1", ui.Primary)}
	}
	first := start("bulk.start.reuse", cost.Paid(true), "1", ui.Primary)
	if cost.Paid(true) == 0 {
		first.Label = p.Tf("bulk.start.free", map[string]any{"Count": cost.Fresh})
	}
	if !affordable {
		return []ui.Button{first}
	}
	return []ui.Button{first, start("bulk.start.again", cost.Paid(false), "0", ui.Plain)}
}

// maxCellShown is how many characters of a cell a page shows.
const maxCellShown = 40

// shownCell shortens a cell and makes it safe to show.
func shownCell(text string) string {
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > maxCellShown {
		text = string(runes[:maxCellShown-1]) + "…"
	}
	return textin.Visible(text)
}

func bulkSampleView(p *i18n.Printer, file inquiry.Bulk, lines []inquiry.Line) inquiries.BulkSample {
	l := file.Layout
	view := inquiries.BulkSample{Label: p.T("bulk.columns.sample")}
	roles := map[int]string{l.Numbers: "number", l.Names: "name", l.Banks: "bank", l.Kinds: "kind"}
	for i := range l.Columns {
		column := inquiries.BulkColumn{Name: inquiry.ColumnName(i)}
		if i < len(l.Headings) {
			column.Heading = shownCell(l.Headings[i])
		}
		if role := roles[i]; role != "" {
			column.Role = p.T("bulk.role." + role)
		}
		view.Columns = append(view.Columns, column)
	}
	for _, line := range lines {
		row := inquiries.BulkSampleRow{Number: p.Digits(strconv.Itoa(line.Number))}
		for i := range l.Columns {
			row.Cells = append(row.Cells, bulkCell(p, line, i))
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}

func bulkCell(p *i18n.Printer, line inquiry.Line, column int) inquiries.BulkCell {
	if column >= len(line.Cells) {
		return inquiries.BulkCell{}
	}
	c := line.Cells[column]
	cell := inquiries.BulkCell{Text: shownCell(c.Text)}
	switch {
	case c.Formula:
		cell.Note = p.T("bulk.cell.formula")
	case c.Rounded:
		cell.Note = p.T("bulk.cell.rounded")
	case c.Merged:
		cell.Note = p.T("bulk.cell.merged")
	}
	return cell
}

func bulkColumnsView(p *i18n.Printer, l inquiry.Layout, byField map[string]string) inquiries.BulkColumns {
	choice := func(name, label, value string, options []ui.Option) ui.SelectInput {
		return ui.SelectInput{Field: ui.Field{Name: name, Label: p.T(label), Value: value, Error: byField[name]}, Options: options}
	}
	columns := bulkColumnOptions(l)
	perhaps := append([]ui.Option{{Label: p.T("bulk.columns.none")}}, columns...)
	kind := string(l.Kind)
	switch {
	case kind == "" && l.Kinds != inquiry.NoColumn:
		kind = kindByColumn
	case kind == "":
		kind = kindByNumber
	}
	kinds := []ui.Option{{Value: kindByNumber, Label: p.T("bulk.columns.by_number")}, {Value: kindByColumn, Label: p.T("bulk.columns.by_column")}}
	for _, k := range []inquiry.Kind{inquiry.Card, inquiry.Account, inquiry.IBAN} {
		kinds = append(kinds, ui.Option{Value: string(k), Label: p.Tf("bulk.columns.all_are", map[string]any{"Kind": inquiryKind(p, k)})})
	}
	banks := bankOptions(p)
	banks[0].Label = p.T("bulk.columns.no_bank")
	bank := ""
	if l.BankID != 0 {
		bank = strconv.Itoa(l.BankID)
	}
	return inquiries.BulkColumns{
		Number:     choice("column_number", "bulk.columns.number", columnValue(l.Numbers), columns),
		Kind:       choice("kind", "bulk.columns.kind", kind, kinds),
		KindColumn: choice("column_kind", "bulk.columns.kind_column", columnValue(l.Kinds), perhaps),
		BankColumn: choice("column_bank", "bulk.columns.bank_column", columnValue(l.Banks), perhaps),
		Bank:       choice("bank", "bulk.columns.bank", bank, banks),
		Name:       choice("column_name", "bulk.columns.name", columnValue(l.Names), perhaps),
	}
}

func bulkColumnOptions(l inquiry.Layout) []ui.Option {
	options := make([]ui.Option, l.Columns)
	for i := range options {
		options[i] = ui.Option{Value: strconv.Itoa(i), Label: inquiry.ColumnName(i)}
		if i < len(l.Headings) && l.Headings[i] != "" {
			options[i].Label += " · " + shownCell(l.Headings[i])
		}
	}
	return options
}

// columnValue is a column as the form has it; none is an empty field.
func columnValue(column int) string {
	if column == inquiry.NoColumn {
		return ""
	}
	return strconv.Itoa(column)
}

// inquiryKind names what is asked about.
func inquiryKind(p *i18n.Printer, k inquiry.Kind) string {
	if k == inquiry.Wage {
		return p.T("inquiries.wage.title")
	}
	return p.T("inquiries." + string(k) + ".number")
}

// namedBank is the bank that a number names; the zero value when it names none.
func namedBank(p *i18n.Printer, b iban.Bank, ok bool) inquiries.Bank {
	if !ok {
		return inquiries.Bank{}
	}
	return bankView(p, b)
}

// bulkState is where a file stands, beside what is stored of it.
type bulkState struct {
	progress   inquiry.Progress
	lines      bulkList
	left       int
	connection string
}

func bulkRunView(p *i18n.Printer, file inquiry.Bulk, state bulkState, wrong error) inquiries.BulkRun {
	_, summary := fieldErrors(p, wrong)
	href := bulkHref(file.ID)
	view := inquiries.BulkRun{
		Title: bulkTitle(p, file), Text: bulkRead(p, file, state.connection), Errors: summary,
		Downloads: []ui.Button{
			{Label: p.T("bulk.result.xlsx"), Icon: icon.Spreadsheet, Href: href + "/result.xlsx", Download: true},
			{Label: p.T("bulk.result.csv"), Icon: icon.Download, Href: href + "/result.csv", Download: true},
		},
		Now: bulkNowView(p, file, state),
	}
	if view.Now.CanStop {
		view.Stop = &inquiries.BulkAct{
			Button: ui.Button{Label: p.T("bulk.stop.confirm"), Kind: ui.Danger}, Action: href + "/cancel",
			Text: p.T("bulk.stop.text"),
		}
	}
	return view
}

func bulkNowView(p *i18n.Printer, file inquiry.Bulk, state bulkState) inquiries.BulkNow {
	href := bulkHref(file.ID)
	now := inquiries.BulkNow{
		State: bulkStateView(p, file.State), Progress: bulkProgressView(p, file, state.progress), Notices: bulkNotices(p, file, state.progress),
		Lines: bulkLinesView(p, file, state.lines), Retry: bulkRetryView(p, file, state.left),
	}
	now.Announce = now.State.Text + p.T("word.list_separator") + now.Progress.Text
	if file.State == inquiry.Running || state.progress.Running {
		values := state.lines.show.values()
		values.Set("seen", bulkMark(file, state.progress))
		if state.lines.show.after > 0 {
			values.Set("after", strconv.Itoa(state.lines.show.after))
		}
		now.PollHref = listURL{href + "/status", values}.String()
	}
	for _, s := range inquiry.LineStates() {
		if file.Counts[s] > 0 {
			now.Tiles = append(now.Tiles, bulkTile(p, file, s))
		}
	}
	switch file.State {
	case inquiry.Running:
		now.Acts, now.CanStop = []inquiries.BulkAct{{Button: ui.Button{Label: p.T("bulk.pause")}, Action: href + "/pause"}}, true
	case inquiry.Paused:
		now.Acts, now.CanStop = []inquiries.BulkAct{{Button: ui.Button{Label: p.T("bulk.resume"), Kind: ui.Primary}, Action: href + "/resume"}}, true
	}
	return now
}

// bulkMark changes with everything that the page of a file shows.
func bulkMark(file inquiry.Bulk, progress inquiry.Progress) string {
	mark := fmt.Sprintf("%s.%t.%t", file.State, progress.Running, progress.Slowed)
	for _, state := range inquiry.LineStates() {
		mark += "." + strconv.Itoa(file.Counts[state])
	}
	return mark
}

func bulkProgressView(p *i18n.Printer, file inquiry.Bulk, progress inquiry.Progress) ui.Progress {
	view := ui.Progress{
		Label: p.T("bulk.progress"), Percent: 100, Text: p.Tf("bulk.done_of", map[string]any{"Done": file.Settled(), "Lines": file.Lines}),
	}
	if file.Lines > 0 {
		view.Percent = file.Settled() * 100 / file.Lines
	}
	switch {
	case file.State != inquiry.Running:
	case !progress.Running:
		view.Rest = p.T("bulk.waiting")
	case progress.Remaining >= 0:
		view.Rest = bulkRate(p, progress.PerSecond) + p.T("word.list_separator") + bulkRest(p, progress.Remaining)
	}
	return view
}

// bulkRate says how fast lines are settled: a minute where less than one a second is.
func bulkRate(p *i18n.Printer, perSecond float64) string {
	if perSecond < 1 {
		return p.Tf("bulk.rate_minute", map[string]any{"Count": int64(perSecond*60 + 0.5)})
	}
	return p.Tf("bulk.rate_second", map[string]any{"Count": int64(perSecond + 0.5)})
}

func bulkRest(p *i18n.Printer, rest time.Duration) string {
	switch {
	case rest < time.Minute:
		return p.T("bulk.rest_seconds")
	case rest < time.Hour:
		return p.Tf("bulk.rest_minutes", map[string]any{"Count": int64(rest/time.Minute) + 1})
	}
	return p.Tf("bulk.rest_hours", map[string]any{"Count": int64(rest/time.Hour) + 1})
}

func bulkNotices(p *i18n.Printer, file inquiry.Bulk, progress inquiry.Progress) []ui.Notice {
	var notices []ui.Notice
	if progress.Running && progress.Slowed {
		notices = append(notices, ui.Notice{Tone: ui.Warning, Text: p.T("bulk.slowed")})
	}
	if n := file.Counts[inquiry.LineLost]; n > 0 {
		notices = append(notices, ui.Notice{
			Tone: ui.Warning, Title: p.Tf("bulk.lost.title", map[string]any{"Count": n}), Text: p.T("bulk.lost.text"),
		})
	}
	return notices
}

// bulkRetryView offers to ask failures of a finished file again; nil when there is nothing to ask.
func bulkRetryView(p *i18n.Printer, file inquiry.Bulk, left int) *inquiries.BulkRetry {
	failures, lost := file.Failures(), file.Counts[inquiry.LineLost]
	if file.State != inquiry.Done || failures+lost == 0 {
		return nil
	}
	retry := &inquiries.BulkRetry{
		Action: bulkHref(file.ID) + "/retry", Version: strconv.FormatInt(file.Version, 10), Text: p.Tf("bulk.retry.left", map[string]any{"Count": left}),
		Button: ui.Button{Label: p.Tf("bulk.retry.failures", map[string]any{"Count": failures}), Icon: icon.Refresh},
	}
	if failures == 0 {
		retry.Button.Label = p.T("bulk.retry.lost_only")
	}
	if lost > 0 {
		retry.Lost = &ui.CheckInput{Field: ui.Field{Name: "lost", Label: p.Tf("bulk.retry.lost", map[string]any{"Count": lost})}}
	}
	return retry
}

func bulkLinesView(p *i18n.Printer, file inquiry.Bulk, list bulkList) inquiries.BulkLines {
	view := inquiries.BulkLines{
		Title: p.T("bulk.lines.title"), Label: p.Tf("bulk.lines.count", map[string]any{"Count": len(list.lines)}),
		Read: list.show.state != inquiry.Invalid, Results: file.State != inquiry.Draft,
		Names: file.Layout.Names != inquiry.NoColumn && file.State != inquiry.Draft,
		Empty: ui.NothingMatches(p, bulkHref(file.ID)),
	}
	if list.show.state != "" {
		view.Chips = ui.Chips{ClearHref: bulkHref(file.ID), Live: true, Items: []ui.Chip{{
			Label: namedChip(p.T("bulk.line.state"), p.T("bulk.line_state."+string(list.show.state))), RemoveHref: bulkHref(file.ID),
		}}}
	}
	if file.State == inquiry.Draft {
		view.Chips.Items = nil // a draft shows one state at a time, chosen by its tiles
		view.Title = p.T("bulk.lines.draft")
		if list.show.state != "" {
			view.Title = bulkTileLabel(p, file, list.show.state)
		}
	}
	view.Pager = ui.Pager{Text: view.Label, Live: true, PrevLabel: p.T("bulk.lines.first"), NextLabel: p.T("pager.next")}
	if list.show.after > 0 {
		view.Pager.PrevHref = bulkLinesHref(file.ID, list.show, 0)
	}
	if list.more {
		view.Pager.NextHref = bulkLinesHref(file.ID, list.show, list.lines[len(list.lines)-1].Number)
	}
	for _, line := range list.lines {
		view.Rows = append(view.Rows, bulkLineView(p, file, line))
	}
	return view
}

func bulkLineView(p *i18n.Printer, file inquiry.Bulk, line inquiry.Line) inquiries.BulkLine {
	row := inquiries.BulkLine{Row: p.Digits(strconv.Itoa(line.Number)), State: lineStateView(p, line.State), Note: lineNote(p, line)}
	if line.Problem != nil {
		row.Cell = line.Problem.Cell
	}
	if q := line.Question; q != nil {
		bank, ok := q.Bank()
		row.Number, row.Kind, row.Bank = p.Digits(q.Masked()), inquiryKind(p, q.Kind), namedBank(p, bank, ok)
	} else if n := file.Layout.Numbers; n >= 0 && n < len(line.Cells) {
		row.Number = shownCell(line.Cells[n].Text)
	}
	if answer := answerOf(line); answer != nil {
		row.IBAN = p.Digits(maskedIBAN(*answer))
		row.Name = verdictOfName(p, line.Name, answer.Owners)
	}
	return row
}

func lineStateView(p *i18n.Printer, state inquiry.LineState) ui.Status {
	tones := map[inquiry.LineState]ui.Tone{
		inquiry.LineAnswered: ui.Success, inquiry.Reused: ui.Success, inquiry.LineRefused: ui.Warning, inquiry.LineFailed: ui.Failure,
		inquiry.LineLost: ui.Warning, inquiry.LineAsking: ui.Info, inquiry.Invalid: ui.Failure,
	}
	return ui.Status{Tone: tones[state], Text: p.T("bulk.line_state." + string(state))}
}

// settledRecord is the question of a line that has an outcome; a line that is asked once more has its last one still.
func settledRecord(line inquiry.Line) *inquiry.Record {
	if line.State == inquiry.Ready || line.State == inquiry.LineAsking {
		return nil
	}
	return line.Record
}

// answerOf is the answer that a line has; nil for none.
func answerOf(line inquiry.Line) *inquiry.Answer {
	record := settledRecord(line)
	if record == nil || record.Reply == nil {
		return nil
	}
	return record.Reply.Answer
}

// maskedIBAN is the number of an answer as lists show it. One whose check digits do not hold shows its end alone.
func maskedIBAN(a inquiry.Answer) string {
	if number, ok := a.Verified(); ok {
		return number.Masked()
	}
	if len(a.IBAN) < 8 {
		return ""
	}
	return "••••" + a.IBAN[len(a.IBAN)-4:]
}

// verdictOfName compares the name of a line with those of the answer; nil when there is nothing to compare.
func verdictOfName(p *i18n.Printer, typed string, owners []inquiry.Owner) *ui.Status {
	verdict := inquiry.CompareName(typed, owners).Verdict
	tone, known := comparisonTones[verdict]
	if !known {
		return nil
	}
	return &ui.Status{Tone: tone, Text: p.T("inquiries.compared_" + string(verdict))}
}

// lineNote says why a line has no answer, or whose it has.
func lineNote(p *i18n.Printer, line inquiry.Line) string {
	var parts []string
	if line.Problem != nil {
		parts = append(parts, say(p, line.Problem.Msg, wholeArgs(line.Problem.Args)))
	}
	if line.SameAs != 0 {
		parts = append(parts, p.Tf("bulk.line.same_as", map[string]any{"Row": line.SameAs}))
	}
	if record := settledRecord(line); record != nil {
		parts = append(parts, refusalText(p, *record))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// refusalText is why a question has no answer, empty for an answer.
func refusalText(p *i18n.Printer, r inquiry.Record) string {
	e, ok := asError(r.Err())
	if !ok {
		return ""
	}
	e.Args = wholeArgs(e.Args)
	if text := message(p, e); text != "" {
		return textin.Visible(text)
	}
	return p.T(kindKeys[e.Kind])
}

// wholeArgs gives whole numbers back their type, which they lose on their way through the store, so that they are written in
// the reader's digits.
func wholeArgs(args map[string]any) map[string]any {
	whole := make(map[string]any, len(args))
	for name, value := range args {
		if n, ok := value.(float64); ok && n == float64(int64(n)) {
			value = int64(n)
		}
		whole[name] = value
	}
	return whole
}
