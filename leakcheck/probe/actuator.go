package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/internal/near"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// actuator reads a metric of Spring Boot's metrics endpoint.
type actuator struct {
	metrics string // the endpoint's URL
	metric  string
	tags    url.Values // each "tag", as KEY:VALUE
}

// newActuator makes the place of "URL#metric?tag=k:v". The URL is the server's,
// the actuator's, or that of its metrics.
func newActuator(rest string, a Access) (place, error) {
	address, text, err := cutURL(rest, "metric")
	if err != nil {
		return place{}, err
	}
	metric, query, _ := strings.Cut(text, "?")
	tags, err := url.ParseQuery(query)
	if err != nil {
		return place{}, fmt.Errorf("the tags of metric %s cannot be read", metric)
	}
	for name, values := range tags {
		if name != "tag" || slices.ContainsFunc(values, func(v string) bool { return !strings.Contains(v, ":") }) {
			return place{}, fmt.Errorf("a tag of metric %s is not written tag=KEY:VALUE", metric)
		}
	}
	u, err := url.Parse(withPath(address, "/actuator"))
	if err != nil {
		return place{}, errors.New("the URL cannot be read")
	}
	if u.Path = strings.TrimSuffix(u.Path, "/"); !strings.HasSuffix(u.Path, "/metrics") {
		u.Path += "/metrics"
	}
	act := actuator{u.String(), metric, tags}
	f := newFetcher(act.url(tags), jsonMedium, a)
	return place{
		where: client.Redact(act.metrics) + "#" + text, role: leakcheck.Sessions, closeIdle: f.closeIdle,
		read: func(ctx context.Context) (leakcheck.Sample, error) { return f.sum(ctx, act.read) },
	}, nil
}

func (a actuator) url(tags url.Values) string {
	u := a.metrics + "/" + url.PathEscape(a.metric)
	if len(tags) > 0 {
		u += "?" + tags.Encode()
	}
	return u
}

func (a actuator) read(ctx context.Context, r replica) (leakcheck.Sample, error) {
	body, err := r.get(ctx, a.url(a.tags))
	if status(err) == http.StatusNotFound {
		return leakcheck.Sample{}, a.missing(ctx, r, err)
	}
	if err != nil {
		return leakcheck.Sample{}, err
	}
	return a.sample(body)
}

// springMetric is an answer of the metrics endpoint about one metric.
type springMetric struct {
	Measurements []struct {
		Statistic string  `json:"statistic"`
		Value     float64 `json:"value"`
	} `json:"measurements"`
	AvailableTags []struct {
		Tag    string   `json:"tag"`
		Values []string `json:"values"`
	} `json:"availableTags"`
}

// statistics are those that may count sessions, the best first: how many
// requests are under way, a gauge, a counter.
var statistics = []string{"ACTIVE_TASKS", "VALUE", "COUNT"}

// sample takes the best of a metric's statistics.
func (a actuator) sample(body []byte) (leakcheck.Sample, error) {
	var m springMetric
	if err := json.Unmarshal(body, &m); err != nil {
		return leakcheck.Sample{}, a.foreign(err)
	}
	var has []string
	for _, one := range m.Measurements {
		has = append(has, one.Statistic)
	}
	for _, want := range statistics {
		i := slices.Index(has, want)
		if i < 0 {
			continue
		}
		n, err := counted(m.Measurements[i].Value)
		if err != nil {
			return leakcheck.Sample{}, &Error{Err: fmt.Errorf("metric %s: %s %w", a.metric, want, err), hint: "take a metric that counts something"}
		}
		return leakcheck.Sample{Count: n}, nil
	}
	return leakcheck.Sample{}, &Error{Err: fmt.Errorf("metric %s has none of the statistics %s", a.metric, strings.Join(statistics, ", ")), hint: offer("", has)}
}

// missing says why a metric is not there. Spring makes it with the first request
// that it measures, so one that is unlike all others has only not begun: no
// error.
func (a actuator) missing(ctx context.Context, r replica, refused error) error {
	if len(a.tags) > 0 {
		if body, err := r.get(ctx, a.url(nil)); err == nil {
			return a.missingTag(body)
		}
	}
	body, err := r.get(ctx, a.metrics)
	var list struct {
		Names []string `json:"names"`
	}
	if err != nil || json.Unmarshal(body, &list) != nil || len(list.Names) == 0 {
		return &Error{Err: refused, hint: "expose the metrics: management.endpoints.web.exposure.include=metrics (and spring-boot-starter-actuator)"}
	}
	for _, name := range near.Names(a.metric, list.Names) {
		if d := near.Distance(a.metric, name); d > 0 && d <= 2 {
			return &Error{Err: fmt.Errorf("no metric %q there", a.metric), hint: offer(a.metric, list.Names)}
		}
	}
	return nil
}

// missingTag finds a tag that the metric does not have at all. A value that it
// does not have yet comes with the first request.
func (a actuator) missingTag(body []byte) error {
	var m springMetric
	if err := json.Unmarshal(body, &m); err != nil {
		return a.foreign(err)
	}
	var keys []string
	for _, t := range m.AvailableTags {
		keys = append(keys, t.Tag)
	}
	for _, tag := range a.tags["tag"] {
		if key, _, _ := strings.Cut(tag, ":"); !slices.Contains(keys, key) {
			return &Error{Err: fmt.Errorf("metric %s has no tag %q", a.metric, key), hint: offer(key, keys)}
		}
	}
	return nil
}

// foreign says that an answer is not an actuator's.
func (a actuator) foreign(err error) error {
	return &Error{Err: fmt.Errorf("metric %s: the answer is not that of an actuator: %w", a.metric, err), hint: "give the URL of Spring Boot's actuator, such as http://host:8080/actuator"}
}
