package talk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, `data: {"choices": [{"delta": {"content": "Hello"}}]}`+"\n\n")
		io.WriteString(w, `data: {"choices": [{"delta": {"content": " there!"}, "finish_reason": "stop"}]}`+"\n\n")
		io.WriteString(w, "data: [DONE]\n\n")
	}))
	defer server.Close()

	ctx := context.Background()
	config, err := talk.Config{URL: server.URL + "/v1"}.Resolve(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	reply := talk.Ask(ctx, config, client.Conversation{Messages: []client.Message{{Role: client.RoleUser, Text: "Hi."}}})
	defer reply.Close()
	for {
		update, err := reply.Next()
		fmt.Print(update.Text)
		if err != nil {
			life := update.Life
			fmt.Printf("\n%s, %s: %d deltas, %q, complete: %t\n", life.Dialect, life.State, life.Deltas, life.Finish, errors.Is(err, io.EOF))
			return
		}
	}
	// Output:
	// Hello there!
	// openai, done: 2 deltas, "stop", complete: true
}
