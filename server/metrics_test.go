package server

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// scrape reads /metrics: the value of each series.
func (r *running) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	resp, body := r.do(t, "GET", "/metrics")
	equal(t, "status", resp.StatusCode, 200)
	values := map[string]float64{}
	for line := range strings.Lines(body) {
		at := strings.LastIndexByte(line, ' ')
		if v, err := strconv.ParseFloat(strings.TrimSpace(line[at+1:]), 64); err == nil && line[0] != '#' {
			values[line[:at]] = v
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	cfg := quick()
	cfg.MaxSessions = 3
	r := start(t, cfg)
	before := r.scrape(t)
	for _, d := range []string{
		`sse_tool_sessions{transport="sse"}`, `sse_tool_sessions_refused_total{limit="user"}`,
		`sse_tool_sessions_closed_total{reason="swept"}`, `go_goroutines`,
	} {
		if _, ok := before[d]; !ok {
			t.Errorf("no %s before anything happened, in %v", d, slices.Sorted(maps.Keys(before)))
		}
	}

	p := r.open(t, chat("rate=0"))
	r.open(t, chat())
	r.watch(t)
	done := r.open(t, "/sse/chat?tokens=2&rate=100")
	r.do(t, "GET", chat())
	done.until(t, "event: done")
	p.until(t, ": heartbeat")
	p.leave()
	eventually(t, "two have left", func() bool { return r.active() == 1 })
	now := r.scrape(t)
	for series, want := range map[string]float64{
		`sse_tool_sessions{transport="sse"}`:                         1,
		`sse_tool_sessions_opened_total`:                             3,
		`sse_tool_sessions_refused_total{limit="server"}`:            1,
		`sse_tool_sessions_closed_total{reason="completed"}`:         1,
		`sse_tool_sessions_closed_total{reason="disconnected"}`:      1,
		`sse_tool_reclaim_seconds_count{reason="completed"}`:         1,
		`sse_tool_reclaim_seconds_count{reason="disconnected"}`:      1,
		`sse_tool_reclaim_seconds_bucket{reason="completed",le="5"}`: 1,
		`sse_tool_upstreams`:                                         1,
		`sse_tool_watchers`:                                          1,
		`sse_tool_tokens_after_disconnect_total`:                     0,
	} {
		equal(t, series, now[series], want)
	}
	for _, series := range []string{"sse_tool_heartbeats_total", "sse_tool_tokens_sent_total", "sse_tool_sent_bytes_total"} {
		if now[series] <= before[series] {
			t.Errorf("%s: %v, then %v", series, before[series], now[series])
		}
	}
}
