package probe

import (
	"slices"
	"strings"
	"testing"
)

func TestLikely(t *testing.T) {
	for _, c := range []struct {
		name string // its parts by "/"
		rank int    // -1 is one that counts something else
	}{
		{"sessions", 0},
		{"activeSessions", 0},
		{"sessions/active", 0},
		{"sessions/count", 0},
		{"chat.sessions", 0},
		{"sseStreams", 1},
		{"sse/active", 1},
		{"open_sse", 1},
		{"sseConnections", 1},
		{"connections", 2},
		{"mercure_subscribers_connected", 2},
		{"traefik_open_connections", 2},
		{"kestrel_active_connections", 2},
		{"active", stateOnly},
		{"in_flight", stateOnly},
		{"inFlight", stateOnly},
		{"running", stateOnly},
		{"vllm:num_requests_running", requestNoun},
		{"sglang:num_running_reqs", requestNoun},
		{"llamacpp:requests_processing", requestNoun},
		{"litellm_in_flight_requests", requestNoun},
		{"http_server_active_requests", requestNoun},
		{"starlette_requests_in_progress", requestNoun},
		{"caddy_http_requests_in_flight", requestNoun},
		{"envoy_http_downstream_rq_active", requestNoun},
		{"http.server.requests.active", requestNoun},
		{"requests", -1},
		{"http_requests_total", -1},
		{"sessions/max", -1},
		{"sessions/uptime", -1},
		{"sessionsOpened", -1},
		{"db/connections", -1},
		{"hikaricp_connections_active", -1},
		{"go_sql_open_connections", -1},
		{"uptime", -1},
		{"goroutines", -1},
		{"count", -1},
		{"vllm:num_requests_waiting", -1},
		{"session_timeout", -1},
		{"", -1},
	} {
		rank, ok := likely(strings.Split(c.name, "/")...)
		if !ok {
			rank = -1
		}
		if rank != c.rank {
			t.Errorf("%s: rank %d, want %d", c.name, rank, c.rank)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{
		"sseConnections":            "sse connections",
		"vllm:num_requests_running": "vllm num requests running",
		"http.server.active":        "http server active",
		"SSE2":                      "sse",
		"":                          "",
	} {
		if got := words(name); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
