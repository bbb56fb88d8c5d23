package server

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/client"
)

func TestParseCompletion(t *testing.T) {
	for body, want := range map[string]completion{
		`{"messages":[{"role":"user","content":"hi there"}]}`: {model: modelName, message: "hi there", promptTokens: 2,
			messages: []client.Message{{Role: "user", Text: "hi there"}}},
		`{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"user":"me","temperature":0.5,"n":1,
		  "messages":[{"role":"system","content":"be brief"},{"role":"user","content":"a"},{"role":"assistant","content":null}]}`: {
			model: "gpt-4o", message: "a", user: "me", promptTokens: 3, stream: true, includeUsage: true,
			messages: []client.Message{{Role: "system", Text: "be brief"}, {Role: "user", Text: "a"}, {Role: "assistant"}}},
		`{"max_tokens":7,"messages":[{"role":"user","content":[{"type":"text","text":"a "},{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"b"}]}]}`: {
			model: modelName, message: "a b", promptTokens: 2, maxTokens: 7,
			messages: []client.Message{{Role: "user", Text: "a b"}}},
		`{"max_tokens":7,"max_completion_tokens":3,"stream_options":null,"messages":[{"role":"tool","content":"x"}]}`: {
			model: modelName, message: "x", promptTokens: 1, maxTokens: 3,
			messages: []client.Message{{Role: "tool", Text: "x"}}},
	} {
		got, err := parseCompletion([]byte(body))
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", body, got, err, want)
		}
	}
}

// badCompletions are refused with a message that begins so, for a parameter.
var badCompletions = map[string][2]string{
	``:                    {"the body is not a JSON object of this dialect: unexpected end", ""},
	`{`:                   {"the body is not a JSON object of this dialect: unexpected end", ""},
	`[]`:                  {"the body is not a JSON object of this dialect: ", ""},
	`{"messages":[]} x`:   {"the body is not a JSON object of this dialect: ", ""},
	`{}`:                  {"messages: there must be one", "messages"},
	`{"messages":[null]}`: {"messages: each needs a role", "messages"},
	`{"messages":"hi"}`:   {"messages: cannot be string", "messages"},
	`{"messages":[{"role":"user","content":1}]}`:                                              {"messages: a content is a text", "messages"},
	`{"messages":[{"role":"user","content":[1]}]}`:                                            {"messages: a content is a text", "messages"},
	`{"stream":"yes","messages":[{"role":"user","content":"a"}]}`:                             {"stream: cannot be string", "stream"},
	`{"max_tokens":0,"messages":[{"role":"user","content":"a"}]}`:                             {"max_tokens: 0 is less", "max_tokens"},
	`{"max_tokens":1.5,"messages":[{"role":"user","content":"a"}]}`:                           {"max_tokens: cannot be number 1.5", "max_tokens"},
	`{"n":2,"messages":[{"role":"user","content":"a"}]}`:                                      {"n: 2 choices", "n"},
	`{"user":"a\u0000b","messages":[{"role":"user","content":"a"}]}`:                          {`user "a\x00b": printable`, "user"},
	`{"model":"` + strings.Repeat("m", 300) + `","messages":[{"role":"user","content":"a"}]}`: {"model: 300 bytes", "model"},
}

func TestParseCompletionRefuses(t *testing.T) {
	for body, want := range badCompletions {
		_, err := parseCompletion([]byte(body))
		if err == nil {
			t.Errorf("%s: taken", body)
			continue
		}
		param := ""
		if err.Param != nil {
			param = *err.Param
		}
		if !strings.HasPrefix(err.Message, want[0]) || param != want[1] || err.status != http.StatusBadRequest {
			t.Errorf("%s: %d %q for %q", body, err.status, err.Message, param)
		}
	}
}

// FuzzParseCompletion: what is taken is within its bounds, what is not is told
// in the dialect's form.
func FuzzParseCompletion(f *testing.F) {
	f.Add([]byte(`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"max_tokens":3,"stream":true}`))
	for body := range badCompletions {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := parseCompletion(body)
		if err != nil {
			if text := appendAPIError(nil, err); !json.Valid(text) || err.status != http.StatusBadRequest || err.Message == "" {
				t.Errorf("%d %s", err.status, text)
			}
			return
		}
		if c.maxTokens < 0 || c.model == "" || len(c.model) > maxUser || len(c.user) > maxUser || len(c.message) > 3*len(body) {
			t.Errorf("out of bounds: %+v", c)
		}
	})
}
