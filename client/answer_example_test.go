package client_test

import (
	"fmt"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// reader is a client.Handler that prints an answer.
type reader struct{ answer *client.Answer }

func (reader) Comment([]byte)      {}
func (reader) Retry(time.Duration) {}

func (r reader) Event(e client.Event) {
	delta, err := r.answer.Read(e)
	switch {
	case err != nil:
		fmt.Println("error:", err)
	case delta.Text != "":
		fmt.Println("text:", delta.Text)
	case delta.Finish != "":
		fmt.Println("finish:", delta.Finish)
	}
}

// A server of language models fails in the middle of its answer: its status was 200 long ago.
func ExampleAnswer() {
	base := "https://llm.example/v1"
	dialect, _ := client.DetectDialect(base)
	request, err := dialect.Request(base, client.Conversation{
		Model:    "small",
		Messages: []client.Message{{Role: client.RoleUser, Text: "Tell me a story."}},
		Key:      "sk-1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(dialect.Name()+":", request)

	r := reader{dialect.NewAnswer()}
	var p client.Parser
	for _, chunk := range []string{
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Once upon\"}}]}\n\n",
		"data: {\"error\":{\"message\":\"engine died\",\"type\":\"InternalServerError\",\"code\":500}}\n\n",
	} {
		if err := p.Feed([]byte(chunk), r); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("complete:", r.answer.End() == nil)
	// Output:
	// openai: POST https://llm.example/v1/chat/completions
	// text: Once upon
	// error: read answer: the server reports engine died (InternalServerError, 500)
	// complete: false
}
