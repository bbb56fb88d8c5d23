package probe

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// jsonProbe reads a JSON answer by a jq filter that gives a number, an array of
// ids, an array of objects with ids, or several of one of these.
type jsonProbe struct {
	fetch  fetcher
	filter filter
	series leakcheck.Series
}

// newJSON makes the probe of "URL#JQ".
func newJSON(rest string, role leakcheck.Role, a Access) (leakcheck.Probe, error) {
	address, text, filtered := strings.Cut(rest, "#")
	if !filtered || text == "" {
		return nil, &Error{Err: fmt.Errorf("no jq filter after the URL"), hint: "write it behind a #, as in json:http://host/sessions#.active"}
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, &Error{Err: errors.New("no http:// or https:// URL before the jq filter"), hint: "write it as json:http://host/sessions#.active"}
	}
	filter, err := newFilter(text)
	if err != nil {
		return nil, err
	}
	return &jsonProbe{
		fetch: newFetcher(address, a), filter: filter,
		series: leakcheck.Series{Name: string(role), Role: role, Spec: line("json:" + loadgen.Redact(address) + "#" + text)},
	}, nil
}

// Series is the one figure.
func (p *jsonProbe) Series() []leakcheck.Series { return []leakcheck.Series{p.series} }

// CloseIdleConnections closes the connection on which the probe waits for the
// next reading. It can be read again afterwards.
func (p *jsonProbe) CloseIdleConnections() { p.fetch.client.CloseIdleConnections() }

// Read gets the answer and filters it.
func (p *jsonProbe) Read(ctx context.Context) (leakcheck.Answer, error) {
	body, err := p.fetch.get(ctx)
	if err != nil {
		return leakcheck.Answer{}, err
	}
	doc, err := decode(body)
	if err != nil {
		return leakcheck.Answer{}, &Error{
			Err:  fmt.Errorf("%s answered no JSON: %w", loadgen.Redact(p.fetch.url), err),
			hint: "give the URL of the endpoint that counts or lists sessions as JSON",
		}
	}
	sample, err := p.sample(ctx, doc)
	if err != nil {
		return leakcheck.Answer{}, &Error{Err: fmt.Errorf("jq filter %s: %w", p.filter.text, err), hint: found(doc)}
	}
	return leakcheck.Answer{Samples: []leakcheck.Sample{sample}}, nil
}

func (p *jsonProbe) sample(ctx context.Context, doc any) (leakcheck.Sample, error) {
	outputs, err := p.filter.run(ctx, doc)
	if err != nil {
		return leakcheck.Sample{}, err
	}
	return sampleOf(outputs)
}
