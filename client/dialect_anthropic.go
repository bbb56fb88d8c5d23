package client

import "strings"

const (
	anthropicVersion   = "2023-06-01"
	anthropicMaxTokens = 4096
)

// anthropicDialect is POST /v1/messages, as Anthropic has it.
type anthropicDialect struct{}

func (anthropicDialect) Name() string { return "anthropic" }

// Request takes a base for what Anthropic's libraries call the base URL: the version is not in it, but may be.
func (anthropicDialect) Request(base string, c Conversation) (*ChatRequest, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	if len(c.Messages) == 0 {
		return nil, errNoMessage
	}
	switch {
	case endsIn(u, "/messages"):
	case isVersion(u):
		u = u.JoinPath("messages")
	default:
		u = u.JoinPath("v1/messages")
	}
	body := anthropicBody{
		Model: c.Model, System: c.System, Messages: c.Messages,
		MaxTokens: c.MaxTokens, Temperature: c.Temperature, Stream: true,
	}
	if body.MaxTokens == 0 {
		body.MaxTokens = anthropicMaxTokens
	}
	r, err := postChat(u, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Anthropic-Version", anthropicVersion)
	if c.Key != "" {
		r.Header.Set("X-Api-Key", string(c.Key))
	}
	return r, nil
}

type anthropicBody struct {
	Model       string    `json:"model,omitempty"`
	System      string    `json:"system,omitempty"`
	Messages    []Message `json:"messages"`
	MaxTokens   int       `json:"max_tokens"`
	Temperature *float64  `json:"temperature,omitempty"`
	Stream      bool      `json:"stream"`
}

func (anthropicDialect) NewAnswer() *Answer {
	return &Answer{read: new(anthropicUsage).read, last: "message_stop"}
}

// anthropicUsage is what was counted so far: the prompt's tokens are told at the beginning, the answer's at the end.
type anthropicUsage Usage

type anthropicEvent struct {
	Type    string `json:"type"`
	Message struct {
		Usage anthropicCount `json:"usage"`
	} `json:"message"`
	ContentBlock anthropicBlock `json:"content_block"`
	Delta        anthropicBlock `json:"delta"`
	Usage        anthropicCount `json:"usage"`
}

// anthropicBlock is a part of the answer, or what is added to one. A tool's input is in fields that are not read.
type anthropicBlock struct {
	Text       string `json:"text"`
	Thinking   string `json:"thinking"`
	StopReason string `json:"stop_reason"`
}

type anthropicCount struct {
	Input      int `json:"input_tokens"`
	CacheWrite int `json:"cache_creation_input_tokens"`
	CacheRead  int `json:"cache_read_input_tokens"`
	Output     int `json:"output_tokens"`
}

// read goes by the type in the data, which repeats the event's name: some gateways leave the name out.
func (u *anthropicUsage) read(e Event) (d Delta, err error) {
	name := string(e.Name)
	if name == "error" {
		return d, newAnswerError(e.Data)
	}
	var event anthropicEvent
	if err := readObject(e.Data, &event); err != nil {
		if name == "" || strings.HasPrefix(name, "message") || strings.HasPrefix(name, "content_block") {
			return d, err
		}
		return d, nil // a ping, or what is yet to come
	}
	if event.Type == "" {
		event.Type = name
	}
	switch event.Type {
	case "message_start":
		d.Usage = u.count(event.Message.Usage)
	case "content_block_start":
		d.Text, d.Reasoning = event.ContentBlock.Text, event.ContentBlock.Thinking
	case "content_block_delta":
		d.Text, d.Reasoning = event.Delta.Text, event.Delta.Thinking
	case "message_delta":
		d.Finish, d.Usage = event.Delta.StopReason, u.count(event.Usage)
	case "message_stop":
		d.Done = true
	case "error":
		err = newAnswerError(e.Data)
	}
	return d, err
}

// count takes n, which is cumulative and may leave out what did not change, and returns what is known now.
func (u *anthropicUsage) count(n anthropicCount) *Usage {
	if prompt := n.Input + n.CacheWrite + n.CacheRead; prompt > 0 {
		u.PromptTokens = prompt
	}
	if n.Output > 0 {
		u.CompletionTokens = n.Output
	}
	return Usage(*u).told()
}
