package client

import "testing"

func TestTextAnswers(t *testing.T) {
	testAnswers(t, textDialect{}, []answerCase{
		{"until the stream's end", "data: Once\n\ndata:  upon\ndata: a time\n\n", []string{`text "Once"`, `text " upon\na time"`, "complete"}},
		{"until [DONE]", "data: Once\n\ndata: [DONE]\n\ndata: more\n\n", []string{`text "Once"`, "done", "after done", "complete"}},
		{"until an event", "event: token\ndata: Once\n\nevent: end\ndata: bye\n\n", []string{`text "Once"`, "done", "complete"}},
		{"about the answer", "event: metadata\ndata: {\"model\":\"x\"}\n\nevent: ping\ndata\n\ndata: Once\n\n", []string{`text "Once"`, "complete"}},
		{
			"error", "data: Once\n\nevent: error\ndata: {\"detail\":\"no model\"}\n\n",
			[]string{`text "Once"`, "read answer: the server reports no model", "end: read answer: the server reports no model"},
		},
	})
}
