package web

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"payportal/internal/access"
	"payportal/internal/audit"
	"payportal/internal/i18n"
	"payportal/internal/textin"
	"payportal/templates/admin"
	"payportal/templates/ui"
)

// trailActs are the acts of the portal beside those of internal/access, as the trail names them. Each has its name in the
// catalogues: admin.act.<act, with _ for the dots>.
var trailActs = []string{
	"terminal.create", "terminal.create.intend", "terminal.create.propose_not_done", "terminal.create.confirm_not_done", "terminal.import", "terminal.annotate",
	"payment.export", "report.download",
	"inquiry.card", "inquiry.account", "inquiry.iban", "inquiry.wage", "inquiry.reuse", "inquiry.reveal", "inquiry.settings",
	"inquiry.bulk_read", "inquiry.bulk_columns", "inquiry.bulk_start", "inquiry.bulk_retry", "inquiry.bulk_pause", "inquiry.bulk_resume",
	"inquiry.bulk_cancel", "inquiry.bulk_done", "inquiry.bulk_download",
	"connection.add", "connection.change", "connection.rotate", "connection.test", "connection.disable", "connection.enable", "connection.remove",
	"mirror.pause", "mirror.resume", "mirror.refresh", "job.cancel", "job.retry", "secrets.reseal", "database.restored",
}

// actGroups are what can be asked for together, in the order of the choice. Each has its name in the catalogues.
var actGroups = []string{"session.", "account.", "user.", "role.", "connection.", "terminal.", "payment.", "report.", "inquiry.", "mirror.", "job."}

// actName names an act; one that this program does not know keeps its technical name.
func actName(p *i18n.Printer, act string) string {
	switch {
	case slices.Contains(trailActs, act):
		return p.T("admin.act." + strings.ReplaceAll(act, ".", "_"))
	case slices.Contains(access.Acts(), act):
		return p.T(access.ActLabel(act))
	}
	return textin.Visible(act)
}

func actOptions(p *i18n.Printer) []ui.Option {
	options := []ui.Option{{Label: p.T("filter.any")}}
	for _, group := range actGroups {
		options = append(options, ui.Option{Value: group, Label: p.T("admin.act_group." + strings.TrimSuffix(group, "."))})
		for _, act := range slices.Concat(access.Acts(), trailActs) {
			if strings.HasPrefix(act, group) {
				options = append(options, ui.Option{Value: act, Label: "– " + actName(p, act)})
			}
		}
	}
	return options
}

// auditList is a page of the trail.
type auditList struct {
	entries []audit.Entry
	more    bool
	// continued says that newer entries stand before it.
	continued bool
	// can says what the asker may open.
	can func(access.Permission) bool
}

func auditView(p *i18n.Printer, now time.Time, at listURL, users []access.User, list auditList, wrong error) admin.Audit {
	byField, summary := fieldErrors(p, wrong)
	anyone := ui.Option{Label: p.T("filter.any")}
	userOptions, outcomes := []ui.Option{anyone}, []ui.Option{anyone}
	for _, u := range users {
		userOptions = append(userOptions, ui.Option{Value: strconv.FormatInt(u.ID, 10), Label: textin.Visible(u.DisplayName) + " (" + u.Username + ")"})
	}
	for _, outcome := range []string{audit.OK, audit.Refused, audit.Failed, audit.Unknown} {
		outcomes = append(outcomes, ui.Option{Value: outcome, Label: p.T("admin.outcome." + outcome)})
	}
	field := func(name, label string) ui.Field {
		return ui.Field{Name: name, Label: p.T(label), Value: at.values.Get(name), Error: byField[name]}
	}
	choice := func(name, label string, options []ui.Option) ui.SelectInput {
		return ui.SelectInput{Field: field(name, label), Options: withChosen(options, at.values.Get(name))}
	}
	view := admin.Audit{
		VerifyHref: "/admin/audit/verify",
		User:       choice("user", "admin.audit.who", userOptions), Act: choice("act", "admin.audit.act", actOptions(p)),
		Outcome: choice("outcome", "admin.audit.outcome", outcomes), Object: field("object", "admin.audit.object"),
		Origin: field("address", "admin.audit.address"), From: field("from", "filter.from"), To: field("to", "filter.to"),
	}
	view.Object.LTR, view.Object.Placeholder = true, "user:12"
	view.Origin.LTR = true
	view.From.Placeholder, view.To.Placeholder = p.Date(now), p.Date(now)
	view.List = auditListView(p, at, list)
	view.List.Errors = summary
	view.List.Chips = filterChips(at, chipOf{"user", view.User.Label, view.User.Options}, chipOf{"act", view.Act.Label, trimDashes(view.Act.Options)},
		chipOf{"outcome", view.Outcome.Label, outcomes}, chipOf{"object", view.Object.Label, nil}, chipOf{"address", view.Origin.Label, nil},
		chipOf{"from", view.From.Label, nil}, chipOf{"to", view.To.Label, nil})
	return view
}

// trimDashes takes off what indents an act below its group.
func trimDashes(options []ui.Option) []ui.Option {
	trimmed := slices.Clone(options)
	for i := range trimmed {
		trimmed[i].Label = strings.TrimPrefix(trimmed[i].Label, "– ")
	}
	return trimmed
}

