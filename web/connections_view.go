package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"payportal/internal/connection"
	"payportal/internal/i18n"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/templates/admin"
	"payportal/templates/ui"
)

// connectionHref is the page of a connection.
func connectionHref(name string) string { return "/admin/connections/" + url.PathEscape(name) }

// connectionHidden is what every form about a connection carries along.
func connectionHidden(c connection.Connection) []ui.Hidden {
	return []ui.Hidden{{Name: "version", Value: strconv.FormatInt(c.Version, 10)}}
}

func connectionsView(p *i18n.Printer, now time.Time, all []connection.Connection, health []connection.Health) admin.Connections {
	view := admin.Connections{Label: p.Tf("admin.connections.count", map[string]any{"Count": len(all)})}
	for i, c := range all {
		view.Rows = append(view.Rows, admin.ConnectionRow{
			Href: connectionHref(c.Name), Name: c.Name, Provider: p.T(c.Provider.NameKey()), Environment: environmentView(p, c.Environment),
			Health: healthView(p, now, c, health[i]),
		})
	}
	return view
}

func environmentView(p *i18n.Printer, e connection.Environment) ui.Status {
	if e == connection.Production {
		return ui.Status{Tone: ui.Info, Text: p.T(e.NameKey())}
	}
	return ui.Status{Tone: ui.Warning, Text: p.T(e.NameKey())}
}

// noValue stands where nothing is known: never a zero.
const noValue = "–"

func healthView(p *i18n.Printer, now time.Time, c connection.Connection, h connection.Health) admin.Health {
	view := admin.Health{
		State: healthState(p, c, h), LastGood: momentView(p, h.LastGood), LastBad: momentView(p, h.LastBad),
		ErrorRate: noValue, Latency: noValue, Clock: noValue,
	}
	if !h.LastGood.IsZero() {
		view.LastGoodAge = p.Age(h.LastGood, now)
	}
	if !h.LastBad.IsZero() {
		view.LastBadAge = p.Age(h.LastBad, now)
	}
	if h.Calls > 0 {
		view.ErrorRate = p.Tf("admin.health.error_rate", map[string]any{"Errors": h.Errors, "Calls": h.Calls, "Rate": p.Percent(int64(h.Errors), int64(h.Calls))})
	}
	if h.P50 > 0 {
		view.Latency = p.Tf("admin.health.latencies", map[string]any{"Median": durationText(p, h.P50), "Slow": durationText(p, h.P95)})
	}
	if !h.ClockAt.IsZero() {
		view.Clock = clockText(p, h.Clock)
	}
	return view
}

// healthState puts a connection's health into a word.
func healthState(p *i18n.Printer, c connection.Connection, h connection.Health) ui.Status {
	switch {
	case c.Disabled:
		return ui.Status{Text: p.T("word.disabled")}
	case h.LastGood.IsZero() && h.LastBad.IsZero():
		return ui.Status{Text: p.T("admin.health.untried")}
	case h.LastBad.After(h.LastGood):
		return ui.Status{Tone: ui.Failure, Text: p.T("admin.health.failing")}
	case h.Errors*10 > h.Calls:
		return ui.Status{Tone: ui.Warning, Text: p.T("admin.health.unsteady")}
	}
	return ui.Status{Tone: ui.Success, Text: p.T("admin.health.working")}
}

// durationText writes how long something took.
func durationText(p *i18n.Printer, d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return p.Tf("admin.unit.under_ms", map[string]any{"Count": 1})
	case d < 10*time.Second:
		return p.Tf("admin.unit.ms", map[string]any{"Count": d.Milliseconds()})
	}
	return p.Tf("admin.unit.s", map[string]any{"Count": int64(d / time.Second)})
}

// clockText writes how far a provider's clock is from ours. Under two seconds means nothing: its Date header has whole ones.
func clockText(p *i18n.Printer, difference time.Duration) string {
	seconds := int64(difference.Round(time.Second) / time.Second)
	switch {
	case difference.Abs() < 2*time.Second:
		return p.T("admin.health.clock_equal")
	case seconds > 0:
		return p.Tf("admin.health.clock_ahead", map[string]any{"Count": seconds})
	}
	return p.Tf("admin.health.clock_behind", map[string]any{"Count": -seconds})
}

