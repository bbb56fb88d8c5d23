package cmd

import (
	"io"
	"net/http"
	"strings"
)

// newModel is a server of answers that each have something about them, at the paths of other people's APIs.
func newModel() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(write func(string), r *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // or net/http does not see that the client leaves
			w.Header().Set("Content-Type", "text/event-stream")
			answer(func(text string) {
				io.WriteString(w, text)
				w.(http.Flusher).Flush()
			}, r)
		})
	}
	chunk := func(text string) string {
		return `data: {"choices": [{"index": 0, "delta": {"content": "` + text + `"}}]}` + "\n\n"
	}
	handle("POST /cut/v1/chat/completions", func(write func(string), _ *http.Request) {
		write(chunk("Hello") + chunk(" th") + chunk("ere!")[:30])
		panic(http.ErrAbortHandler)
	})
	handle("POST /failing/v1/chat/completions", func(write func(string), _ *http.Request) {
		write(chunk("Hello th") + `data: {"error": {"message": "overloaded", "type": "server_error"}}` + "\n\n")
	})
	handle("GET /resumed", func(write func(string), r *http.Request) {
		if r.Header.Get("Last-Event-ID") == "" {
			write("retry: 20\nid: 1\ndata: Hello\n\nid: 2\ndata:  th")
			panic(http.ErrAbortHandler)
		}
		write("id: 2\ndata:  there!\n\nevent: done\ndata:\n\n")
	})
	key := func(r *http.Request) string {
		if strings.HasSuffix(r.Header.Get("Authorization"), "s3cret") {
			return "with a key"
		}
		return "with no key"
	}
	handle("POST /key/v1/chat/completions", func(write func(string), r *http.Request) { write(chunk(key(r)) + "data: [DONE]\n\n") })
	handle("GET /key/events", func(write func(string), r *http.Request) { write("data: " + key(r) + "\n\n") })
	handle("POST /v1/messages", func(write func(string), _ *http.Request) {
		for _, text := range []string{"Hello", " there!"} {
			write("event: content_block_delta\ndata: {\"type\": \"content_block_delta\", \"delta\": {\"type\": \"text_delta\", \"text\": \"" + text + "\"}}\n\n")
		}
		write("event: message_stop\ndata: {\"type\": \"message_stop\"}\n\n")
	})
	mux.HandleFunc("POST /denied/v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no: "+r.Header.Get("Authorization"), http.StatusUnauthorized)
	})
	return mux
}
