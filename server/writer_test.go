package server

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// A silence longer than one write may take ends nothing, whatever carries the
// stream: an HTTP/2 stream and a WebSocket see a deadline that passed, too.
func TestSilenceOutlastsTheWriteTimeout(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Heartbeat, cfg.WriteTimeout, cfg.UserTimeout, cfg.Timeout = 400*time.Millisecond, 100*time.Millisecond, patience, time.Minute
	cfg.IdleTimeout = time.Minute
	r := start(t, cfg)
	for _, e := range entrances {
		r.knock(t, e, "tokens=1&rate=0").stay()
	}
	var clear http.Protocols
	clear.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &clear}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("http://" + r.addr + chat("rate=0"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	beats := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, resp.Body, 5*int64(len(heartbeat)))
		beats <- err
	}()
	eventually(t, "all are there", func() bool { return r.active() == len(entrances)+1 })
	time.Sleep(5 * cfg.Heartbeat / 2)
	equal(t, "active", r.active(), len(entrances)+1)
	if err := <-beats; err != nil {
		t.Errorf("over HTTP/2: %v", err)
	}
}
