package cmd

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

func TestAboutHead(t *testing.T) {
	const right, plain = "no-cache", "text/event-stream"
	for _, tt := range []struct {
		contentType, caching, coding string
		want                         []warningCode
	}{
		{plain, right, "", nil},
		{"text/event-stream;charset=UTF-8", "no-store", "identity", nil},
		{"text/event-stream; charset=\"utf-8\"", "private, No-Cache, no-transform", "", nil},
		{"text/event-stream; charset=iso-8859-1", right, "", []warningCode{badCharset}},
		{plain, "", "", []warningCode{cacheable}},
		{plain, "max-age=60", "gzip", []warningCode{cacheable, compressed}},
	} {
		h := http.Header{}
		for name, value := range map[string]string{"Content-Type": tt.contentType, "Cache-Control": tt.caching, "Content-Encoding": tt.coding} {
			if value != "" {
				h.Set(name, value)
			}
		}
		if got := codes(aboutHead(&client.Head{Header: h})); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", h, got, tt.want)
		}
	}
}

func codes(all []warning) []warningCode {
	var found []warningCode
	for _, w := range all {
		found = append(found, w.code)
	}
	return found
}

func TestAboutSilence(t *testing.T) {
	for _, tt := range []struct {
		silence time.Duration
		want    warningCode
	}{
		{0, ""}, {15 * time.Second, ""}, {16 * time.Second, ""}, // a server that sends each 15 s is late at times
		{17 * time.Second, noHeartbeat},
	} {
		if got := aboutSilence(tt.silence); got.code != tt.want {
			t.Errorf("%v: %q", tt.silence, got)
		}
	}
}

func TestAboutIDs(t *testing.T) {
	for _, tt := range []struct {
		before, id string
		want       warningCode
	}{
		{"", "", ""}, {"", "5", ""}, {"5", "5", ""}, {"5", "6", ""}, {"9", "10", ""},
		{"b", "a", ""}, {"9", "a", ""}, {"9", "", ""}, // no order is known
		{"5", "4", idGoesBack}, {"10", "9", idGoesBack},
		{"18446744073709551616", "1", ""}, // no number of ours
	} {
		for _, anew := range []bool{false, true} {
			if got := aboutIDs(tt.before, tt.id, anew); got.code != tt.want {
				t.Errorf("%q after %q: %q", tt.id, tt.before, got)
			}
		}
	}
}

// An event without an id does not hide that the stream begins again.
func TestWatchSeesWhatWasSent(t *testing.T) {
	w := watch{lastID: "9"}
	w.see(client.Item{Kind: client.KindOpen, Head: &client.Head{Header: http.Header{}}}, 0)
	var got []warning
	for _, id := range []string{"9", "1"} { // an event without an id has the one that was sent
		got = append(got, w.see(client.Item{Kind: client.KindEvent, Event: client.Event{ID: []byte(id)}}, 0)...)
	}
	if len(got) != 1 || !strings.Contains(got[0].text, "9 was sent as Last-Event-ID") {
		t.Errorf("%v", got)
	}
}

func TestAboutLoop(t *testing.T) {
	for life, want := range map[time.Duration]warningCode{0: reconnectLoop, loopTime: reconnectLoop, loopTime + 1: ""} {
		if got := aboutLoop(life); got.code != want {
			t.Errorf("%v: %q", life, got)
		}
	}
}

// clumpsOf is groups events of n each, a step apart, with a silence before each
// group.
func clumpsOf(count, n int, silence, step time.Duration, stamp func(group, event int) time.Time) []group {
	var groups []group
	at := time.Now()
	for g := range count {
		at = at.Add(silence)
		for e := range n {
			a := arrival{at: at, stamp: stamp(g, e)}
			if e == 0 {
				a.silence = silence
			}
			groups = gather(groups, a)
			at = at.Add(step)
		}
	}
	return groups
}

func TestAboutClumps(t *testing.T) {
	base := time.Now()
	none := func(int, int) time.Time { return time.Time{} }
	same := func(int, int) time.Time { return base }
	spread := func(g, e int) time.Time {
		return base.Add(time.Duration(g)*3*time.Second + time.Duration(e)*300*time.Millisecond)
	}
	burst := func(g, _ int) time.Time { return base.Add(time.Duration(g) * 3 * time.Second) }
	for _, tt := range []struct {
		what          string
		count, n      int
		silence, step time.Duration
		stamp         func(int, int) time.Time
		want          warningCode
	}{
		{"spread stamps in clumps", 4, 10, 3 * time.Second, 0, spread, buffering},
		{"so once", 2, 10, 3 * time.Second, 0, spread, ""},
		{"stamps of one instant each", 9, 10, 3 * time.Second, 0, burst, ""},
		{"clumps without stamps", 4, 10, 3 * time.Second, time.Millisecond, none, buffering},
		{"stamps that tell nothing", 4, 10, 3 * time.Second, 0, same, buffering},
		{"too few of them", 3, 10, 3 * time.Second, 0, none, ""},
		{"some figures each tick", 9, 5, 3 * time.Second, 0, none, ""},
		{"an event each second", 9, 1, time.Second, 0, none, ""},
		{"tokens after each pause", 9, 20, 3 * time.Second, 50 * time.Millisecond, none, ""},
		{"a steady flow", 1, 200, 0, 20 * time.Millisecond, none, ""},
		{"all at once", 1, 200, 0, 0, none, ""},
	} {
		if got := aboutClumps(clumpsOf(tt.count, tt.n, tt.silence, tt.step, tt.stamp)); got.code != tt.want {
			t.Errorf("%s: %q", tt.what, got)
		}
	}
}

