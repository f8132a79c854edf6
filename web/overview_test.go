package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"payportal/internal/access"
	"payportal/internal/connection"
	"payportal/internal/htmlcheck"
	"payportal/internal/jobs"
	"payportal/internal/mirror"
	"payportal/internal/psp"
	"payportal/store/storetest"
	"payportal/web"
)

// withOverview gives the overview one connection that answers and one running job.
func withOverview(_ *portal, c *web.Config) {
	now := storetest.Newest.Add(time.Hour)
	c.ConnectionHealth = func(context.Context, int64) (connection.Health, error) {
		return connection.Health{LastGood: now.Add(-time.Minute), Calls: 40, Errors: 2, P50: 30 * time.Millisecond, P95: 90 * time.Millisecond}, nil
	}
	c.RunningJobs = func(context.Context) ([]jobs.Job, error) {
		return []jobs.Job{{ID: 1, Kind: "payments.mirror", StartedAt: now.Add(-20 * time.Second)}}, nil
	}
	c.MirrorProgress = func(context.Context) ([]mirror.Progress, error) {
		return []mirror.Progress{
			{State: mirror.State{Key: mirror.Key{ConnectionID: 1, Type: psp.IPG}, LastComplete: now.Add(-time.Minute)}},
			{State: mirror.State{Key: mirror.Key{ConnectionID: 1, Type: psp.POS}, LastComplete: now.Add(-2 * time.Hour), Failures: 2, ProblemKind: "unavailable"}},
		}, nil
	}
}

func TestOverviewFiguresAreThoseOfTheListsBehindThem(t *testing.T) {
	p := newPortal(t, withPayments(t, 3000), withOverview)
	b := p.user(t, "nasrin", access.Finance)
	for _, period := range []string{"", "?period=yesterday", "?period=month", "?period=90d"} {
		page := b.get("/"+period, http.StatusOK)
		tiles := nodes(t, page.body, "a.tile")
		if len(tiles) != 4 {
			t.Fatalf("%d tiles, want 4", len(tiles))
		}
		for i, figure := range []string{"payments", "successful", "amount", "failed"} {
			address, _ := htmlcheck.Attr(tiles[i], "href")
			value := htmlcheck.Text(htmlcheck.All(tiles[i], "bdi")[0])
			totals := b.htmx().get(strings.Replace(address, "/payments?", "/payments/totals?", 1), http.StatusOK)
			if figure == "successful" {
				value = strings.TrimSuffix(htmlcheck.Text(htmlcheck.All(tiles[i], ".tile-note")[0]), " successful")
			}
			if !strings.Contains(htmlcheck.Text(nodes(t, totals.body, "#payments-totals")[0]), value) || value == "" {
				t.Errorf("%q: the tile %s says %s, and the list %s sums up to %s", period, figure, value, address, totals.body)
			}
		}
		for _, row := range append(nodes(t, page.body, "#overview-psps tbody tr"), nodes(t, page.body, "#overview-terminals tbody tr")...) {
			links := htmlcheck.All(row, "a")
			all, _ := htmlcheck.Attr(links[0], "href")
			count := htmlcheck.Text(htmlcheck.All(row, "td")[0])
			totals := b.htmx().get(strings.Replace(all, "/payments?", "/payments/totals?", 1), http.StatusOK)
			if want := count + " payment"; !strings.HasPrefix(htmlcheck.Text(nodes(t, totals.body, "#payments-totals")[0]), want) {
				t.Errorf("%q: the row %q leads to a list of %s", period, htmlcheck.Text(row), totals.body)
			}
		}
	}
}

func TestOverviewChartHasOneColumnForEachDaySoFar(t *testing.T) {
	b := newPortal(t, withPayments(t, 2000), withOverview).user(t, "nasrin", access.Finance)
	b.get("/", http.StatusOK, htmlcheck.Count("svg.plot g", 30), htmlcheck.Count(".chart-box tbody tr", 30))
	b.get("/?period=month", http.StatusOK, htmlcheck.Count("svg.plot g", 1)) // 1 March
	b.get("/?period=last_month", http.StatusOK, htmlcheck.Count("svg.plot g", 28))
	b.post("/account/preferences", http.StatusSeeOther, url.Values{"lang": {"fa"}, "return": {"/"}})
	b.get("/?period=last_month", http.StatusOK, htmlcheck.Count("svg.plot g", 30), htmlcheck.In(".chart-box tbody th", htmlcheck.HasText("۱۴۰۴/۱۱/۰۱")))
}

func TestOverviewShowsWhatTheRoleMaySee(t *testing.T) {
	p := newPortal(t, withPayments(t, 50), withOverview)
	p.user(t, "admin", access.Administrator).get("/", http.StatusOK,
		htmlcheck.In("#overview-psps"), htmlcheck.In("main", htmlcheck.HasText("40 calls in 15 minutes, 2 failed"), htmlcheck.HasText("Reading payments"),
			htmlcheck.HasText("The provider does not answer.")))
	role, err := p.access.People.CreateRole(t.Context(), access.By{Rights: access.All()}, access.RoleDraft{Name: "clerk", Permissions: []string{"terminal.read"}})
	if err != nil {
		t.Fatal(err)
	}
	p.user(t, "clerk", role.ID).get("/", http.StatusOK, htmlcheck.In(".empty-state", htmlcheck.HasText("Nothing to show here")),
		htmlcheck.NotIn(".tile"), htmlcheck.NotIn("svg.plot"), htmlcheck.NotIn("main table"))
}

func TestOverviewPartThatFailsLeavesTheOthers(t *testing.T) {
	down := errors.New("the disk is gone")
	p := newPortal(t, withPayments(t, 50), withOverview, func(_ *portal, c *web.Config) {
		c.RunningJobs = func(context.Context) ([]jobs.Job, error) { return nil, down }
		c.MirrorProgress = func(context.Context) ([]mirror.Progress, error) { return nil, down }
	})
	b := p.user(t, "admin", access.Administrator)
	b.get("/?period=7d", http.StatusOK, htmlcheck.Count(".alert[data-tone=danger]", 2), htmlcheck.In(".alert a", htmlcheck.HasHref("/?period=7d")),
		htmlcheck.In(".tile"), htmlcheck.In("main", htmlcheck.HasText("40 calls"), htmlcheck.NoText("disk")))
	if !strings.Contains(p.log.String(), "the disk is gone") {
		t.Error("the log does not tell why a part failed")
	}
}

func TestOverviewRefusesWhatItDoesNotKnow(t *testing.T) {
	b := newPortal(t, withPayments(t, 1), withOverview).user(t, "nasrin", access.Finance)
	b.get("/?period=decade", http.StatusUnprocessableEntity, htmlcheck.In("nav"))
	b.get("/?connection=nobody", http.StatusNotFound, htmlcheck.In("nav"))
	b.get("/?period=7d&period=7d", http.StatusUnprocessableEntity)
}
