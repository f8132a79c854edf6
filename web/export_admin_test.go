package web

// The views whose texts the tests compare.
var (
	HealthView  = healthView
	CallsView   = callsView
	BrowserName = browserName
)

// TrailActs are the acts that have a name on the page of the trail.
func TrailActs() []string { return trailActs }
