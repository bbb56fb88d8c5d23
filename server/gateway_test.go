package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// twoServers are a model and a gateway before it, which knows nothing of it but its
// URL. The model's replies go on for hours.
func twoServers(t *testing.T, defects ...Defect) (gateway, model *running) {
	t.Helper()
	cfg := quick()
	cfg.ReplyRate, cfg.ReplyLength = 50, maxTokens
	model = start(t, cfg)
	gateway = start(t, Config{
		Timeout: 3 * time.Second, Heartbeat: 50 * time.Millisecond, WriteTimeout: time.Second, UserTimeout: time.Second,
		Upstream: Remote{URL: "http://" + model.addr + "/v1"}, Defects: defects,
	})
	return gateway, model
}

// However a client leaves the gateway, the generation behind it ends with its
// session, and nothing more is made.
func TestGatewayPassesTheAbortOn(t *testing.T) {
	t.Parallel()
	for _, e := range []entrance{sseDoor, chunkDoor, socketDoor} { // whole answers are made in the same way as streamed ones
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			gateway, model := twoServers(t)
			left := leaveInEachWay(t, gateway, e)
			eventually(t, "the gateway's sessions are gone", func() bool { return gateway.active() == 0 && gateway.sessions.upstreams.Load() == 0 })
			eventually(t, "the model's are, too", func() bool { return model.active() == 0 && model.sessions.upstreams.Load() == 0 })
			n, _ := model.sessions.count(nil)
			equal(t, "completed", n.closed[CloseCompleted], 1)
			if aborted := n.closed[CloseDisconnected] + n.closed[CloseWriteFailed]; aborted != n.opened-1 || int(n.opened) < len(left)-1 { // "early" may be gone before it asked
				t.Errorf("%d aborted, %d opened, %d left: %v", aborted, n.opened, len(left), n.closed)
			}
			equal(t, "made for nobody", model.sessions.afterDisconnect.Load(), 0)
		})
	}
}

// A gateway that does not cancel has its model go on, and the model cannot know: its
// own client is there.
func TestGatewayThatDoesNotCancel(t *testing.T) {
	t.Parallel()
	gateway, model := twoServers(t, NoUpstreamCancel)
	left := leaveInEachWay(t, gateway, sseDoor)
	eventually(t, "the gateway's sessions are gone", func() bool { return gateway.active() == 0 })
	equal(t, "generations that go on", model.active(), len(left)-1) // "complete" has completed
	equal(t, "aborted", model.closed(CloseDisconnected), 0)
	before := model.sessions.sent.Load()
	eventually(t, "tokens are made for nobody", func() bool { return model.sessions.sent.Load() > before+100 })
}

// The whole conversation goes on to the model, and the bound that the client gave;
// one that it did not give is the model's affair.
func TestGatewayPassesTheConversationOn(t *testing.T) {
	t.Parallel()
	url, asked, _ := completions(t, func(w io.Writer, _ <-chan struct{}) { fmt.Fprint(w, piece("Fine.")+"data: [DONE]\n\n") })
	cfg := quick()
	cfg.Upstream = Remote{URL: url}
	gateway := start(t, cfg)
	for body, want := range map[string]string{
		`{"stream":true,"max_tokens":500,"messages":[{"role":"system","content":"be brief"},{"role":"user","content":"How?"},` +
			`{"role":"assistant","content":"So."},{"role":"user","content":[{"type":"text","text":"And you?"}]}]}`: `500 ` +
			`[{"content":"be brief","role":"system"},{"content":"How?","role":"user"},{"content":"So.","role":"assistant"},{"content":"And you?","role":"user"}]`,
		`{"messages":[{"role":"user","content":"How?"}]}`: `null [{"content":"How?","role":"user"}]`,
	} {
		resp, err := http.Post("http://"+gateway.addr+"/v1/chat/completions", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body) // who hangs up before would have nobody asked
		_ = resp.Body.Close()
		got := <-asked
		said := must(json.Marshal(got["messages"]))
		equal(t, "asked", string(must(json.Marshal(got["max_tokens"])))+" "+string(said), want)
	}
	equal(t, "told", gateway.remoteTold(t), true)
}

// remoteTold tells whether /sessions says that another server writes the replies.
func (r *running) remoteTold(t *testing.T) bool {
	t.Helper()
	var told struct{ Remote bool }
	_, body := r.do(t, "GET", "/sessions?list=0")
	if err := json.Unmarshal([]byte(body), &told); err != nil {
		t.Fatal(err)
	}
	return told.Remote
}
