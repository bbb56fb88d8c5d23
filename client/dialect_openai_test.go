package client

import (
	"fmt"
	"testing"
)

// openAIStream is one answer of OpenAI's own server, with usage asked for.
const openAIStream = `data: {"id":"chatcmpl-9x","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x7"}

data: {"id":"chatcmpl-9x","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"Once"},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-9x","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":" \"upon\""},"logprobs":null,"finish_reason":null}],"usage":null}

data: {"id":"chatcmpl-9x","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}

data: {"id":"chatcmpl-9x","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":2,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":0}}}

data: [DONE]

`

// chunk is an event of chat completions with these choices.
func chunk(choices string) string {
	return `data: {"id":"c","object":"chat.completion.chunk","choices":[` + choices + "]}\n\n"
}

func said(text string) string {
	return chunk(fmt.Sprintf(`{"index":0,"delta":{"content":%q},"finish_reason":null}`, text))
}

func TestOpenAIAnswers(t *testing.T) {
	testAnswers(t, openAIDialect{}, []answerCase{
		{"OpenAI", openAIStream, []string{`text "Once"`, `text " \"upon\""`, `finish "stop"`, "usage 19+2", "done", "complete"}},
		{"cut at [DONE]", said("a") + chunk(`{"delta":{},"finish_reason":"length"}`), []string{`text "a"`, `finish "length"`, fmt.Sprintf(cut, "[DONE]")}},
		{"no blank line after [DONE]", said("a") + "data: [DONE]\n", []string{`text "a"`, fmt.Sprintf(cut, "[DONE]")}},
		{
			"Ollama: reasoning, an empty finish reason, role in each chunk",
			chunk(`{"index":0,"delta":{"role":"assistant","content":"","reasoning":"The user"},"finish_reason":""}`) +
				chunk(`{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}`) + "data: [DONE]\n\n",
			[]string{`reasoning "The user"`, `text "Hi", finish "stop"`, "done", "complete"},
		},
		{
			"DeepSeek, llama.cpp: reasoning_content beside null content; llama.cpp: usage and timings",
			chunk(`{"index":0,"delta":{"content":null,"reasoning_content":"Hm"},"finish_reason":null}`) + said("Hi") +
				"data: {\"choices\":[],\"usage\":{\"completion_tokens\":3,\"prompt_tokens\":11,\"total_tokens\":14},\"timings\":{\"predicted_ms\":1.5}}\n\ndata: [DONE]\n\n",
			[]string{`reasoning "Hm"`, `text "Hi"`, "usage 11+3", "done", "complete"},
		},
		{
			"OpenRouter: comments, reasoning under two names",
			": OPENROUTER PROCESSING\n\n" + chunk(`{"delta":{"content":"","reasoning":"Hm","reasoning_content":"Hm"}}`) + "data: [DONE]\n\n",
			[]string{`reasoning "Hm"`, "done", "complete"},
		},
		{
			"LiteLLM: usage beside an empty choice, no null",
			said("Hi") + chunk(`{"index":0,"delta":{},"finish_reason":"stop"}`) +
				"data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"completion_tokens\":2,\"prompt_tokens\":15,\"cost\":7.65e-6}}\n\ndata: [DONE]\n\n\n",
			[]string{`text "Hi"`, `finish "stop"`, "usage 15+2", "done", "complete"},
		},
		{
			"vLLM: usage in each chunk",
			"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":5,\"total_tokens\":6,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n",
			[]string{`text "a", usage 5+1`, "done", "complete"},
		},
		{
			"several choices: the first",
			chunk(`{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}`) + chunk(`{"index":1,"delta":{"content":"b"},"finish_reason":"stop"}`) + "data: [DONE]\n\n",
			[]string{`text "a"`, "done", "complete"},
		},
		{"several choices that leave out their number: the first", chunk(`{"delta":{"content":"a"}},{"delta":{"content":"b"}}`) + "data: [DONE]\n\n", []string{`text "a"`, "done", "complete"}},
		{
			"tool calls",
			chunk(`{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]}}`) +
				chunk(`{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\""}}]}}`) +
				chunk(`{"index":0,"delta":{},"finish_reason":"tool_calls"}`) + "data: [DONE]\n\n",
			[]string{`finish "tool_calls"`, "done", "complete"},
		},
		{
			"Mistral: content in parts",
			chunk(`{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"H"},3,{"type":"text","text":"i"}]}}`) + "data: [DONE]\n\n",
			[]string{`text "Hi"`, "done", "complete"},
		},
		{"refusal", chunk(`{"index":0,"delta":{"refusal":"I cannot"}}`) + "data: [DONE]\n\n", []string{`text "I cannot"`, "done", "complete"}},
		{"Azure: a filter's chunk without a delta", chunk(`{"index":0,"content_filter_offsets":{},"finish_reason":null}`) + said("a") + "data: [DONE]\n\n", []string{`text "a"`, "done", "complete"}},
		{"fields of other types", chunk(`{"index":0,"delta":{"content":[{"type":"thinking"}]},"finish_reason":3}`) +
			"data: {\"usage\":\"none\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n",
			[]string{`text "a"`, "done", "complete"}},
		{"blank data, a gateway's own events, spaces about [DONE]", "data:\n\nevent: ping\ndata: 12:00\n\nevent: meta\ndata: {\"a\":1}\n\n" + said("a") + "data:  [DONE] \n\n", []string{`text "a"`, "done", "complete"}},
		{"a name on each event", "event: chunk\n" + said("a") + "event: end\ndata: [DONE]\n\n", []string{`text "a"`, "done", "complete"}},
		{"after [DONE]", "data: [DONE]\n\n" + said("late") + "data: [DONE]\n\n", []string{"done", "after done", "after done", "complete"}},
		{"not JSON", "data: Internal Server Error\n\n", []string{`read answer: event is not a JSON object: "Internal Server Error"`, `end: read answer: event is not a JSON object: "Internal Server Error"`}},
		{"not JSON, with the default's name", "event: message\ndata: oops\n\n", []string{`read answer: event is not a JSON object: "oops"`, `end: read answer: event is not a JSON object: "oops"`}},
		{"JSON, but no object", "data: [1]\n\n", []string{`read answer: event is not a JSON object: "[1]"`, `end: read answer: event is not a JSON object: "[1]"`}},
	})
}

