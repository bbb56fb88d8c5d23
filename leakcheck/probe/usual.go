package probe

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// page is a place at which servers usually show what they keep for their streams.
type page struct {
	path   string
	medium medium
	guess  func(address string, body []byte) []guess
}

// pages are all of them, in the order in which they are asked for: those that name
// sessions first.
var pages = []page{
	{"/sessions", jsonMedium, guessJSON},
	{"/api/sessions", jsonMedium, guessJSON},
	{"/admin/sessions", jsonMedium, guessJSON},
	{"/streams", jsonMedium, guessJSON},
	{"/connections", jsonMedium, guessJSON},
	{"/health", jsonMedium, guessJSON},
	{"/healthz", jsonMedium, guessJSON},
	{"/api/health", jsonMedium, guessJSON},
	{"/health/backlog", jsonMedium, guessJSON},
	{"/status", jsonMedium, guessJSON},
	{"/api/status", jsonMedium, guessJSON},
	{"/stats", jsonMedium, guessJSON},
	{"/api/stats", jsonMedium, guessJSON},
	{"/metrics", metricsMedium, guessMetrics},
	{"/actuator/metrics", jsonMedium, guessActuator},
	{"/actuator/prometheus", metricsMedium, guessMetrics},
	{"/debug/vars", jsonMedium, guessExpvar},
	{"/slots", jsonMedium, guessSlots},
	{"/stub_status", textMedium, guessNginx},
	{"/nginx_status", textMedium, guessNginx},
	{"/debug/pprof/goroutine?debug=1", textMedium, guessGoroutines},
}

const (
	pageTimeout   = time.Second      // of one page
	surveyTimeout = 10 * time.Second // of all of them
	maxPage       = 4 << 20          // bytes of one
	maxCandidates = 16
)

// Candidate is a figure that may count the sessions of streams.
type Candidate struct {
	leakcheck.Probe
	rank int
}

// Spec says where it is read, without secrets.
func (c Candidate) Spec() string { return c.Series()[0].Spec }

// Survey is what was found at a server's usual places.
type Survey struct {
	// Candidates may count sessions, the likeliest first. Whether they do is
	// seen when streams open ([Survey.Moves]).
	Candidates []Candidate
	// Others count something else that streams take: goroutines, descriptors.
	Others []Candidate
	// Tried has each place, and in a word or two what it answered.
	Tried []Attempt
}

// Attempt is one place and what came of it.
type Attempt struct {
	Path    string
	Outcome string
}

// Look asks the server of a stream's URL at its usual places, one after the other
// and once each. A server that answers nothing at all is left alone after some.
func Look(ctx context.Context, streamURL string, a Access) Survey {
	var s Survey
	u, err := url.Parse(streamURL)
	if err != nil || u.Host == "" {
		return s
	}
	origin := (&url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}).String()
	ctx, cancel := context.WithTimeout(ctx, surveyTimeout)
	defer cancel()
	for _, p := range pages {
		if ctx.Err() != nil {
			break
		}
		if p.path == u.Path {
			continue // that is the stream
		}
		body, err := p.get(ctx, origin, a)
		var guesses []guess
		if err == nil {
			guesses = p.guess(origin+p.path, body)
		}
		s.Tried = append(s.Tried, Attempt{p.path, outcome(err, len(guesses))})
		s.take(guesses, a)
	}
	slices.SortStableFunc(s.Candidates, func(a, b Candidate) int { return cmp.Compare(a.rank, b.rank) })
	s.Candidates = s.Candidates[:min(len(s.Candidates), maxCandidates)]
	return s
}

// take makes probes of a page's guesses, the likeliest of them where there are many.
func (s *Survey) take(guesses []guess, a Access) {
	slices.SortStableFunc(guesses, func(a, b guess) int { return cmp.Compare(a.rank, b.rank) })
	for _, g := range guesses[:min(len(guesses), maxCandidates)] {
		p, err := Parse(string(g.role)+"="+g.spec, a)
		if err != nil {
			continue // a name that a specification cannot have
		}
		c := Candidate{p, g.rank}
		if g.role == leakcheck.Sessions {
			s.Candidates = append(s.Candidates, c)
		} else {
			s.Others = append(s.Others, c)
		}
	}
}

// get asks for the page once.
func (p page) get(ctx context.Context, origin string, a Access) ([]byte, error) {
	f := newFetcher(origin+p.path, p.medium, a)
	f.timeout, f.limit = pageTimeout, maxPage
	defer f.closeIdle()
	if err := f.resolve(ctx); err != nil {
		return nil, err
	}
	return f.replicas[0].get(ctx, f.url)
}

// outcome says what came of a page.
func outcome(err error, guesses int) string {
	code := status(err)
	var other *mediumError
	switch {
	case err == nil && guesses > 0:
		return "looked at"
	case err == nil:
		return "no count in it"
	case code != 0:
		return strconv.Itoa(code) + " " + http.StatusText(code)
	case errors.As(err, &other):
		return other.is
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	default:
		return err.Error()
	}
}
