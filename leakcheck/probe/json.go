package probe

import (
	"context"
	"fmt"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// newJSON makes the place of "URL#JQ": a JSON answer and a jq filter that gives a
// number, an array of ids, an array of objects with ids, or several of one of
// these.
func newJSON(rest string, a Access) (place, error) {
	address, text, err := cutURL(rest, "jq filter")
	if err != nil {
		return place{}, err
	}
	filter, err := newFilter(text)
	if err != nil {
		return place{}, err
	}
	f := newFetcher(address, jsonMedium, a)
	return place{
		where: client.Redact(address) + "#" + text, role: leakcheck.Sessions, closeIdle: f.closeIdle,
		read: func(ctx context.Context) (leakcheck.Sample, error) { return f.body(ctx, filter.sample) },
	}, nil
}

// sample takes an answer for what the filter counts in it.
func (f filter) sample(ctx context.Context, body []byte) (leakcheck.Sample, error) {
	doc, err := decode(body)
	if err != nil {
		return leakcheck.Sample{}, err
	}
	outputs, err := f.run(ctx, doc)
	var sample leakcheck.Sample
	if err == nil {
		sample, err = sampleOf(outputs)
	}
	if err != nil {
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("jq filter %s: %w", f.text, err), hint: found(doc, f.text)}
	}
	return sample, nil
}
