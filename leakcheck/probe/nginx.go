package probe

import (
	"context"
	"errors"
	"regexp"
	"strconv"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// newNginx makes the place of "URL", the page of nginx's stub_status.
func newNginx(rest string, a Access) (place, error) {
	if err := checkURL(rest); err != nil {
		return place{}, err
	}
	f := newFetcher(rest, medium{name: "nginx's stub_status", accept: textMedium.accept}, a)
	return place{
		where: client.Redact(rest), role: leakcheck.Sessions, closeIdle: f.closeIdle,
		read: func(ctx context.Context) (leakcheck.Sample, error) { return f.body(ctx, writing) },
	}, nil
}

var writingCount = regexp.MustCompile(`(?m)^Reading: \d+ Writing: (\d+) Waiting: \d+\s*$`)

// writing counts the connections that nginx answers on, where streams are; one of
// them is this reading's own.
func writing(_ context.Context, body []byte) (leakcheck.Sample, error) {
	m := writingCount.FindSubmatch(body)
	if m == nil {
		return leakcheck.Sample{}, &Error{Err: errors.New("no line \"Reading: … Writing: … Waiting: …\" there"), hint: "give the URL of a location that has stub_status on"}
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return leakcheck.Sample{}, &Error{Err: err, hint: "the answer is not nginx's"}
	}
	return leakcheck.Sample{Count: max(0, n-1)}, nil
}
