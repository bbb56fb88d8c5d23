package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// Service is how a server in our own form calls itself in its /sessions.
const Service = "sse-tool"

// Own reads the /sessions of a server in our own form: sessions, with their
// ids, and upstreams.
type Own struct {
	fetch fetcher
}

// NewOwn makes the probe of the server at an origin ("http://host:8080").
func NewOwn(origin string, a Access) *Own {
	return &Own{fetch: newFetcher(origin+"/sessions", a)}
}

// Series are the sessions and the upstreams.
func (o *Own) Series() []leakcheck.Series {
	spec := loadgen.Redact(o.fetch.url)
	return []leakcheck.Series{
		{Name: "sessions", Role: leakcheck.Sessions, Spec: spec},
		{Name: "upstreams", Role: leakcheck.Upstreams, Spec: spec},
	}
}

// CloseIdleConnections closes the connection on which the probe waits for the
// next reading. It can be read again afterwards.
func (o *Own) CloseIdleConnections() { o.fetch.client.CloseIdleConnections() }

// ownForm is the part of the session endpoint's answer that is looked at.
type ownForm struct {
	Service   string    `json:"service"`
	Active    int       `json:"active"`
	Upstreams int       `json:"upstreams"`
	Opened    int64     `json:"opened"`
	StartedAt time.Time `json:"started_at"`
	Config    struct {
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

// Read asks for the list.
func (o *Own) Read(ctx context.Context) (leakcheck.Answer, error) {
	form, err := readOwn(ctx, o.fetch)
	if err != nil {
		return leakcheck.Answer{}, err
	}
	ids := make([]string, len(form.Sessions))
	for i, s := range form.Sessions {
		// A stream's own id tells the two streams of a refreshed session apart.
		ids[i] = s.StreamID
		if ids[i] == "" {
			ids[i] = s.ID
		}
	}
	return leakcheck.Answer{
		Samples: []leakcheck.Sample{{Count: form.Active, IDs: ids}, {Count: form.Upstreams}},
		Server: &leakcheck.Server{
			StartedAt: form.StartedAt,
			Opened:    form.Opened,
			Config: leakcheck.Limits{
				Timeout:     seconds(form.Config.Timeout),
				Heartbeat:   seconds(form.Config.Heartbeat),
				UserTimeout: seconds(form.Config.UserTimeout),
				SweepEvery:  seconds(form.Config.SweepEvery),
				IdleTimeout: seconds(form.Config.IdleTimeout),
			},
		},
	}, nil
}

var errNotOurs = errors.New("not a session endpoint of our form")

func readOwn(ctx context.Context, f fetcher) (ownForm, error) {
	var form ownForm
	body, err := f.get(ctx)
	if err != nil {
		return form, err
	}
	if err := json.Unmarshal(body, &form); err != nil {
		return form, fmt.Errorf("%s is %w: %w", loadgen.Redact(f.url), errNotOurs, err)
	}
	if form.Service != Service {
		return form, fmt.Errorf("%s is %w", loadgen.Redact(f.url), errNotOurs)
	}
	return form, nil
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
	f := newFetcher(origin+"/sessions?list=0", a)
	defer f.client.CloseIdleConnections() // it is not asked again
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	if _, err := readOwn(ctx, f); err != nil {
		return nil
	}
	return NewOwn(origin, a)
}