func TestStampOf(t *testing.T) {
	want := time.UnixMilli(1_700_000_000_250)
	for _, tt := range []struct {
		id, data string
		stamped  bool
	}{
		{"", `{"timestamp": 1700000000.25}`, true},
		{"", `{"ts": 1700000000250}`, true},
		{"", `{"time": "1700000000250"}`, true},
		{"", `{"at": "2023-11-14T22:13:20.25Z", "n": 1}`, true},
		{"1700000000250-3", "text", true},
		{"7", `{"ts": 7}`, false},
		{"", `{"created": 1700000000}`, false}, // of the answer, not of the event
		{"", `{"ts": null}`, false}, {"", `{"ts": "NaN"}`, false}, {"", `{"ts": {}}`, false}, {"", `{"ts":`, false}, {"", "", false},
	} {
		got := stampOf(client.Event{ID: []byte(tt.id), Data: []byte(tt.data)})
		if tt.stamped && !got.Equal(want) || !tt.stamped && !got.IsZero() {
			t.Errorf("id %q, data %s: %v", tt.id, tt.data, got)
		}
	}
}

// Each warning is given once, and none at a stream as it should be.
func TestWatch(t *testing.T) {
	start := time.Now()
	right := http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-store"}}
	open := func(h http.Header) client.Item {
		return client.Item{Kind: client.KindOpen, Head: &client.Head{Header: h}}
	}
	event := func(name, id string) client.Item {
		return client.Item{Kind: client.KindEvent, Event: client.Event{Name: []byte(name), ID: []byte(id)}}
	}
	comment := client.Item{Kind: client.KindComment}
	end := client.Item{Kind: client.KindReconnect}
	broke := client.Item{Kind: client.KindReconnect, Err: io.ErrUnexpectedEOF}
	cut := client.Item{Kind: client.KindReconnect, Cut: true}
	wait := make([]client.Item, 11) // as long a time
	for _, tt := range []struct {
		what  string
		items []client.Item
		want  []warningCode
	}{
		{"as it should be", []client.Item{open(right), event("session", ""), event("delta", "1"), comment, event("delta", "2"), event("done", "2")}, nil},
		{"resumed", []client.Item{open(right), event("", "1"), end, open(right), event("", "2")}, nil},
		{"not resumed", []client.Item{open(right), event("", "2"), end, open(right), event("", "1"), event("", "0")}, []warningCode{idGoesBack}},
		{"events behind the end", []client.Item{open(right), event("done", ""), comment, event("", ""), comment}, []warningCode{afterDone}},
		{"done, and again", []client.Item{open(right), event("done", ""), end, open(right), event("", "")}, nil},
		{"a loop", []client.Item{open(nil), event("", ""), end, open(nil), end, open(nil), end}, []warningCode{cacheable, reconnectLoop}},
		{"a loop with a wait in it", slices.Concat([]client.Item{open(right), end}, wait, []client.Item{open(right), end}), []warningCode{reconnectLoop}},
		{"long streams", slices.Concat([]client.Item{open(right)}, wait, []client.Item{end, open(right)}, wait, []client.Item{end}), nil},
		{"an end and a break", []client.Item{open(right), end, open(right), broke, open(right), end}, nil},
		{"ends within events", []client.Item{open(right), event("", ""), cut, open(right), event("", ""), cut}, nil},
		{"an end, and one within an event", []client.Item{open(right), end, open(right), cut, open(right), end}, nil},
	} {
		var w watch
		var got []warningCode
		for i, item := range tt.items {
			item.At = start.Add(time.Duration(i) * time.Second)
			got = append(got, codes(w.see(item, time.Second))...)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, got, tt.want)
		}
	}
}

// A heartbeat and what came with it share the silence before them.
func TestWatchFindsClumpsBehindHeartbeats(t *testing.T) {
	var w watch
	var got []warning
	at := time.Now()
	w.see(client.Item{Kind: client.KindOpen, At: at, Head: &client.Head{Header: http.Header{}}}, 0)
	for range 4 {
		at = at.Add(5 * time.Second)
		got = append(got, w.see(client.Item{Kind: client.KindComment, At: at}, 5*time.Second)...)
		for n := range plainClump {
			got = append(got, w.see(client.Item{Kind: client.KindEvent, At: at, Event: client.Event{Data: fmt.Append(nil, n)}}, 0)...)
		}
	}
	if !slices.Equal(codes(got), []warningCode{buffering}) {
		t.Errorf("%v", got)
	}
}
