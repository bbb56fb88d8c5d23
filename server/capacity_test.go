package server

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestCapacity(t *testing.T) {
	cfg := quick()
	cfg.MaxSessions, cfg.MaxUserSessions = 3, 2
	r := start(t, cfg)
	refused := func(what, path string, status int) {
		t.Helper()
		resp, body := r.do(t, "GET", path)
		equal(t, what, resp.StatusCode, status)
		equal(t, what+": retry after", resp.Header.Get("Retry-After"), "5")
		if body == "" || body[:9] != "session: " {
			t.Errorf("%s: %q", what, body)
		}
	}
	first := r.open(t, chat("session=1", "user=ada"))
	r.open(t, chat("session=2", "user=ada"))
	refused("a third of one user", chat("session=3", "user=ada"), 429)
	r.open(t, chat("session=1", "user=ada")) // a refresh takes its own place
	first.ended(t)
	third := r.open(t, chat("session=3", "user=grace"))
	refused("a fourth", chat("session=4", "user=joan"), 503)
	refused("one of nobody's", chat(), 503)
	r.open(t, chat("session=2", "user=ada"))
	third.leave()
	eventually(t, "there is room again", func() bool { return r.active() == 2 })
	r.open(t, chat("session=4")) // of an address
	equal(t, "active", r.active(), 3)
	equal(t, "opened", r.answer(t).Opened, 6)
	equal(t, "upstreams", r.answer(t).Upstreams, 3)
}

// Each door refuses in its own way, and a session that was refused leaves nothing.
func TestCapacityOfEveryDoor(t *testing.T) {
	cfg := quick()
	cfg.MaxSessions = 1
	r := start(t, cfg)
	r.open(t, chat())
	resp, err := http.Post("http://"+r.addr+"/v1/chat/completions", "application/json",
		strings.NewReader(`{"messages": [{"role": "user", "content": "hi"}], "stream": true}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Error apiError }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	equal(t, "completions", resp.StatusCode, 503)
	equal(t, "completions: retry after", resp.Header.Get("Retry-After"), "5")
	equal(t, "completions: error", answer.Error.Type+": "+answer.Error.Message, "server_error: "+errFull.Error())
	socket := r.dial(t, "/ws/chat", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
	socket.until(t, "HTTP/1.1 503")
	equal(t, "active", r.active(), 1)
	equal(t, "opened", r.answer(t).Opened, 1)
}

// Who names no user is counted by address.
func TestCapacityOfAnAddress(t *testing.T) {
	cfg := quick()
	cfg.MaxUserSessions = 1
	cfg.TrustedProxies = append(cfg.TrustedProxies, must(ParseProxy("127.0.0.1")))
	r := start(t, cfg)
	r.open(t, chat(), "X-Forwarded-For: 192.0.2.1")
	r.open(t, chat(), "X-Forwarded-For: 192.0.2.2")
	r.dial(t, chat(), "X-Forwarded-For: 192.0.2.9, 192.0.2.1").until(t, "HTTP/1.1 429")
	r.open(t, chat())
	equal(t, "active", r.active(), 3)
}

// At the limit nothing is lost or counted twice, however many come and go.
func TestCapacityUnderChurn(t *testing.T) {
	cfg := quick()
	cfg.MaxSessions = 10
	r := start(t, cfg)
	for range 10 {
		var peers []*peer
		for range 30 {
			peers = append(peers, r.dial(t, chat()))
		}
		accepted := 0
		for _, p := range peers {
			status := make([]byte, 12)
			if _, err := io.ReadFull(p.in, status); err != nil {
				t.Fatal(err)
			}
			if string(status) == "HTTP/1.1 200" {
				accepted++
			}
		}
		equal(t, "accepted", accepted, 10)
		for _, p := range peers {
			p.leave()
		}
		eventually(t, "all are gone", func() bool { return r.active() == 0 })
	}
	n, _ := r.sessions.count(nil)
	equal(t, "refused", n.refused[errFull], 200)
	equal(t, "owners", len(r.sessions.ledger.owners), 0)
}
