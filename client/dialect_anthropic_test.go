package client

import (
	"fmt"
	"strings"
	"testing"
)

// anthropicStream is one answer of Anthropic's own server, with thinking and a tool.
const anthropicStream = `event: message_start
data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,"output_tokens":1,"service_tier":"standard"}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me see"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hel"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"lo"}       }

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_01","name":"weather","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}}

event: message_stop
data: {"type":"message_stop"}

`

func TestAnthropicAnswers(t *testing.T) {
	read := []string{"usage 25+1", `reasoning "Let me see"`, `text "Hel"`, `text "lo"`, `finish "tool_use", usage 25+89`, "done", "complete"}
	unnamed := strings.NewReplacer("event: message_start\n", "", "event: content_block_delta\n", "", "event: message_stop\n", "").Replace(anthropicStream)
	body, _, _ := strings.Cut(anthropicStream, "event: message_stop")
	const (
		overloaded = "read answer: the server reports Overloaded (overloaded_error)"
		text       = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n"
		stop       = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
		notJSON    = `read answer: event is not a JSON object: "{\"type\":"`
	)
	testAnswers(t, anthropicDialect{}, []answerCase{
		{"Anthropic", anthropicStream, read},
		{"a gateway that leaves out names", unnamed, read},
		{"a gateway that leaves out types", "event: content_block_delta\ndata: {\"delta\":{\"text\":\"a\"}}\n\nevent: message_stop\ndata: {}\n\n", []string{`text "a"`, "done", "complete"}},
		{"cut", body, append(read[:5:5], fmt.Sprintf(cut, "message_stop"))},
		{
			"error in mid-stream", text + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"request_id\":\"req_1\"}\n\n",
			[]string{`text "a"`, overloaded, "end: " + overloaded},
		},
		{
			"error without a name", "data: {\"type\":\"error\",\"error\":{\"details\":null,\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
			[]string{overloaded, "end: " + overloaded},
		},
		{
			"what is yet to come", "event: ping\ndata: {\n\nevent: credits\ndata: 12\n\nevent: content_block_delta\n" +
				"data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"citations_delta\",\"citation\":{\"text\":\"x\"}}}\n\n" + text + stop,
			[]string{`text "a"`, "done", "complete"},
		},
		{"text in a block's start", "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}\n\n" + stop, []string{`text "a"`, "done", "complete"}},
		{"after message_stop", stop + "data: [DONE]\n\n", []string{"done", "after done", "complete"}},
		{"error in words", "event: error\ndata: upstream timed out\n\n", []string{"read answer: the server reports upstream timed out", "end: read answer: the server reports upstream timed out"}},
		{
			"usage that leaves out what did not change", body[:strings.Index(body, "event: content")] + "data: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{}}\n\n" + stop,
			[]string{"usage 25+1", "usage 25+1", "done", "complete"},
		},
		{"message not JSON", "event: message_start\ndata: {\"type\":\n\n" + stop, []string{notJSON, notJSON, "end: " + notJSON}},
		{"not JSON", "event: content_block_delta\ndata: {\"type\":\n\n" + stop, []string{notJSON, notJSON, "end: " + notJSON}},
	})
}