// connectionRights is what the asker may do with a connection.
type connectionRights struct{ manage, jobs, audit bool }

func connectionView(p *i18n.Printer, now time.Time, c connection.Connection, typed connection.Settings, h connection.Health, may connectionRights, wrong error) admin.Connection {
	byField, summary := fieldErrors(p, wrong)
	href := connectionHref(c.Name)
	view := admin.Connection{
		Title: c.Name, Errors: summary, Environment: environmentView(p, c.Environment), Provider: p.T(c.Provider.NameKey()),
		Created: momentView(p, c.CreatedAt), Rotated: momentView(p, c.RotatedAt), Health: healthView(p, now, c, h),
		Version: strconv.FormatInt(c.Version, 10),
	}
	for _, key := range connection.BaseURLKeys(c.Provider) {
		if c.Has(key) {
			view.BaseURLs = append(view.BaseURLs, admin.BaseURL{Key: p.T("admin.base_url." + key), URL: ui.Ident{Text: c.BaseURLs[key], What: p.T("admin.base_url." + key)}})
		}
	}
	if may.audit {
		view.AuditHref = auditSearchHref("object", "connection:"+c.Name)
	}
	view.Settings.Facts = settingFacts(p, c)
	if may.manage {
		view.RotateHref, view.RemoveHref = href+"/rotate", href+"/remove"
		view.Settings.Action, view.Settings.Inputs = href, settingInputs(p, c.Provider, typed, byField)
		if c.Disabled {
			view.EnableAction = href + "/enable"
		} else {
			view.TestAction, view.DisableHref = href+"/test", href+"/disable"
		}
	}
	return view
}

func settingFacts(p *i18n.Printer, c connection.Connection) []admin.Fact {
	inputs := settingInputs(p, c.Provider, c.Settings, nil)
	var facts []admin.Fact
	if inputs.ClientAuth != nil {
		facts = append(facts, admin.Fact{Label: inputs.ClientAuth.Label, Text: labelOf(inputs.ClientAuth.Options, inputs.ClientAuth.Value)})
	}
	for _, f := range []*ui.Field{inputs.Scopes, inputs.DownloadHosts, inputs.Device, &inputs.Concurrency} {
		if f != nil && f.Value != "" {
			facts = append(facts, admin.Fact{Label: f.Label, Text: strings.ReplaceAll(f.Value, "\n", ", ")})
		}
	}
	return facts
}

// settingInputs are the inputs of the settings that a provider has.
func settingInputs(p *i18n.Printer, provider connection.Provider, s connection.Settings, wrong map[string]string) admin.SettingInputs {
	in := admin.SettingInputs{Concurrency: ui.Field{Name: "concurrency", Label: p.T("admin.setting.concurrency"), Hint: p.T("admin.setting.concurrency_hint"), Error: wrong["concurrency"]}}
	if s.Concurrency > 0 {
		in.Concurrency.Value = strconv.Itoa(s.Concurrency)
	}
	switch provider {
	case connection.Toman:
		value := s.ClientAuth
		if value == "" {
			value = connection.Basic
		}
		in.ClientAuth = &ui.SelectInput{
			Field:   ui.Field{Name: "client_auth", Label: p.T("admin.setting.client_auth"), Value: string(value), Error: wrong["client_auth"]},
			Options: []ui.Option{{Value: string(connection.Basic), Label: p.T("admin.setting.basic")}, {Value: string(connection.Body), Label: p.T("admin.setting.body")}},
		}
		in.Scopes = &ui.Field{
			Name: "scopes", Label: p.T("admin.setting.scopes"), Hint: p.T("admin.setting.scopes_hint"), Value: strings.Join(s.Scopes, "\n"),
			Error: wrong["scopes"], LTR: true, Optional: p.T("ui.optional"),
		}
		in.DownloadHosts = &ui.Field{
			Name: "download_hosts", Label: p.T("admin.setting.download_hosts"), Hint: p.T("admin.setting.download_hosts_hint"),
			Value: strings.Join(s.DownloadHosts, "\n"), Error: wrong["download_hosts"], LTR: true, Optional: p.T("ui.optional"),
		}
	case connection.Paymenticon:
		in.Device = &ui.Field{Name: "device", Label: p.T("admin.setting.device"), Value: s.Device, Error: wrong["device"], LTR: true, Optional: p.T("ui.optional")}
	}
	return in
}

