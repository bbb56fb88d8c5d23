package talk

import (
	"slices"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/server"
)

func TestAskOwnServer(t *testing.T) {
	t.Parallel()
	c := resolved(t, Config{URL: startServer(t, server.Config{ReplyLength: 5, ReplyRate: 500, Heartbeat: time.Minute})})
	if c.Target.Dialect != Own || !c.Target.Sure || c.Target.Sessions == "" || c.Target.Limits.Heartbeat != time.Minute {
		t.Errorf("the target is %+v", c.Target)
	}
	talk := says("hello")
	talk.Session = "mine"
	r := ask(t, c, talk)
	if l := r.Life(); l.State != Connecting || l.Began.IsZero() || l.Stream == "" || l.Every != time.Minute {
		t.Errorf("its life begins with %+v", l)
	}
	h := complete(t, r)
	l := h.life
	if h.text == "" || l.Deltas != 5 || l.Session != "mine" || l.Usage.CompletionTokens != 5 || l.Status != 200 || l.Bytes == 0 ||
		l.First.Before(l.Opened) || l.Last.Before(l.First) || l.Ended.Before(l.Last) || l.LastEventID == "" || l.Events != 7 {
		t.Errorf("%q, and its life was %+v", h.text, l)
	}
	if !slices.Equal(h.states, []State{Streaming, Done}) || h.kinds[0] != client.KindOpen {
		t.Errorf("states %v, kinds %v", h.states, h.kinds)
	}
	if _, err := r.Leave("close"); err == nil {
		t.Error("what is over was left")
	}
}