func TestOpenAIErrors(t *testing.T) {
	cases := []struct{ name, events, want string }{
		{"OpenAI", `data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}`, "The server had an error (server_error)"},
		{"with a name", "event: error\n" + `data: {"error":{"message":"Rate limit","type":"tokens","code":"rate_limit_exceeded"}}`, "Rate limit (tokens, rate_limit_exceeded)"},
		{"vLLM", `data: {"error":{"message":"EngineCore died","type":"InternalServerError","param":null,"code":500}}`, "EngineCore died (InternalServerError, 500)"},
		{"vLLM, earlier", `data: {"object":"error","message":"too long","type":"BadRequestError","param":null,"code":400}`, "too long (BadRequestError, 400)"},
		{"llama.cpp", `data: {"error":{"code":400,"message":"exceeds the context size","type":"exceed_context_size_error","n_ctx":512}}`, "exceeds the context size (exceed_context_size_error, 400)"},
		{"Ollama", `data: {"error":"model runner has unexpectedly stopped"}`, "model runner has unexpectedly stopped"},
		{"LiteLLM", `data: {"error": {"message": "OpenAIException - engine died", "type": null, "param": null, "code": "500"}}`, "OpenAIException - engine died (500)"},
		{"LiteLLM, earlier", `data: {"error":{"message":"litellm.APIConnectionError: x\nTraceback","type":"None","param":"None","code":"500"}}`, "litellm.APIConnectionError: x Traceback (500)"},
		{"TGI", `data: {"error":"Input validation error","error_type":"validation"}`, "Input validation error (validation)"},
		{"a gateway to Anthropic", `data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, "Overloaded (overloaded_error)"},
		{"words", "event: error\ndata: upstream timed out", "upstream timed out"},
		{"flat, with a name", "event: error\n" + `data: {"message":"no","code":7}`, "no (7)"},
		{"flat, with a type", `data: {"type":"error","message":"no","code":7}`, "no (error, 7)"},
		{"nothing told", `data: {"error":{}}`, "an error without a reason"},
	}
	for _, c := range cases {
		told := "read answer: the server reports " + c.want
		want := []string{`text "a"`, told, told, "end: " + told} // [DONE] does not mend it
		sameLines(t, c.name, readStream(openAIDialect{}, []string{said("a"), c.events + "\n\ndata: [DONE]\n\n"}), want)
	}
	sameLines(t, "OpenRouter: in a chunk", readStream(openAIDialect{}, []string{
		`data: {"error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"error"}]}` + "\n\n",
	}), []string{
		`text "a", finish "error", read answer: the server reports Provider disconnected (502)`,
		"end: read answer: the server reports Provider disconnected (502)",
	})
	sameLines(t, "no error", readStream(openAIDialect{}, []string{
		"data: {\"error\":null}\n\ndata: {\"error\":\"\"}\n\ndata: {\"error\":false}\n\ndata: [DONE]\n\n",
	}), []string{"done", "complete"})
}
