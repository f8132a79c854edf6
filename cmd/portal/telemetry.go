package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"payportal/internal/connection"
)

// metrics is what the portal measures of itself. Labels are route patterns and connection names, never paths or values.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	calls    *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "payportal_http_request_seconds",
			Help:    "Time to answer a request of the staff portal, by route and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "status"}),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "payportal_provider_call_seconds",
			Help:    "Time of a call to a provider, by connection, route of the provider and outcome.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"connection", "route", "outcome"}),
	}
	m.registry.MustRegister(m.requests, m.calls, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ObserveRequest notes an answered request of the staff portal.
func (m *metrics) ObserveRequest(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Called notes a call to a provider.
func (m *metrics) Called(name string, call connection.Call) {
	outcome := call.Failure
	if outcome == "" {
		outcome = strconv.Itoa(call.Status)
	}
	m.calls.WithLabelValues(name, call.Method+" "+call.Pattern, outcome).Observe(call.Duration.Seconds())
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}))
	return mux
}

// startTracing sends traces when one of the standard variables names a collector; otherwise it does nothing. The
// returned function flushes and stops.
func startTracing(ctx context.Context) (stop func(context.Context) error, enabled bool, err error) {
	none := func(context.Context) error { return nil }
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return none, false, nil
	}
	exporter, err := otlptracehttp.New(ctx) // reads the standard variables itself
	if err != nil {
		return none, false, fmt.Errorf("start tracing: %w", err)
	}
	about, err := resource.Merge(resource.Default(),
		resource.NewSchemaless(semconv.ServiceName("payportal"), semconv.ServiceVersion(version)))
	if err != nil {
		return none, false, fmt.Errorf("start tracing: %w", err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return provider.Shutdown, true, nil
}

// traced wraps a handler so that its requests become spans named by their route pattern, without query or headers.
func traced(next http.Handler) http.Handler {
	return otelhttp.NewHandler(next, "staff portal", otelhttp.WithSpanNameFormatter(
		func(_ string, r *http.Request) string { return r.Method + " " + r.Pattern },
	))
}