func newConnectionView(p *i18n.Printer, typed connectionInput, wrong error) admin.NewConnection {
	byField, summary := fieldErrors(p, wrong)
	view := admin.NewConnection{Errors: summary}
	for _, provider := range connection.Providers() {
		view.Tabs = append(view.Tabs, ui.Tab{
			Label: p.T(provider.NameKey()), Href: "/admin/connections/new?provider=" + string(provider),
			Current: !typed.AsJSON && provider == typed.Provider,
		})
	}
	view.Tabs = append(view.Tabs, ui.Tab{Label: p.T("admin.connection.paste"), Href: "/admin/connections/new?as=json", Current: typed.AsJSON})
	if typed.AsJSON {
		view.JSON = &ui.Field{
			Name: "json", Label: p.T("admin.connection.json"), Hint: p.T("admin.connection.json_hint"), Error: byField["json"],
			LTR: true, Required: true, Autocomplete: "off", Placeholder: sampleConnection,
		}
		view.Errors = atOneField(summary, "json")
		if wrong != nil && view.JSON.Error == "" {
			view.JSON.Error = p.T("connection.error_invalid")
		}
		return view
	}
	view.Provider = string(typed.Provider)
	view.Name = ui.Field{
		Name: "name", Label: p.T("admin.connection.name"), Hint: p.T("admin.connection.name_hint"), Value: typed.Name, Error: byField["name"],
		Required: true, LTR: true, Autocomplete: "off", MaxLength: 40,
	}
	view.Environment = ui.SelectInput{Field: ui.Field{
		Name: "environment", Label: p.T("admin.connection.environment"), Hint: p.T("admin.connection.environment_hint"),
		Value: string(typed.Environment), Error: byField["environment"], Required: true,
	}, Options: environmentOptions(p)}
	view.BaseURLs = baseURLInputs(p, typed, byField)
	view.Credentials = credentialInputs(p, typed.Provider, typed.Identities, byField)
	view.Settings = settingInputs(p, typed.Provider, typed.Settings, byField)
	view.SettingsOpen = slices.ContainsFunc([]string{"client_auth", "scopes", "download_hosts", "concurrency", "device"}, func(name string) bool { return byField[name] != "" })
	return view
}

// sampleConnection shows the form of a pasted document.
const sampleConnection = `{"name":"toman-staging","provider":"toman","environment":"staging","base_urls":{"auth":"https://…"},"credentials":{"username":"…"}}`

// atOneField leads every problem of a document to its one input, with the path in front.
func atOneField(summary []ui.FormError, name string) []ui.FormError {
	for i, e := range summary {
		if e.Field != name && e.Field != "" {
			summary[i] = ui.FormError{Field: name, Message: textin.Visible(e.Field) + ": " + e.Message}
		}
	}
	return summary
}

func environmentOptions(p *i18n.Printer) []ui.Option {
	var options []ui.Option
	for _, e := range connection.Environments() {
		options = append(options, ui.Option{Value: string(e), Label: p.T(e.NameKey())})
	}
	return options
}

func baseURLInputs(p *i18n.Printer, typed connectionInput, wrong map[string]string) []ui.Field {
	var fields []ui.Field
	for _, key := range connection.BaseURLKeys(typed.Provider) {
		name := "base_urls." + key
		f := ui.Field{
			Name: name, Label: p.T("admin.base_url." + key), Value: typed.BaseURLs[key], Error: wrong[name], LTR: true, InputMode: "url",
			Autocomplete: "off", Placeholder: "https://",
		}
		if key == connection.Auth || key == connection.API {
			f.Required = true
		} else {
			f.Optional = p.T("ui.optional")
		}
		fields = append(fields, f)
	}
	return fields
}

