package client

import (
	"bytes"
	"encoding/json"
	"net/url"
)

const openAIHost = "api.openai.com"

// openAIDialect is POST /v1/chat/completions, as OpenAI has it and vLLM, llama.cpp, Ollama, LiteLLM and others copy it.
type openAIDialect struct{}

func (openAIDialect) Name() string { return "openai" }

// Request takes a base with a path for what OpenAI's libraries call the base URL: it ends in /v1, or whatever the
// server has instead.
func (openAIDialect) Request(base string, c Conversation) (*ChatRequest, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	if len(c.Messages) == 0 {
		return nil, errNoMessage
	}
	switch {
	case endsIn(u, "/chat/completions"):
	case u.Path == "" || u.Path == "/":
		u = u.JoinPath("v1/chat/completions")
	default:
		u = u.JoinPath("chat/completions")
	}
	r, err := postChat(u, newOpenAIBody(u, c))
	if err == nil {
		r.bear(c.Key)
	}
	return r, err
}

type openAIBody struct {
	Model         string    `json:"model,omitempty"`
	Messages      []Message `json:"messages"`
	Stream        bool      `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	MaxTokens           int      `json:"max_tokens,omitempty"`
	MaxCompletionTokens int      `json:"max_completion_tokens,omitempty"`
	Temperature         *float64 `json:"temperature,omitempty"`
}

func newOpenAIBody(u *url.URL, c Conversation) *openAIBody {
	b := &openAIBody{Model: c.Model, Messages: c.Messages, Stream: true, Temperature: c.Temperature}
	b.StreamOptions.IncludeUsage = true
	if c.System != "" {
		b.Messages = append([]Message{{Role: "system", Text: c.System}}, c.Messages...)
	}
	if u.Hostname() == openAIHost { // its newer models refuse the name that all others know
		b.MaxCompletionTokens = c.MaxTokens
	} else {
		b.MaxTokens = c.MaxTokens
	}
	return b
}

func (openAIDialect) NewAnswer() *Answer { return &Answer{read: readOpenAI, last: "[DONE]"} }

type openAIChunk struct {
	Object  string `json:"object"`
	Type    string `json:"type"`
	Error   any    `json:"error"`
	Choices []struct {
		Index int `json:"index"`
		Delta struct {
			Content          openAIContent `json:"content"`
			Refusal          string        `json:"refusal"`
			ReasoningContent string        `json:"reasoning_content"` // DeepSeek, llama.cpp, earlier vLLM
			Reasoning        string        `json:"reasoning"`         // Ollama, vLLM, OpenRouter, some of them both
		} `json:"delta"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
	Usage struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
	} `json:"usage"`
}

// openAIContent is text. Mistral and some gateways give it in parts, of which those of text are read.
type openAIContent string

// UnmarshalJSON takes nothing from what is neither.
func (c *openAIContent) UnmarshalJSON(data []byte) error {
	var whole string
	if json.Unmarshal(data, &whole) == nil {
		*c = openAIContent(whole)
		return nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	_ = json.Unmarshal(data, &parts) // a part of another form leaves the rest as it is
	for _, part := range parts {
		if part.Type == "text" {
			*c += openAIContent(part.Text)
		}
	}
	return nil
}

func readOpenAI(e Event) (d Delta, err error) {
	name, data := string(e.Name), bytes.TrimSpace(e.Data)
	switch {
	case isDone(data):
		return Delta{Done: true}, nil
	case name == "error":
		return d, newAnswerError(data)
	case len(data) == 0:
		return d, nil // keeps the connection alive
	}
	var chunk openAIChunk
	if err := readObject(data, &chunk); err != nil {
		if name != "" && name != "message" {
			return d, nil // some gateway's own event
		}
		return d, err
	}
	d = chunk.delta()
	if isTold(chunk.Error) || chunk.Object == "error" || chunk.Type == "error" {
		err = newAnswerError(data)
	}
	return d, err
}

// delta is what the first of the answers adds; there are several if somebody asked for them.
func (c *openAIChunk) delta() (d Delta) {
	d.Usage = Usage(c.Usage).told()
	for _, choice := range c.Choices {
		if choice.Index == 0 {
			d.Text = string(choice.Delta.Content) + choice.Delta.Refusal
			d.Reasoning = choice.Delta.ReasoningContent
			if d.Reasoning == "" {
				d.Reasoning = choice.Delta.Reasoning
			}
			d.Finish = choice.FinishReason
			break
		}
	}
	return d
}
