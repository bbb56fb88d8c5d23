package client

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// record is a StreamHandler that writes down what it receives.
type record struct {
	lines   []string
	heads   []*Head
	headErr error
}

func (r *record) Head(h *Head) error {
	r.heads = append(r.heads, h)
	return r.headErr
}

func (r *record) Event(e Event) {
	r.lines = append(r.lines, event(string(e.Name), string(e.Data), string(e.ID)))
}

func (r *record) Comment(text []byte)   { r.lines = append(r.lines, comment(string(text))) }
func (r *record) Retry(d time.Duration) { r.lines = append(r.lines, retry(d)) }

func event(name, data, id string) string { return fmt.Sprintf("event %q %q id %q", name, data, id) }
func message(data string) string         { return event("", data, "") }
func comment(text string) string         { return fmt.Sprintf("comment %q", text) }
func retry(d time.Duration) string       { return "retry " + d.String() }

// count is a StreamHandler for benchmarks: it does as little as it can with what it receives.
type count struct {
	events, bytes int
}

func (c *count) Head(*Head) error       { return nil }
func (c *count) Comment(text []byte)    { c.bytes += len(text) }
func (c *count) Retry(d time.Duration)  {}
func (c *count) Body(body []byte) error { c.bytes += len(body); return nil }

func (c *count) Event(e Event) {
	c.events++
	c.bytes += len(e.Data)
}

// eachSplit calls f with s whole, byte by byte, and cut in two at every place, and names the division.
func eachSplit(s string, f func(name string, chunks []string)) {
	f("whole", []string{s})
	bytewise := make([]string, len(s))
	for i := range bytewise {
		bytewise[i] = s[i : i+1]
	}
	f("bytewise", bytewise)
	for i := range len(s) + 1 {
		f(fmt.Sprintf("cut at %d", i), []string{s[:i], s[i:]})
	}
}

func sameLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// scrub overwrites chunk once it was fed, so that whoever kept a slice of it is found out.
func scrub(chunk []byte) {
	for i := range chunk {
		chunk[i] = '#'
	}
}
