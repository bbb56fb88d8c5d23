//go:build heavy

package server

import (
	"io"
	"net/http"
	"testing"
	"time"
)

func TestHeavyConnectsAndDrops(t *testing.T) { connectAndDrop(t, 50_000) }

// What a session may cost: a bare net/http handler takes 25 KiB of it. And what it
// costs to ask how many there are, ten times a second.
func TestHeavyCost(t *testing.T) {
	r := costs(t, 15_000, 32)
	r.polls(t, "/sessions", 20)
	if share := r.polls(t, "/sessions?list=0", 2000); share > 0.03 {
		t.Errorf("who asks ten times a second takes %.2f %% of a core", 100*share)
	}
}

// polls asks for a path n times, and returns which share of a core it takes to be
// asked so ten times a second. It is what this process took meanwhile, too much
// rather than too little: the client is in there, and the sessions' heartbeats.
func (r *running) polls(t *testing.T, path string, n int) (share float64) {
	t.Helper()
	from, ok := processorTime()
	if !ok {
		t.Skip("this system does not tell what a process took")
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	begin, bytes := time.Now(), int64(0)
	for range n {
		resp, err := (&http.Client{Transport: transport}).Get("http://" + r.addr + path)
		if err != nil {
			t.Fatal(err)
		}
		bytes, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status, err)
		}
	}
	to, _ := processorTime()
	each := (to - from) / time.Duration(n)
	t.Logf("%s of %d sessions: %v of a processor and %v for %d bytes", path, r.active(), each, time.Since(begin)/time.Duration(n), bytes)
	return 10 * each.Seconds()
}
