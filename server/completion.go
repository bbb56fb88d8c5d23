package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// maxBody bounds the body of a request, which may hold a long conversation.
const maxBody = 1 << 20

// completion is what a request for a chat completion asks for, and what its
// answers say of themselves.
type completion struct {
	id           string
	created      int64 // Unix time, in seconds
	model        string
	user         string
	message      string // the last one of the user's
	messages     []client.Message
	promptTokens int  // words, as the built-in model counts
	maxTokens    int  // zero: as many as there are
	cut          bool // the reply would be longer than maxTokens
	stream       bool
	includeUsage bool
}

func nowUnix() int64 { return time.Now().Unix() }

// completionBody is the part of a request that is understood; all else is
// taken and ignored, as temperature is by a model that has none.
type completionBody struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string  `json:"role"`
		Content content `json:"content"`
	} `json:"messages"`
	Stream        bool `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	MaxTokens           *int   `json:"max_tokens"`
	MaxCompletionTokens *int   `json:"max_completion_tokens"`
	N                   *int   `json:"n"`
	User                string `json:"user"`
}

// content is a message's text: a string, or a list of parts some of which are
// text, or null.
type content string

// UnmarshalJSON implements json.Unmarshaler.
func (c *content) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		return asContent(json.Unmarshal(b, (*string)(c)))
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	err := json.Unmarshal(b, &parts)
	var text strings.Builder
	for _, part := range parts {
		if part.Type == "text" {
			text.WriteString(part.Text)
		}
	}
	*c = content(text.String())
	return asContent(err)
}

// asContent is err in words that say where it was.
func asContent(err error) error {
	if err == nil {
		return nil
	}
	return refusal("messages: a content is a text or a list of parts")
}

// parseCompletion reads a request's body.
func parseCompletion(body []byte) (*completion, *apiError) {
	var b completionBody
	if err := json.Unmarshal(body, &b); err != nil {
		return nil, unreadable(err)
	}
	c := &completion{model: b.Model, user: b.User, stream: b.Stream, includeUsage: b.StreamOptions.IncludeUsage}
	if c.model == "" {
		c.model = modelName
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	for _, limit := range []*int{b.MaxTokens, b.MaxCompletionTokens} { // the latter is the newer name
		if limit != nil {
			c.maxTokens = *limit
		}
	}
	c.message = string(b.Messages[len(b.Messages)-1].Content)
	for _, m := range b.Messages {
		if m.Role == "user" {
			c.message = string(m.Content)
		}
		c.messages = append(c.messages, client.Message{Role: client.Role(m.Role), Text: string(m.Content)})
		c.promptTokens += len(strings.Fields(string(m.Content)))
	}
	return c, nil
}

// unreadable tells what is wrong with a body that json refuses.
func unreadable(err error) *apiError {
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		return badRequest(http.StatusBadRequest, wrong.Field, "%s: cannot be %s", wrong.Field, wrong.Value)
	}
	if why := refusal(""); errors.As(err, &why) {
		return badRequest(http.StatusBadRequest, "messages", "%v", why)
	}
	return badRequest(http.StatusBadRequest, "", "the body is not a JSON object of this dialect: %v", err)
}

// check refuses what cannot be served.
func (b *completionBody) check() *apiError {
	for _, limit := range []*int{b.MaxTokens, b.MaxCompletionTokens} {
		if limit != nil && *limit < 1 {
			return badRequest(http.StatusBadRequest, "max_tokens", "max_tokens: %d is less than 1", *limit)
		}
	}
	if b.N != nil && *b.N != 1 {
		return badRequest(http.StatusBadRequest, "n", "n: %d choices: there is only one", *b.N)
	}
	if err := checkText("model", b.Model, maxUser); err != nil {
		return badRequest(http.StatusBadRequest, "model", "%v", err)
	}
	if err := checkUser(b.User); err != nil {
		return badRequest(http.StatusBadRequest, "user", "%v", err)
	}
	if len(b.Messages) == 0 {
		return badRequest(http.StatusBadRequest, "messages", "messages: there must be one at least")
	}
	for _, m := range b.Messages {
		if m.Role == "" {
			return badRequest(http.StatusBadRequest, "messages", "messages: each needs a role")
		}
	}
	return nil
}

// usage is what a completion cost.
type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

func (c *completion) usage(tokens int) usage {
	return usage{c.promptTokens, tokens, c.promptTokens + tokens}
}

// finishReason is why a complete reply of so many tokens is over.
func (c *completion) finishReason(tokens int) string {
	if c.cut && tokens >= c.maxTokens {
		return "length"
	}
	return "stop"
}
