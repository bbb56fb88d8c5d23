//go:build unix

package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/cmd/talk"
	"github.com/sse-tool/sse-tool/server"
)

// resolved is a config for a server.
func resolved(t testing.TB, url string) talk.Config {
	t.Helper()
	c, err := talk.Config{URL: url, Retry: 300 * time.Millisecond, Patience: time.Minute}.Resolve(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// own is a reference server. It finds out soon that a client stalls or has vanished, by its
// user timeout; its write timeout is long, or a busy machine would cut streams by it.
type own struct{ URL string }

func newOwn(t testing.TB) own {
	t.Helper()
	s, err := server.New(server.Config{ReplyRate: 40, ReplyLength: 100_000, Heartbeat: 300 * time.Millisecond,
		WriteTimeout: patience, UserTimeout: 2 * time.Second, SweepEvery: time.Second, IdleTimeout: 5 * time.Second, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := server.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return own{"http://" + ln.Addr().String()}
}

// settles waits until the server has that many sessions.
func (o own) settles(t testing.TB, want int) {
	t.Helper()
	got := -1
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(o.URL + "/sessions?list=0")
		if err != nil {
			t.Fatal(err)
		}
		var status struct{ Active int }
		err = json.NewDecoder(resp.Body).Decode(&status)
		resp.Body.Close()
		if got = status.Active; err == nil && got == want {
			http.DefaultClient.CloseIdleConnections()
			return
		}
	}
	t.Errorf("the server has %d sessions, want %d", got, want)
}

// sent is what a server in the OpenAI dialect was asked.
type sent struct {
	Model    string
	Messages []struct{ Role, Content string }
}

// recorded answers everything with a recorded stream in the OpenAI dialect.
type recorded struct {
	*httptest.Server
	mu  sync.Mutex
	got []sent
}

func newRecorded(t testing.TB, pause time.Duration) *recorded {
	t.Helper()
	record, err := os.ReadFile("testdata/openai.sse")
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodPost {
			http.NotFound(w, req)
			return
		}
		var q sent
		if err := json.NewDecoder(req.Body).Decode(&q); err != nil {
			t.Errorf("asked in no JSON: %v", err)
		}
		r.mu.Lock()
		r.got = append(r.got, q)
		r.mu.Unlock()
		w.Header().Set("Content-Type", "text/event-stream")
		for event := range bytes.SplitAfterSeq(record, []byte("\n\n")) {
			w.Write(event)
			w.(http.Flusher).Flush()
			time.Sleep(pause)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// asked is what it was asked so far.
func (r *recorded) asked() []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

// stream is a server of one kind of stream.
func newStream(t testing.TB, serve func(w http.ResponseWriter, flush func(), r *http.Request)) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/sse/chat" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		serve(w, w.(http.Flusher).Flush, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// newDying is a server whose stream breaks in mid-word. It goes on when its client
// comes back and the channel is closed; with none it has no ids.
func newDying(t testing.TB, again <-chan struct{}) *httptest.Server {
	words := []string{"It ", "was ", "going ", "so ", "w", "ell, ", "and ", "it ", "did."}
	return newStream(t, func(w http.ResponseWriter, flush func(), r *http.Request) {
		from := 0
		_, _ = fmt.Sscanf(r.Header.Get("Last-Event-ID"), "a-%d", &from)
		if from > 0 {
			select {
			case <-again:
			case <-r.Context().Done():
				return
			}
		}
		for i := from; i < len(words); i++ {
			if i == 5 && from == 0 {
				fmt.Fprint(w, "event: delta\ndata: {\"del") // in mid-event too
				flush()
				panic(http.ErrAbortHandler)
			}
			if again != nil {
				fmt.Fprintf(w, "id: a-%d\n", i+1)
			}
			fmt.Fprintf(w, "event: delta\ndata: {\"delta\":%q}\n\n", words[i])
			flush()
		}
		fmt.Fprint(w, "event: done\ndata: {\"tokens\":9}\n\n")
	})
}

// newHostile is a server that tries to take the terminal over.
func newHostile(t testing.TB) *httptest.Server {
	texts := []string{"a \x1b[2J b ", "\x1b]0;mine\x07 ", "\u009b31m ", "\u202egnp ", "&#27;[31m and `&#27;[5m` ", "<b>x</b>\n"}
	return newStream(t, func(w http.ResponseWriter, flush func(), _ *http.Request) {
		fmt.Fprint(w, ": \x1b]0;mine\x07\n\nevent: session\ndata: {\"session_id\":\"\\u001b]0;mine\\u0007\"}\n\n")
		for i, text := range texts {
			data, _ := json.Marshal(map[string]string{"delta": text})
			fmt.Fprintf(w, "id: \x1b[2J%d\nevent: delta\ndata: %s\n\n", i, data)
			flush()
		}
		fmt.Fprint(w, "event: \x1b]0;mine\x07\ndata: \x1b]0;mine\x07\n\nevent: done\ndata: {}\n\n")
	})
}

// newModelServer answers in the OpenAI dialect with the text of a file, some
// letters at a time.
func newModelServer(t testing.TB, path string) *httptest.Server {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, ": ping\n\n")
		for part := range slices.Chunk([]rune(string(text)), 4) {
			data, _ := json.Marshal(string(part))
			fmt.Fprintf(w, "data: {\"choices\":[{\"delta\":{\"content\":%s}}]}\n\n", data)
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
		fmt.Fprint(w, "data: [DONE]\n\n")
	}))
	t.Cleanup(s.Close)
	return s
}
