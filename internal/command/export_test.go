package command

import "time"

// At makes the service live at another time.
func (s *Service) At(now time.Time) *Service {
	moved := *s
	moved.now = func() time.Time { return now }
	return &moved
}
