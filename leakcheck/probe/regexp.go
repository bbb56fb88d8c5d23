package probe

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// newRegexp makes the place of "URL#RE". What the expression's group finds is a
// number, and several are summed; a group that is called id, (?P<id>…), finds ids;
// without a group the matches are counted.
func newRegexp(rest string, a Access) (place, error) {
	address, text, err := cutURL(rest, "regular expression")
	if err != nil {
		return place{}, err
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return place{}, err
	}
	f := newFetcher(address, medium{name: "text", accept: "*/*", pages: true}, a)
	return place{
		where: client.Redact(address) + "#" + text, role: leakcheck.Sessions, closeIdle: f.closeIdle,
		read: func(ctx context.Context) (leakcheck.Sample, error) { return f.body(ctx, pattern{re}.sample) },
	}, nil
}

// pattern is a regular expression that finds what is counted.
type pattern struct{ *regexp.Regexp }

func (p pattern) sample(_ context.Context, body []byte) (leakcheck.Sample, error) {
	found := p.FindAllSubmatch(body, -1)
	if i := p.SubexpIndex("id"); i >= 0 {
		ids := make([]string, 0, len(found))
		for _, m := range found {
			ids = append(ids, string(m[i]))
		}
		return leakcheck.Sample{Count: len(ids), IDs: ids}, nil
	}
	if p.NumSubexp() == 0 {
		return leakcheck.Sample{Count: len(found)}, nil
	}
	if len(found) == 0 {
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("regular expression %s matches nothing there", p), hint: "the answer begins: " + beginning(body)}
	}
	total := 0.0
	for _, m := range found {
		n, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			return leakcheck.Sample{}, &Error{Err: fmt.Errorf("regular expression %s finds %.40q, no number", p, m[1]), hint: `put the number into the first group: active: (\d+)`}
		}
		total += n
	}
	n, err := counted(total)
	if err != nil {
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("regular expression %s %w", p, err), hint: "take a number that counts something"}
	}
	return leakcheck.Sample{Count: n}, nil
}

// beginning is as much of a text as an error may quote.
func beginning(text []byte) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
