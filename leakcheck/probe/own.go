package probe

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// Service is how a server in our own form calls itself in its /sessions.
const Service = "sse-tool"

// Own reads the /sessions of a server in our own form: sessions, with their
// ids, and upstreams, with what they generated; or others of the roles that are told
// there. Where memory is one of them the server collects its garbage now and then.
type Own struct {
	spec  string
	fetch *fetcher
	roles []leakcheck.Role
	// direct says that the streams are opened at this server.
	direct bool
}

// NewOwn makes the probe of the sessions and upstreams of the server at an origin
// ("http://host:8080").
func NewOwn(origin string, a Access) *Own {
	o := &Own{spec: origin + "/sessions", fetch: newFetcher("", jsonMedium, a), direct: true}
	return o.of(leakcheck.Sessions, leakcheck.Upstreams)
}

// of is the probe of some roles.
func (o *Own) of(roles ...leakcheck.Role) *Own {
	address := o.spec
	if slices.Contains(roles, leakcheck.Memory) {
		address += "?collect=1"
	}
	return &Own{spec: o.spec, fetch: newFetcher(address, jsonMedium, o.fetch.access), roles: roles, direct: o.direct}
}

// All is the probe of every role: the process's goroutines, descriptors and memory
// too.
func (o *Own) All() *Own {
	return o.of(leakcheck.Roles()...)
}

// Only is the probe of one of the roles. Then the server is not taken for the one
// that the streams are opened at: it tells nothing of its bounds, and its clients may be
// a gateway's.
func (o *Own) Only(role leakcheck.Role) *Own {
	only := o.of(role)
	only.direct = false
	return only
}

// Without is the probe of the other roles.
func (o *Own) Without(role leakcheck.Role) *Own {
	return o.of(slices.DeleteFunc(slices.Clone(o.roles), func(r leakcheck.Role) bool { return r == role })...)
}

// parseOwn makes the probe of a reference server's URL, whatever its path is: it may be
// the base of the API that a gateway was given.
func parseOwn(role leakcheck.Role, address string, a Access) (leakcheck.Probe, error) {
	if err := checkURL(address); err != nil {
		return nil, &Error{Err: fmt.Errorf("probe: %w", err), hint: "a reference server's URL is written http://host:8080"}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	own := NewOwn((&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}).String(), a)
	if role == "" {
		return own, nil
	}
	return own.Only(role), nil
}

// Series are the roles that are read.
func (o *Own) Series() []leakcheck.Series {
	spec := client.Redact(o.spec)
	var series []leakcheck.Series
	for _, r := range o.roles {
		series = append(series, leakcheck.Series{Name: string(r), Role: r, Spec: spec})
	}
	return series
}

// CloseIdleConnections closes the connection on which the probe waits for the
// next reading. It can be read again afterwards.
func (o *Own) CloseIdleConnections() { o.fetch.closeIdle() }

// ownForm is the part of the session endpoint's answer that is looked at.
type ownForm struct {
	Service   string           `json:"service"`
	Active    int              `json:"active"`
	Upstreams int              `json:"upstreams"`
	Opened    int64            `json:"opened"`
	StartedAt time.Time        `json:"started_at"`
	Remote    bool             `json:"remote"`
	Closed    map[string]int64 `json:"closed"`
	Tokens    struct {
		Sent            int64 `json:"sent"`
		AfterDisconnect int64 `json:"after_disconnect"`
	} `json:"tokens"`
	Process struct {
		Goroutines int   `json:"goroutines"`
		OpenFDs    int   `json:"open_fds"`
		HeapBytes  int64 `json:"heap_bytes"`
	} `json:"process"`
	Config struct {
		Timeout     float64 `json:"timeout_s"`
		Heartbeat   float64 `json:"heartbeat_s"`
		UserTimeout float64 `json:"user_timeout_s"`
		SweepEvery  float64 `json:"sweep_every_s"`
		IdleTimeout float64 `json:"idle_timeout_s"`
	} `json:"config"`
	Sessions []struct {
		ID       string `json:"id"`
		StreamID string `json:"stream_id"`
	} `json:"sessions"`
}

// output is what the server has generated.
func (f ownForm) output() leakcheck.Output {
	o := leakcheck.Output{Tokens: f.Tokens.Sent + f.Tokens.AfterDisconnect, ForNobody: f.Tokens.AfterDisconnect}
	for reason, n := range f.Closed {
		if reason == "completed" {
			o.Completed += n
		} else {
			o.Cancelled += n
		}
	}
	return o
}

// bounded tells whether every count and time is one that a server can have: what they
// are added up to then is one, too.
func (f ownForm) bounded() bool {
	counts := []int64{
		int64(f.Active), int64(f.Upstreams), f.Opened, f.Tokens.Sent, f.Tokens.AfterDisconnect,
		int64(f.Process.Goroutines), int64(f.Process.OpenFDs), f.Process.HeapBytes,
	}
	counts = slices.AppendSeq(counts, maps.Values(f.Closed))
	c := f.Config
	times := []float64{c.Timeout, c.Heartbeat, c.UserTimeout, c.SweepEvery, c.IdleTimeout}
	return !slices.ContainsFunc(counts, func(n int64) bool { return n < 0 || n > maxCount }) &&
		!slices.ContainsFunc(times, func(s float64) bool { return s < 0 || s > longestBound.Seconds() })
}