func credentialInputs(p *i18n.Printer, provider connection.Provider, identities, wrong map[string]string) []admin.Credential {
	var list []admin.Credential
	for _, key := range connection.CredentialKeys(provider) {
		name := "credentials." + key
		list = append(list, admin.Credential{Secret: !identifies[key], Field: ui.Field{
			Name: name, Label: p.T("admin.credential." + key),
			Value: identities[key], Error: wrong[name], Required: true, LTR: true, Autocomplete: pick(identifies[key], "off", "new-password"),
		}})
	}
	return list
}

func rotationView(p *i18n.Printer, c connection.Connection, in *input, tried []connection.Step, wrong error) admin.Rotation {
	byField, summary := fieldErrors(p, wrong)
	identities := map[string]string{}
	for key := range identifies {
		identities[key] = in.raw("credentials." + key)
	}
	return admin.Rotation{
		Title: p.Tf("admin.connection.rotate_of", map[string]any{"Name": c.Name}), Action: connectionHref(c.Name) + "/rotate", BackHref: connectionHref(c.Name),
		Version: strconv.FormatInt(c.Version, 10), Errors: summary, Credentials: credentialInputs(p, c.Provider, identities, byField),
		Untested: ui.CheckInput{
			Field:   ui.Field{Name: "untested", Label: p.T("admin.connection.untested"), Hint: p.T("admin.connection.untested_hint")},
			Checked: in.has("untested"),
		},
		Steps: stepsView(p, tried),
	}
}

func testView(p *i18n.Printer, c connection.Connection, steps []connection.Step, failed error) admin.ConnectionTest {
	view := admin.ConnectionTest{
		Title:  p.Tf("admin.test.of", map[string]any{"Name": c.Name}),
		Action: connectionHref(c.Name) + "/test", BackHref: connectionHref(c.Name), Steps: stepsView(p, steps),
	}
	switch {
	case failed != nil:
		view.Verdict = ui.Notice{Tone: ui.Failure, Title: p.T("admin.test.not_run"), Text: firstMessage(p, failed)}
	case connection.AllPassed(steps):
		view.Verdict = ui.Notice{Tone: ui.Success, Text: p.T("admin.test.passed")}
	default:
		view.Verdict = ui.Notice{Tone: ui.Failure, Text: p.Tf("admin.test.failed", map[string]any{"Count": failedSteps(steps)})}
	}
	return view
}

func failedSteps(steps []connection.Step) int {
	count := 0
	for _, s := range steps {
		if s.Outcome == connection.Failed {
			count++
		}
	}
	return count
}

func stepsView(p *i18n.Printer, steps []connection.Step) []admin.Step {
	var list []admin.Step
	for _, s := range steps {
		view := admin.Step{Name: p.T(s.NameKey()), API: s.API, Subject: s.Subject, Outcome: ui.Status{Text: p.T(s.OutcomeKey())}, Took: noValue}
		switch s.Outcome {
		case connection.Passed:
			view.Outcome.Tone = ui.Success
		case connection.Failed:
			view.Outcome.Tone, view.Advice = ui.Failure, say(p, s.Advice, s.Args)
		}
		if s.Outcome != connection.NotReached {
			view.Took = durationText(p, s.Took)
		}
		list = append(list, view)
	}
	return list
}

func callsView(p *i18n.Printer, calls []connection.Call) []admin.Call {
	var list []admin.Call
	for _, c := range calls {
		view := admin.Call{
			At: momentView(p, c.At), API: c.API, Call: c.Method + " " + c.Pattern, Took: durationText(p, c.Duration), Answer: p.Int(c.Size),
			Outcome: ui.Status{Tone: ui.Success, Text: p.Digits(strconv.Itoa(c.Status))},
		}
		switch {
		case c.Failure != "" && c.Status == 0:
			view.Outcome = ui.Status{Tone: ui.Failure, Text: c.Failure}
		case c.Failure != "":
			view.Outcome = ui.Status{Tone: ui.Failure, Text: view.Outcome.Text + " " + c.Failure}
		case !c.OK():
			view.Outcome.Tone = ui.Failure
		case c.Status >= 400:
			view.Outcome.Tone = ui.Warning
		}
		list = append(list, view)
	}
	return list
}

