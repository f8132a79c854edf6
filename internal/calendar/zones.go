package calendar

import (
	"fmt"
	"time"
)

// ZoneNames lists the time zones that a user may choose, by their IANA names.
func ZoneNames() []string { return []string{"Asia/Tehran", "Europe/Warsaw", "America/Lima", "UTC"} }

// zones holds one location a name, so that locations can be compared by pointer and are read once.
var zones = func() map[string]*time.Location {
	m := make(map[string]*time.Location)
	for _, name := range ZoneNames() {
		zone, err := time.LoadLocation(name)
		if err != nil {
			panic("calendar: the zone database in the binary has no " + name) // it is compiled in: a broken build
		}
		m[name] = zone
	}
	return m
}()

// Zone gives the location of one of ZoneNames, always the same pointer for a name, else ErrZone.
func Zone(name string) (*time.Location, error) {
	zone, ok := zones[name]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrZone, name)
	}
	return zone, nil
}
