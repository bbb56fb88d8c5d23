package server

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// tallies are counted as things happen; all else that GET /metrics tells is
// read from the manager when somebody asks.
type tallies struct {
	heartbeats atomic.Uint64
	bytes      atomic.Uint64 // written to connections, TLS and heads included
	// reclaim is how long a session was kept after the last sign of its client,
	// by reason. That is all that a server can know: from when on the client had
	// really gone only the client could tell. So it is an upper bound, too high
	// by what an answer takes (the pace of the reply, or a heartbeat on an idle
	// stream), and it says what a silent loss has cost: where a client vanished,
	// it is the user timeout and up to two heartbeats.
	reclaim *prometheus.HistogramVec
}

func newTallies() tallies {
	return tallies{reclaim: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "sse_tool_reclaim_seconds",
		Help:    "Time from the last sign of a session's client to the session's release: an upper bound on how long it was kept for nobody.",
		Buckets: []float64{.005, .01, .05, .1, .5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 900},
	}, []string{"reason"})}
}

// observe tells of a session that was just released.
func (t *tallies) observe(s *session, now time.Time) {
	s.activity.look(now)
	t.reclaim.WithLabelValues(string(s.closed)).Observe(max(0, now.Sub(s.activity.last()).Seconds()))
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("sse_tool_"+name, help, labels, nil)
}

var (
	sessionsDesc   = desc("sessions", "Open sessions.", "transport")
	openedDesc     = desc("sessions_opened_total", "Sessions opened.")
	closedDesc     = desc("sessions_closed_total", "Sessions closed, by why.", "reason")
	refusedDesc    = desc("sessions_refused_total", "Requests that got no session, by the limit that was reached.", "limit")
	upstreamsDesc  = desc("upstreams", "Upstreams that generate.")
	watchersDesc   = desc("watchers", "Connections to the session feed.")
	sentDesc       = desc("tokens_sent_total", "Tokens written to their client.")
	wastedDesc     = desc("tokens_after_disconnect_total", "Tokens generated when their client had gone.")
	heartbeatsDesc = desc("heartbeats_total", "Heartbeats written.")
	bytesDesc      = desc("sent_bytes_total", "Bytes written to connections.")
)

// limits are all values of a label, so that a series is there before its first
// event.
var limits = map[string]error{"server": errFull, "user": errUserFull, "drain": errDraining}

// sessionMetrics is the prometheus.Collector of a manager.
type sessionMetrics struct{ *manager }

// Describe implements prometheus.Collector.
func (m sessionMetrics) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, to) }

// Collect implements prometheus.Collector. What belongs together is of one
// moment.
func (m sessionMetrics) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	n, _ := m.count(nil)
	for transport, v := range n.transports {
		gauge(sessionsDesc, float64(v), transport)
	}
	for limit, err := range limits {
		counter(refusedDesc, n.refused[err], limit)
	}
	for reason, v := range n.closed {
		counter(closedDesc, v, string(reason))
	}
	counter(openedDesc, n.opened)
	gauge(upstreamsDesc, float64(m.upstreams.Load()))
	gauge(watchersDesc, float64(m.feed.watched()))
	counter(sentDesc, m.sent.Load())
	counter(wastedDesc, m.afterDisconnect.Load())
	counter(heartbeatsDesc, m.tallies.heartbeats.Load())
	counter(bytesDesc, m.tallies.bytes.Load())
}

// metrics is GET /metrics, from a registry of this Server's own.
func (s *Server) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(sessionMetrics{s.sessions}, s.sessions.tallies.reclaim,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
