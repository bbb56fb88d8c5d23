package leakcheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Between finds what stands between: what is otherwise in a check that goes through a
// proxy than in the same check of the server itself. It is a pure function. Ways that
// one of the two could not judge are left out.
func Between(direct, through *Report) []Finding {
	var all []Finding
	for _, find := range []func(direct, through *Report) (Finding, bool){proxyHolds, proxyCuts, proxyDelays, proxyBuffers, proxyHides} {
		if f, ok := find(direct, through); ok {
			all = append(all, f)
		}
	}
	return all
}

// pair is how one way fared in both checks.
type pair struct{ direct, through *Row }

// pairs are the ways that both judged and of which something is true.
func pairs(direct, through *Report, is func(pair) bool) []pair {
	var all []pair
	for _, d := range loadgen.Disconnects() {
		p := pair{direct.row(d), through.row(d)}
		judged := slices.Contains(direct.Judged, string(d)) && slices.Contains(through.Judged, string(d))
		if judged && p.direct != nil && p.through != nil && is(p) {
			all = append(all, p)
		}
	}
	return all
}

// clearly is how much larger a share of the sessions has to be to be called so.
const clearly = 0.1

// share is the part of a row's sessions that leaked.
func (r *Row) share() float64 {
	if r.Left == 0 {
		return 0
	}
	return float64(r.Leaked) / float64(r.Left)
}

// leaksMore tells whether clearly more of b's sessions leaked than of a's.
func leaksMore(a, b *Row) bool {
	return b.Leaked > 0 && a.Leaked == 0 || b.share() > a.share()+clearly
}

func proxyHolds(direct, through *Report) (Finding, bool) {
	worse := pairs(direct, through, func(p pair) bool { return leaksMore(p.direct, p.through) })
	return Finding{
		Code: ProxyHolds, Severity: SeverityError, Disconnects: waysOf(worse),
		Summary: "sessions stay only, or more of them, where their streams went through what stands between: consistent with a proxy that keeps " +
			"its connection to the server, and reads on, for a client that has gone",
		Evidence: leakedTwice(worse),
		Hint: "have it end its request to the server when its client leaves (Caddy: no flush_interval -1; in code: the client's context for the " +
			"request to the server); the server's own defence is its timeout",
	}, len(worse) > 0
}

func proxyHides(direct, through *Report) (Finding, bool) {
	better := pairs(direct, through, func(p pair) bool { return leaksMore(p.through, p.direct) })
	return Finding{
		Code: ProxyHides, Severity: SeverityWarning, Disconnects: waysOf(better),
		Summary: "sessions stay at the server itself, and fewer or none where their streams went through what stands between: consistent with a " +
			"proxy that ends what the server would keep",
		Evidence: leakedTwice(better),
		Hint:     "release them in the server too: it leaks for whoever reaches it otherwise, and once the proxy is set up otherwise",
	}, len(better) > 0
}

func leakedTwice(ps []pair) string {
	var parts []string
	for _, p := range ps {
		parts = append(parts, fmt.Sprintf("%s: %s of %s past the window direct, %s of %s through it", p.direct.Name,
			thousands(p.direct.Leaked), thousands(p.direct.Left), thousands(p.through.Leaked), thousands(p.through.Left)))
	}
	return strings.Join(parts, "; ")
}

// A delay that is worth telling, in seconds.
const delayed = 1.0

// isLater tells whether b is clearly later than a.
func isLater(a, b *Quantiles) bool {
	return a != nil && b != nil && b.P50 > a.P50+delayed && b.P50 > 1.5*a.P50
}

func proxyDelays(direct, through *Report) (Finding, bool) {
	later := pairs(direct, through, func(p pair) bool { return isLater(p.direct.Reclaim, p.through.Reclaim) })
	var parts []string
	for _, p := range later {
		parts = append(parts, fmt.Sprintf("%s: back after %.2f s direct, %.2f s through it (p50)", p.direct.Name, p.direct.Reclaim.P50, p.through.Reclaim.P50))
	}
	return Finding{
		Code: ProxyDelays, Severity: SeverityWarning, Disconnects: waysOf(later),
		Summary: "sessions come back later where their streams went through what stands between: consistent with a proxy that learns only by " +
			"writing that a client has gone, or that passes a reset on as an orderly end",
		Evidence: strings.Join(parts, "; "),
		Hint:     "have it watch its client (nginx: proxy_ignore_client_abort off); a shorter heartbeat lets it learn of it sooner",
	}, len(later) > 0
}

func proxyCuts(direct, through *Report) (Finding, bool) {
	return Finding{
		Code: ProxyCuts, Severity: SeverityError,
		Summary: "live streams are ended only where they went through what stands between: consistent with a proxy's limit of silence, or of a " +
			"request's length",
		Evidence: fmt.Sprintf("%s killed direct, %s through it", count(direct.Controls.Killed, "control"), thousands(through.Controls.Killed)),
		Hint:     "send heartbeats more often than its limit, or raise that (nginx: proxy_read_timeout)",
	}, direct.Controls.Killed == 0 && through.Controls.Killed > 0
}

func proxyBuffers(direct, through *Report) (Finding, bool) {
	a, b := direct.Latency.FirstEvent, through.Latency.FirstEvent
	if !isLater(a, b) {
		return Finding{}, false
	}
	return Finding{
		Code: ProxyBuffers, Severity: SeverityWarning,
		Summary:  "the first event comes later through what stands between: consistent with a proxy that holds events back until it has many",
		Evidence: fmt.Sprintf("first event after %.2f s direct, %.2f s through it (p50)", a.P50, b.P50),
		Hint:     "turn its buffering off for streams (nginx: proxy_buffering off, or X-Accel-Buffering: no in the answer), compression too",
	}, true
}

func waysOf(ps []pair) []loadgen.Disconnect {
	var all []loadgen.Disconnect
	for _, p := range ps {
		all = append(all, p.direct.Name)
	}
	return all
}
