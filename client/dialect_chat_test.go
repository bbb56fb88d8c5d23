package client

import (
	"fmt"
	"testing"
)

func TestChatAnswers(t *testing.T) {
	const begin = "retry: 2000\nevent: session\ndata: {\"session_id\":\"me\"}\n\n" +
		"id: 1\nevent: delta\ndata: {\"delta\":\"every \"}\n\n: heartbeat\n\nid: 2\nevent: delta\ndata: {\"delta\":\"stream\\n\"}\n\n"
	said := []string{`session "me"`, `text "every "`, `text "stream\n"`}
	testAnswers(t, chatDialect{}, []answerCase{
		{"whole", begin + "event: done\ndata: {\"tokens\":2}\n\n", append(said[:3:3], "usage 0+2, done", "complete")},
		{"cut", begin, append(said[:3:3], fmt.Sprintf(cut, "done"))},
		{"cut within done", begin + "event: done\ndata: {\"tokens\":2}\n", append(said[:3:3], fmt.Sprintf(cut, "done"))},
		{
			"failed", begin + "event: failed\ndata: {\"error\":\"the upstream failed\",\"tokens\":2}\n\n",
			append(said[:3:3], "usage 0+2, read answer: the server reports the upstream failed",
				"end: read answer: the server reports the upstream failed"),
		},
		{
			"resumed", begin + begin + "event: done\ndata: {\"tokens\":2}\n\n",
			append(append(said[:3:3], said...), "usage 0+2, done", "complete"),
		},
		{
			"what is yet to come", "event: title\ndata: On streams\n\ndata: {\"delta\":\"unnamed\"}\n\n" +
				"event: delta\ndata: {\"delta\":\"a\",\"score\":[1]}\n\nevent: done\ndata: {}\n\n",
			[]string{`text "a"`, "usage 0+0, done", "complete"},
		},
		{
			"after done", "event: done\ndata: {\"tokens\":0}\n\nevent: delta\ndata: {\"delta\":\"late\"}\n\ndata: !\n\n",
			[]string{"usage 0+0, done", "after done", "after done", "complete"},
		},
		{
			"not JSON", "event: delta\ndata: every\n\nevent: done\ndata: {}\n\n",
			[]string{
				`read answer: event is not a JSON object: "every"`, `read answer: event is not a JSON object: "every"`,
				`end: read answer: event is not a JSON object: "every"`,
			},
		},
	})
}
