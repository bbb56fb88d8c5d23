package probe

import (
	"context"
	"fmt"
	"time"

	"github.com/itchyny/gojq"
)

// filter is a jq filter, compiled.
type filter struct {
	text   string
	code   *gojq.Code
	bounds bounds
}

// bounds are what a filter may take: it may have no end.
type bounds struct {
	time    time.Duration
	outputs int
}

// filterBounds are ten times what a filter takes for 100,000 sessions.
var filterBounds = bounds{2 * time.Second, 1_000_000}

// newFilter compiles a filter. It reaches neither the environment nor files.
func newFilter(text string) (filter, error) {
	query, err := gojq.Parse(text)
	var code *gojq.Code
	if err == nil {
		code, err = gojq.Compile(query)
	}
	if err != nil {
		return filter{}, &Error{Err: fmt.Errorf("jq filter %s: %w", text, err), hint: "try it with jq: curl URL | jq '" + text + "'"}
	}
	return filter{text: text, code: code, bounds: filterBounds}, nil
}

// run returns the filter's outputs for a document.
func (f filter) run(ctx context.Context, doc any) ([]any, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, f.bounds.time, fmt.Errorf("not done in %s", f.bounds.time))
	defer cancel()
	var outputs []any
	for it := f.code.RunWithContext(ctx, doc); len(outputs) <= f.bounds.outputs; {
		v, more := it.Next()
		if !more {
			return outputs, nil
		}
		if err, failed := v.(error); failed {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return nil, err
		}
		outputs = append(outputs, v)
	}
	return nil, fmt.Errorf("gives more than %d outputs", f.bounds.outputs)
}