func auditListView(p *i18n.Printer, at listURL, list auditList) admin.AuditList {
	view := admin.AuditList{Label: p.Tf("admin.audit.entries", map[string]any{"Count": len(list.entries)}), Empty: ui.NothingMatches(p, at.path)}
	if len(at.values) == 0 {
		view.Empty = ui.NothingYet(p.T("admin.audit.none"), p.T("admin.audit.none_text"), ui.Button{})
	}
	view.Pager = ui.Pager{Text: view.Label, Live: true, PrevLabel: p.T("admin.first_page"), NextLabel: p.T("ui.pager.older")}
	if list.continued {
		view.Pager.PrevHref = at.String()
	}
	if list.more {
		view.Pager.NextHref = at.with("after", strconv.FormatInt(list.entries[len(list.entries)-1].Seq, 10)).String()
	}
	for _, e := range list.entries {
		view.Rows = append(view.Rows, admin.AuditRow{
			Href: withList(auditHref(e.Seq), at.values.Encode()), Number: p.Int(e.Seq), At: momentView(p, e.At), Who: textin.Visible(e.Name),
			Act: actName(p, e.Act), Object: admin.Object{Text: textin.Visible(e.Object), Href: objectHref(e.Object, list.can)}, Outcome: outcomeView(p, e.Outcome), Address: addressText(e),
		})
	}
	return view
}

// auditHref is the page of an entry.
func auditHref(seq int64) string { return "/admin/audit/" + strconv.FormatInt(seq, 10) }

func addressText(e audit.Entry) string {
	if !e.Address.IsValid() {
		return noValue
	}
	return e.Address.String()
}

func outcomeView(p *i18n.Printer, outcome string) ui.Status {
	tones := map[string]ui.Tone{audit.OK: ui.Success, audit.Refused: ui.Warning, audit.Failed: ui.Failure, audit.Unknown: ui.Warning}
	tone, known := tones[outcome]
	if !known {
		return ui.Status{Text: textin.Visible(outcome)}
	}
	return ui.Status{Tone: tone, Text: p.T("admin.outcome." + outcome)}
}

func auditEntryView(p *i18n.Printer, e audit.Entry, can func(access.Permission) bool) admin.AuditEntry {
	view := admin.AuditEntry{
		Title: p.Tf("admin.audit.entry", map[string]any{"Number": e.Seq}), Outcome: outcomeView(p, e.Outcome), Who: admin.Object{Text: textin.Visible(e.Name)},
		Act: actName(p, e.Act), ActName: textin.Visible(e.Act), Object: admin.Object{Text: textin.Visible(e.Object), Href: objectHref(e.Object, can)},
		At: momentView(p, e.At), Session: textin.Visible(e.SessionID), Request: textin.Visible(e.RequestID), Changes: changesOf(p, e.Before, e.After),
	}
	if e.Address.IsValid() {
		view.Address = e.Address.String()
	}
	if e.UserID != 0 && can(access.UserRead) {
		view.Who.Href = userHref(e.UserID)
	}
	return view
}

// changesOf lays what was before beside what is after, fact by fact. What is no set of facts is one line without a name.
func changesOf(p *i18n.Printer, before, after any) []admin.Change {
	old, now := facts(before), facts(after)
	names := map[string]bool{}
	for name := range old {
		names[name] = true
	}
	for name := range now {
		names[name] = true
	}
	var changes []admin.Change
	for _, name := range slices.Sorted(maps.Keys(names)) {
		changes = append(changes, admin.Change{Name: textin.Visible(name), Before: factText(p, old[name]), After: factText(p, now[name])})
	}
	return changes
}

// facts reads the JSON that the store gives back.
func facts(v any) map[string]json.RawMessage {
	raw, ok := v.(json.RawMessage)
	if !ok || len(raw) == 0 {
		return nil
	}
	var set map[string]json.RawMessage
	if json.Unmarshal(raw, &set) != nil {
		return map[string]json.RawMessage{"": raw}
	}
	return set
}

// factText writes a value for reading: a text without its quotation marks, a list of texts with commas, the rest as JSON.
func factText(p *i18n.Printer, raw json.RawMessage) string {
	switch string(raw) {
	case "", "null":
		return noValue
	case "true":
		return p.T("word.yes")
	case "false":
		return p.T("word.no")
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if text == "" {
			return noValue
		}
		return textin.Visible(text)
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		if len(list) == 0 {
			return noValue
		}
		return textin.Visible(strings.Join(list, ", "))
	}
	return textin.Visible(string(raw))
}

func verdictView(p *i18n.Printer, v audit.Verification) admin.Verdict {
	hash := hex.EncodeToString(v.Hash)
	view := admin.Verdict{
		Notice: ui.Notice{Tone: ui.Success, Title: p.T("admin.audit.holds"), Text: p.T("admin.audit.holds_text")},
		Count:  p.Int(v.Count), Head: ui.Ident{Text: hash, What: p.T("admin.audit.head")},
	}
	if !v.OK() {
		view.Notice = ui.Notice{Tone: ui.Failure, Title: p.T("admin.audit.broken"), Text: p.T("admin.audit.broken_text")}
		view.FirstBad, view.FirstBadHref, view.Detail = p.Int(v.BadSeq), auditHref(v.BadSeq), v.Problem
		view.Head = ui.Ident{}
	}
	return view
}

// auditSearchHref is the trail narrowed to one value of a filter.
func auditSearchHref(name, value string) string {
	return "/admin/audit?" + url.Values{name: {value}}.Encode()
}
