package e2e

import (
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestProviderOutage takes the provider away in three ways: what was known stays, with its age and the reason, and when the
// provider is back a click brings new data.
func TestProviderOutage(t *testing.T) {
	portal := ownDemo(t, "--payments", "800")
	v := visit(t, portal)
	v.signIn("operations", nil)
	v.readThrough()
	uuid := portal.providerTerminals(t)[0]["uuid"].(string)
	v.open("/psps")
	before := v.texts("main tbody tr")
	for _, tt := range []struct {
		name   string
		fault  fault
		reason string
	}{
		{"500", fault{Kind: "status", Status: 500, Service: "psp_reporting"}, "cannot be reached or does not answer"},
		{"reset", fault{Kind: "reset", Service: "psp_reporting"}, "cannot be reached or does not answer"},
		{"HTML", fault{Kind: "html", Service: "psp_reporting"}, "cannot be reached or does not answer"},
	} {
		v.run(tt.name, func(t *testing.T) {
			portal.inject(t, tt.fault)
			v.open("/psps")
			v.submit("Refresh")
			v.see(v.find("main .alert"))
			fresh := v.find("main .fresh[data-stale]")
			v.say(fresh, tt.reason)
			v.see(fresh.Locator("time"))
			if got := v.texts("main tbody tr"); strings.Join(got, "\n") != strings.Join(before, "\n") {
				t.Errorf("the list shows %v, want the last copy %v", got, before)
			}
			v.open("/terminals/" + uuid)
			v.say(v.find("main .fresh[data-stale]"), tt.reason)
			v.see(v.find("main .fresh time"))
			v.open("/payments")
			v.see(v.find("#payments-table"))
			v.see(v.find("main .fresh time"))
			portal.mend(t)
			v.open("/psps")
			eventually(t, "the portal asks the provider again", func() bool {
				v.submit("Refresh")
				v.see(v.find("main .alert"))
				return v.count("main .fresh[data-stale]") == 0
			})
			v.see(v.find("main .fresh time"))
		})
	}
}

// TestHangingProvider shows that a provider which never answers holds up nothing but the page that asks it: other pages
// answer meanwhile, and that page shows the last copy in the end.
func TestHangingProvider(t *testing.T) {
	portal := ownDemo(t, "--payments", "500")
	v := visit(t, portal)
	v.signIn("operations", nil)
	v.readThrough()
	uuid := portal.providerTerminals(t)[0]["uuid"].(string)
	v.open("/terminals/" + uuid) // so that there is a last copy
	portal.inject(t, fault{Kind: "hang", Service: "psp_reporting"})
	waiting := make(chan error, 1)
	go func() {
		_, err := v.Goto("/terminals/" + uuid)
		waiting <- err
	}()
	other := visit(t, portal)
	other.signIn("support", nil)
	other.prefer(nil)
	other.open("/payments")
	other.see(other.find("#payments-table"))
	select {
	case err := <-waiting:
		t.Logf("the page of the hanging provider was there first: %v", err)
	default:
		v.ok(<-waiting)
	}
	v.say(v.find("main .fresh[data-stale]"), "cannot be reached or does not answer")
	v.say(v.find("main"), uuid)
}

// TestTotalsThatDoNotCome shows a part of a page that could not be had: the rest stands, the reason and the request id are
// there, and a click asks again.
func TestTotalsThatDoNotCome(t *testing.T) {
	v := visit(t, demo(t))
	v.signIn("finance", nil)
	v.provoke(`Failed to (load resource|fetch)`)
	v.ok(v.Route("**/payments/totals*", func(r playwright.Route) { _ = r.Abort() }))
	v.open("/payments")
	failure := v.find("#payments [data-failure]")
	v.say(failure, "The portal cannot be reached.")
	v.see(v.find("#payments-table"))
	v.ok(v.Unroute("**/payments/totals*"))
	v.click(within(failure, "button", "Try again"))
	v.see(v.find("#payments-totals strong"))
	v.none(failure)
	v.focused()
}