// longestBound is above all that a server may have for a bound of its own.
const longestBound = 100 * 365 * 24 * time.Hour

// Read asks for the list. Of several replicas the sessions are added up, and the
// youngest tells for all.
func (o *Own) Read(ctx context.Context) (leakcheck.Answer, error) {
	forms, err := readOwn(ctx, o.fetch)
	if status(err) == http.StatusNotFound || errors.As(err, new(*mediumError)) || errors.Is(err, errNotOurs) {
		err = &Error{Err: err, hint: urlAlone}
	}
	if err != nil {
		return leakcheck.Answer{}, err
	}
	ids := []string{}
	var all ownForm
	made := leakcheck.Output{Direct: o.direct}
	for _, form := range forms {
		one := form.output()
		made.Tokens += one.Tokens
		made.ForNobody += one.ForNobody
		made.Completed += one.Completed
		made.Cancelled += one.Cancelled
		for _, s := range form.Sessions {
			// A stream's own id tells the two streams of a refreshed session apart.
			ids = append(ids, cmp.Or(s.StreamID, s.ID))
		}
		all.Active += form.Active
		all.Upstreams += form.Upstreams
		all.Opened += form.Opened
		all.Process.Goroutines += form.Process.Goroutines
		all.Process.OpenFDs += form.Process.OpenFDs
		all.Process.HeapBytes += form.Process.HeapBytes
		if form.StartedAt.After(all.StartedAt) {
			all.StartedAt = form.StartedAt
		}
		all.Config, all.Remote = form.Config, form.Remote
	}
	answer := leakcheck.Answer{}
	for _, r := range o.roles {
		answer.Samples = append(answer.Samples, map[leakcheck.Role]leakcheck.Sample{
			leakcheck.Sessions:    {Count: all.Active, IDs: ids},
			leakcheck.Upstreams:   {Count: all.Upstreams, Output: &made},
			leakcheck.Workers:     {Count: all.Process.Goroutines},
			leakcheck.Descriptors: {Count: all.Process.OpenFDs},
			leakcheck.Memory:      {Count: int(all.Process.HeapBytes)},
		}[r])
	}
	if o.direct {
		answer.Server = &leakcheck.Server{
			StartedAt: all.StartedAt,
			Opened:    all.Opened,
			Remote:    all.Remote,
			Config: leakcheck.Limits{
				Timeout:     seconds(all.Config.Timeout),
				Heartbeat:   seconds(all.Config.Heartbeat),
				UserTimeout: seconds(all.Config.UserTimeout),
				SweepEvery:  seconds(all.Config.SweepEvery),
				IdleTimeout: seconds(all.Config.IdleTimeout),
			},
		}
	}
	return answer, nil
}

// urlAlone is the hint for a server that is no reference server.
const urlAlone = "a URL alone is a reference server's, whose /sessions is read; write another's as json:URL#JQ, such as json:http://host/health#.active"

var errNotOurs = errors.New("not a session endpoint of our form")

// readOwn gets the answers of all replicas.
func readOwn(ctx context.Context, f *fetcher) ([]ownForm, error) {
	forms, errs, err := each(ctx, f, func(ctx context.Context, r replica) (ownForm, error) {
		var form ownForm
		body, err := r.get(ctx, f.url)
		if err != nil {
			return form, err
		}
		if err := json.Unmarshal(body, &form); err != nil {
			var odd *json.UnmarshalTypeError
			if errors.As(err, &odd) { // whose own text tells of Go's types
				err = fmt.Errorf("%q is not to hold a %s", odd.Field, odd.Value)
			}
			return form, &Error{Err: fmt.Errorf("%s is %w: %w", client.Redact(f.url), errNotOurs, err)}
		}
		if form.Service != Service || !form.bounded() {
			return form, &Error{Err: fmt.Errorf("%s is %w", client.Redact(f.url), errNotOurs)}
		}
		return form, nil
	})
	for _, one := range errs {
		if err == nil {
			err = one
		}
	}
	return forms, err
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// detectTimeout bounds how long a server may keep us waiting that may not even
// have such an endpoint.
const detectTimeout = 2 * time.Second

// Detect asks whether the server of a stream's URL has a session endpoint of
// our own form, and returns its probe; nil where it has none.
func Detect(ctx context.Context, streamURL string, a Access) *Own {
	u, err := url.Parse(streamURL)
	if err != nil || u.Host == "" {
		return nil
	}
	origin := (&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}).String()
	f := newFetcher(origin+"/sessions?list=0", jsonMedium, a)
	defer f.closeIdle() // it is not asked again
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	if _, err := readOwn(ctx, f); err != nil {
		return nil
	}
	return NewOwn(origin, a)
}
