package talk

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
	"github.com/sse-tool/sse-tool/server"
)

// Each way is seen by the feed of a real server, which lets the session go when it must.
func TestServerLetsGo(t *testing.T) {
	t.Parallel()
	c := resolved(t, Config{URL: startServer(t, server.Config{
		ReplyRate: 200, Heartbeat: 200 * time.Millisecond, WriteTimeout: time.Second, UserTimeout: time.Second,
	}) + "?tokens=0&size=200"})
	reasons := map[loadgen.Disconnect][]string{ // a refresh closes, and opens at once: either may be seen first
		loadgen.Close: {"disconnected"}, loadgen.Reset: {"disconnected"}, loadgen.Refresh: {"replaced", "disconnected"},
		loadgen.Stall: {"write_failed", "disconnected"}, loadgen.Vanish: {"write_failed", "disconnected"},
	}
	for _, way := range Ways() {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			if err := way.Able(); err != nil {
				t.Skip(err)
			}
			sessions, err := Watch(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer sessions.Close()
			if l, err := sessions.Next(); err != nil || !l.Connected {
				t.Fatalf("%+v, %v", l, err)
			}
			r := ask(t, c, says("hello"))
			if h := hear(t, r, someText); h.err != nil {
				t.Fatal(h.err)
			}
			var d Departure
			if way == loadgen.Refresh {
				next, left, err := r.Refresh()
				if err != nil {
					t.Fatal(err)
				}
				d = left
				defer next.Close()
				if h := hear(t, next, someText); h.err != nil || h.life.Session != d.Session || h.life.Stream == d.Stream {
					t.Errorf("the successor: %+v", h)
				}
			} else if d, err = r.Leave(way); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Next(); !errors.Is(err, ErrLeft) {
				t.Errorf("Next: %v", err)
			}
			for {
				live, err := sessions.Next()
				if err != nil {
					t.Fatal(err)
				}
				if g, ok := d.Gone(live); ok {
					t.Logf("%s: %+v", way, g)
					if want := reasons[way]; !slices.Contains(want, g.Reason) {
						t.Errorf("the reason is %q, want one of %q", g.Reason, want)
					}
					break
				}
			}
		})
	}
}
