package probe

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

var metricsMedium = medium{name: "Prometheus metrics", accept: "text/plain;version=0.0.4, */*;q=0.1"}

// newPrometheus makes the place of "URL#metric{label="v"}". A metric is what
// stands at the beginning of a line: a histogram is read by its _count or by one
// of its buckets.
func newPrometheus(rest string, a Access) (place, error) {
	address, text, err := cutURL(rest, "metric")
	if err != nil {
		return place{}, err
	}
	s, err := newSelector(text)
	if err != nil {
		return place{}, err
	}
	f := newFetcher(withPath(address, "/metrics"), metricsMedium, a)
	return place{
		where: client.Redact(f.url) + "#" + text, role: leakcheck.Sessions, closeIdle: f.closeIdle,
		read: func(ctx context.Context) (leakcheck.Sample, error) { return f.body(ctx, s.sample) },
	}, nil
}

// sample adds up the series that match. A metric that is declared and has no
// series yet counts zero.
func (s selector) sample(_ context.Context, body []byte) (leakcheck.Sample, error) {
	lines, names, declared := s.lines(body)
	if len(lines) == 0 && declared {
		return leakcheck.Sample{}, nil
	}
	if len(lines) == 0 {
		return leakcheck.Sample{}, absent{&Error{Err: fmt.Errorf("no metric %q there", s.metric), hint: offer(s.metric, names)}}
	}
	// Only the metric's own lines are read, so that another's faults do no harm.
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(lines))
	if err != nil {
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("metric %s: %w", s.metric, err), hint: "give the URL of a page of Prometheus metrics; curl shows it"}
	}
	total, matched := 0.0, false
	var others []string
	for _, m := range families[s.metric].GetMetric() {
		labels := map[string]string{}
		for _, l := range m.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		if s.matches(labels) {
			total += m.GetUntyped().GetValue()
			matched = true
			continue
		}
		others = append(others, series(s.metric, labels))
	}
	if !matched {
		return leakcheck.Sample{}, absent{&Error{Err: fmt.Errorf("no series of metric %q matches", s.metric), hint: "there are " + some(others)}}
	}
	n, err := counted(total)
	if err != nil {
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("metric %s: %w", s.metric, err), hint: "take a metric that counts something; a gauge, mostly"}
	}
	return leakcheck.Sample{Count: n}, nil
}

// lines are the samples of the selector's metric as they stand on a page. names
// are all metrics there; declared says that a comment names the metric.
func (s selector) lines(body []byte) (lines []byte, names []string, declared bool) {
	all := map[string]bool{}
	scanner := bufio.NewScanner(bytes.NewReader(body))
	scanner.Buffer(nil, len(body)+1)
	for scanner.Scan() {
		text := bytes.TrimLeft(scanner.Bytes(), " \t")
		if comment, ok := bytes.CutPrefix(text, []byte("#")); ok {
			fields := bytes.Fields(comment)
			declared = declared || len(fields) == 3 && string(fields[0]) == "TYPE" && string(fields[1]) == s.metric && plain(fields[2])
			continue
		}
		name := string(text[:max(0, bytes.IndexAny(text, "{ \t"))])
		if name == s.metric {
			lines = append(append(lines, text...), '\n')
		}
		if isMetric(name) {
			all[name] = true
		}
	}
	return lines, slices.Sorted(maps.Keys(all)), declared
}

// plain tells whether a metric of a type has samples under its own name.
func plain(kind []byte) bool { return string(kind) != "histogram" && string(kind) != "summary" }

// series writes a series as it stands on a page.
func series(metric string, labels map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	return metric + "{" + strings.Join(pairs, ",") + "}"
}
