package cmd

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// newOdd is an SSE server whose streams each have something about them. All of
// them end, or stay silent until the client leaves.
func newOdd() http.Handler {
	mux := http.NewServeMux()
	stream := func(path string, handle func(write func(string), w http.ResponseWriter, r *http.Request)) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = io.Copy(io.Discard, r.Body) // or net/http does not see that the client leaves
			handle(func(text string) {
				io.WriteString(w, text)
				w.(http.Flusher).Flush()
			}, w, r)
		})
	}
	// Three events, and silence.
	stream("/three", func(write func(string), _ http.ResponseWriter, r *http.Request) {
		write("event: a\nid: 1\ndata: {\"n\": 1}\n\nevent: b\ndata: {\"n\": 12345678901234567890}\n\n: beat\n\ndata: text\n\n")
		<-r.Context().Done()
	})
	// An answer as of a model, which ends.
	stream("/done", func(write func(string), _ http.ResponseWriter, _ *http.Request) {
		write("data: {\"delta\": \"Hel\"}\n\ndata: {\"delta\": \"lo\"}\n\ndata: [DONE]\n\n")
	})
	// One that is cut within an event, each time.
	stream("/cut", func(write func(string), w http.ResponseWriter, _ *http.Request) {
		write("retry: 20\nid: 7\ndata: one\n\ndata: tw")
		panic(http.ErrAbortHandler)
	})
	// One that ends in good order, but for its last event.
	stream("/short", func(write func(string), _ http.ResponseWriter, _ *http.Request) { write("data: one\n\ndata: two") })
	// One in UTF-16.
	stream("/wide", func(write func(string), _ http.ResponseWriter, _ *http.Request) {
		write("\xff\xfed\x00a\x00t\x00a\x00:\x00x\x00\n\x00\n\x00")
	})
	// One that sets the reconnection time, and no more.
	stream("/retry", func(write func(string), _ http.ResponseWriter, _ *http.Request) { write("retry: 20\n") })
	// One that resumes: an event a connection, three in all, then 204.
	stream("/resume", func(write func(string), w http.ResponseWriter, r *http.Request) {
		var last int
		_, _ = fmt.Sscan(r.Header.Get("Last-Event-ID"), &last) // zero without one
		if last >= 3 {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		write(fmt.Sprintf("retry: 20\nid: %d\ndata: {\"n\": %d}\n\n", last+1, last+1))
		panic(http.ErrAbortHandler)
	})
	// One that ends at once, again and again.
	stream("/loop", func(write func(string), _ http.ResponseWriter, _ *http.Request) {
		write("retry: 20\ndata: x\n\n")
	})
	// Nearly all that can be warned of at once.
	stream("/wrong", func(write func(string), w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=latin1")
		w.Header().Del("Cache-Control")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, "id: 2\ndata: x\n\nid: 1\ndata: y\n\nevent: done\ndata: {}\n\n: late\n\n")
		z.Close()
	})
	// One that wants to get at the terminal.
	stream("/hostile", func(write func(string), _ http.ResponseWriter, _ *http.Request) {
		write(": \x1b]0;title\a\n\nevent: \x1b[31mred\nid: \x1b[2J\ndata: \x1b[2Jwiped \u009b31m \u202egnp\r\ndata: two\n\n")
		write("data: {\"a\": \"\x7f\u009b2J\", \"b\": \"\\u001b[2J\"}\n\n")
		write("data: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n\n")
	})
	// Whether it was asked as it was to be.
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-cache")
		fmt.Fprintf(w, "event: done\ndata: %s %s %s %s\n\n", r.Header.Get("X-Trace"), r.Header.Get("Cookie"), r.Header.Get("Last-Event-ID"), body)
	})
	var asked atomic.Int64
	stream("/restart", func(write func(string), w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		write("retry: 20\ndata: x\n\n")
	})
	mux.HandleFunc("/hangs", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(patience):
		}
	})
	return mux
}
