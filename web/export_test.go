package web

// WithRoutes builds the surface from other routes: how the tests of rights drop a permission and see a test fail.
func WithRoutes(c Config, change func([]Route) []Route) *Server {
	s := New(c)
	s.routes = change(s.list())
	s.nav = navigation(s.routes)
	s.mux = s.newMux(s.routes)
	s.handler = s.chain(s.mux)
	return s
}