// connectionPaymentsView shows every list of a connection, those included that nothing was read of yet.
func connectionPaymentsView(p *i18n.Printer, now time.Time, c connection.Connection, lists []mirror.Progress, may bool) *admin.ConnectionPayments {
	view := &admin.ConnectionPayments{}
	for _, t := range psp.TerminalTypes {
		list := mirror.Progress{State: mirror.State{Key: mirror.Key{ConnectionID: c.ID, Type: t}, Total: -1}, Remaining: -1}
		for _, l := range lists {
			if l.Key == list.Key {
				list = l
			}
		}
		view.Lists = append(view.Lists, copyingView(p, now, c.Name, p.T("psp.terminal.type."+t.String()), list, may, ""))
	}
	if may && !c.Disabled {
		view.RefreshAction = connectionHref(c.Name) + "/payments"
	}
	return view
}

// copyingView shows how far the copy of one list is. back is the page to come back to, empty for the connection's own.
func copyingView(p *i18n.Printer, now time.Time, connectionName, name string, l mirror.Progress, may bool, back string) admin.Copying {
	view := admin.Copying{Name: name, State: copyingState(p, l), Complete: momentView(p, l.LastComplete)}
	if !l.LastComplete.IsZero() {
		view.Age = p.Age(l.LastComplete, now)
	}
	if l.Running {
		view.Progress = walkView(p, l)
	}
	if l.Failures > 0 && !l.Paused {
		view.Problem = problemText(p, l, connectionName)
		view.Next = momentView(p, l.NextAttempt)
	}
	if l.Read > 0 {
		view.Rows = p.Int(l.Read)
	}
	if may {
		act := "pause"
		if l.Paused {
			act = "resume"
		}
		view.Action, view.ActLabel = connectionHref(connectionName)+"/payments", p.T("admin.copying."+act)
		view.Hidden = []ui.Hidden{{Name: "type", Value: l.Type.String()}, {Name: "act", Value: act}}
		if back != "" {
			view.Hidden = append(view.Hidden, ui.Hidden{Name: "return", Value: back})
		}
	}
	return view
}

// problemText says why the last attempt failed: the message that was kept, or a general one where that needs more than its
// connection's name.
func problemText(p *i18n.Printer, l mirror.Progress, connectionName string) string {
	text := p.Tf(l.ProblemMsg, map[string]any{"Connection": connectionName})
	if l.ProblemMsg == "" || strings.Contains(text, "⟦") {
		return staleReason(p, l)
	}
	return text
}

func copyingState(p *i18n.Printer, l mirror.Progress) ui.Status {
	switch {
	case l.Paused:
		return ui.Status{Tone: ui.Warning, Text: p.T("admin.copying.paused")}
	case l.Running:
		return ui.Status{Tone: ui.Info, Text: p.T("admin.copying.running")}
	case l.Failures > 0:
		return ui.Status{Tone: ui.Failure, Text: p.T("admin.copying.failed")}
	case l.LastComplete.IsZero():
		return ui.Status{Text: p.T("admin.copying.begun_not")}
	}
	return ui.Status{Tone: ui.Success, Text: p.T("admin.copying.up_to_date")}
}

// walkView is the progress of the reading that is under way.
func walkView(p *i18n.Printer, l mirror.Progress) *ui.Progress {
	if l.Walk == mirror.Fill {
		return fillView(p, l)
	}
	return &ui.Progress{
		Label: p.T("admin.copying.walk"), Percent: -1, Text: p.Tf("payments.filling.read", map[string]any{"Count": l.Read}),
		Rest: p.Tf("admin.copying.rate", map[string]any{"Count": int64(l.RowsPerSecond)}),
	}
}
