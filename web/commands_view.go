package web

import (
	"strconv"
	"time"

	"payportal/internal/command"
	"payportal/internal/i18n"
	"payportal/internal/psp"
	"payportal/internal/textin"
	"payportal/templates/commands"
	"payportal/templates/icon"
	"payportal/templates/ui"
)

// commandTones are the tones of the states of a command.
var commandTones = map[command.State]ui.Tone{
	command.Intended: ui.Info, command.Sending: ui.Info, command.Succeeded: ui.Success, command.Failed: ui.Failure, command.Unknown: ui.Warning,
}

func commandState(p *i18n.Printer, s command.State) ui.Status {
	return ui.Status{Tone: commandTones[s], Text: p.T("command.state." + string(s))}
}

func openCommandsView(p *i18n.Printer, open []command.Command) commands.List {
	view := commands.List{Label: p.Tf("commands.count", map[string]any{"Count": len(open)}), BackHref: "/terminals"}
	for _, c := range open {
		row := commands.Row{
			Href: commandHref(c.ID), Number: commandTitle(p, c), By: c.ActorName, State: commandState(p, c.State), At: momentView(p, c.IntendedAt),
		}
		if wanted, err := psp.RequestedTerminal(c); err == nil {
			row.Subject = namedChip(p.T("psp.terminal.type."+wanted.Type.String()), p.Digits(wanted.Number))
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}

// commandTitle names a command by its number, as messages do.
func commandTitle(p *i18n.Printer, c command.Command) string {
	return p.Tf("commands.heading", map[string]any{"Command": p.Digits(strconv.FormatInt(c.ID, 10))})
}

// commandRights is who looks at a command, and what they may do.
type commandRights struct {
	user              int64
	create, importing bool
}

func commandView(p *i18n.Printer, now time.Time, c creation, may commandRights) commands.Command {
	view := commands.Command{
		Title: commandTitle(p, c.Command), State: commandState(p, c.State), Meaning: commandMeaning(p, c.Command),
		Asked: askedView(p, c), Steps: commandSteps(p, c.Command),
	}
	switch c.State {
	case command.Unknown:
		view.Found, view.Absent = foundWay(p, c, may), absentWay(p, now, c.Command, may)
	case command.Succeeded:
		if uuid := psp.CreatedTerminal(c.Command); uuid != "" {
			view.Actions = []ui.Button{{Label: p.Tf("commands.result", map[string]any{"Number": p.Digits(c.wanted.Number)}), Kind: ui.Primary, Href: "/terminals/" + uuid}}
		}
	case command.Failed:
		if may.create {
			view.Actions = []ui.Button{{Label: p.T("commands.again"), Icon: icon.Plus, Href: againHref(c)}}
		}
	default:
		view.Actions = []ui.Button{{Label: p.T("commands.check_again"), Icon: icon.Refresh, Href: commandHref(c.ID)}}
	}
	return view
}

// againHref is a new form with what was asked for before.
func againHref(c creation) string {
	return listURL{"/terminals/new", nil}.with("connection", c.connection).with("type", c.wanted.Type.String()).with("account", c.wanted.AccountUUID).
		with("number", c.wanted.Number).with("start", c.wanted.StartFetchTime.UTC().Format(time.RFC3339)).String()
}

// commandMeaning says what the state means for who asked: for a failure, the provider's or our own reason.
func commandMeaning(p *i18n.Printer, c command.Command) ui.Notice {
	notice := ui.Notice{Tone: commandTones[c.State], Title: p.T("command.state." + string(c.State))}
	if c.Resolution != "" {
		notice.Text = p.T("command.resolution." + string(c.Resolution))
	}
	err := c.Err()
	if err == nil {
		return notice
	}
	notice.Text = firstMessage(p, err)
	if e, ok := asError(err); ok && e.Code != "" {
		notice.Text = namedChip(notice.Text, e.Code)
	}
	return notice
}

func askedView(p *i18n.Printer, c creation) []commands.Fact {
	t := c.wanted
	return []commands.Fact{
		{Label: p.T("psp.terminal.type"), Value: p.T("psp.terminal.type." + t.Type.String())},
		{Label: p.T("psp.terminal.number"), Value: p.Digits(t.Number)},
		{Label: p.T("psp.terminal.account"), Value: textin.Visible(c.account)},
		{Label: p.T("psp.terminal.acceptor_code"), Value: p.Digits(strconv.FormatInt(t.AcceptorCode, 10))},
		{Label: p.T("terminals.state"), Value: enabledView(p, t.Enabled).Text},
		{Label: p.T("psp.terminal.description"), Value: t.Description},
		{Label: p.T("psp.terminal.start_fetch_time"), At: momentView(p, t.StartFetchTime)},
	}
}

// commandSteps tell what happened, in the order of time.
func commandSteps(p *i18n.Printer, c command.Command) []commands.Step {
	steps := []commands.Step{{Text: p.T("commands.step.intended"), At: momentView(p, c.IntendedAt), By: c.ActorName}}
	if c.SentAt.IsZero() {
		if !c.State.Final() {
			steps = append(steps, commands.Step{Text: p.T("commands.step.not_sent")})
		}
	} else {
		steps = append(steps, commands.Step{
			Text: p.T("commands.step.sent"), At: momentView(p, c.SentAt),
			Note: p.Tf("commands.attempts", map[string]any{"Count": c.Fence}),
		})
	}
	if c.State == command.Sending {
		steps = append(steps, commands.Step{Text: p.T("commands.step.waiting")})
	}
	if c.Proposal.By != 0 {
		steps = append(steps, commands.Step{Text: p.T("commands.step.proposed"), At: momentView(p, c.Proposal.At), By: c.Proposal.Name, Note: c.Proposal.Reason})
	}
	if c.State == command.Unknown {
		steps = append(steps, commands.Step{Text: p.T("command.state.unknown")})
	}
	if c.State.Final() {
		steps = append(steps, commands.Step{
			Text: p.T("command.state." + string(c.State)), At: momentView(p, c.SettledAt),
			By: c.Proposal.ConfirmedName, Note: p.T("command.resolution." + string(c.Resolution)),
		})
	}
	return steps
}

// foundWay is the way out when the effect exists: the import gives the positive answer.
func foundWay(p *i18n.Printer, c creation, may commandRights) *commands.Way {
	way := commands.Way{Title: p.T("commands.found_title"), Text: p.T("commands.found_text")}
	if may.importing {
		way.Action = ui.Button{
			Label: p.T("commands.found_action"), Icon: icon.Upload, Kind: ui.Primary,
			Href: listURL{"/terminals/import", nil}.with("connection", c.connection).String(),
		}
	}
	return &way
}

// absentWay is the way out when there surely is no effect: two persons say so.
func absentWay(p *i18n.Printer, now time.Time, c command.Command, may commandRights) *commands.Way {
	way := commands.Way{Title: p.T("commands.absent_title"), Text: p.T("commands.absent_text")}
	hindrance := c.NotDeclarable(now)
	switch {
	case !may.create:
		way.Hindrance = p.T("commands.absent_permission")
	case hindrance != "":
		way.Hindrance = p.T(hindrance)
	case c.Proposal.By == may.user:
		way.Hindrance = p.T("commands.absent_wait")
	case c.Proposal.By != 0:
		way.Action = ui.Button{Label: p.T("command.confirm"), Kind: ui.Danger, Href: commandHref(c.ID) + "/declare"}
	default:
		way.Action = ui.Button{Label: p.T("command.propose"), Href: commandHref(c.ID) + "/declare"}
	}
	return &way
}

// declareView is the first person's form, or the second one's where there is a proposal.
func declareView(p *i18n.Printer, c creation, reason string, wrong error) commands.Declare {
	byField, summary := fieldErrors(p, wrong)
	view := commands.Declare{
		Title: p.T("commands.declare_title"), Text: p.T("commands.declare_text"), Action: commandHref(c.ID) + "/declare", Act: "propose",
		Version: strconv.FormatInt(c.Version, 10), Errors: summary, Asked: askedView(p, c), Submit: p.T("command.propose"),
		CancelHref: commandHref(c.ID),
		Reason:     ui.Field{Name: "reason", Label: p.T("command.reason"), Hint: p.T("command.reason_hint"), Value: reason, Error: byField["reason"], Required: true},
	}
	if c.Proposal.By != 0 {
		view.Title, view.Text, view.Act, view.Submit = p.T("commands.confirm_title"), p.T("commands.confirm_text"), "confirm", p.T("command.confirm")
		view.Proposal = &commands.Proposal{
			Text:  p.Tf("command.proposed_by", map[string]any{"Name": c.Proposal.Name, "Time": p.DateTime(c.Proposal.At)}),
			Label: p.Tf("commands.reason_by", map[string]any{"Name": c.Proposal.Name}), Reason: c.Proposal.Reason,
		}
	}
	return view
}
