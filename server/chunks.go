package server

import "encoding/json"

// chunks is the door of POST /v1/chat/completions with "stream": true: events
// of unnamed chunks, "[DONE]" as the last one.
type chunks struct {
	*completion
	out *writer
	buf []byte
}

// chunk is one event's data.
type chunk struct {
	ID      string        `json:"id"`
	Object  string        `json:"object"`
	Created int64         `json:"created"`
	Model   string        `json:"model"`
	Choices []chunkChoice `json:"choices"`
	Usage   any           `json:"usage,omitempty"`
}

type chunkChoice struct {
	Index        int        `json:"index"`
	Delta        chunkDelta `json:"delta"`
	FinishReason *string    `json:"finish_reason"`
}

type chunkDelta struct {
	Role    string  `json:"role,omitempty"`
	Content *string `json:"content,omitempty"`
}

// add appends a chunk to buf. If the client asked for the usage all chunks
// have it, and all but the one that gives it have null.
func (c *chunks) add(cost any, choices ...chunkChoice) {
	if cost == nil && c.includeUsage {
		cost = json.RawMessage("null")
	}
	if choices == nil {
		choices = []chunkChoice{}
	}
	c.addData(chunk{c.id, "chat.completion.chunk", c.created, c.model, choices, cost})
}

func (c *chunks) addData(v any) {
	c.buf = append(c.buf, "data: "...)
	c.buf = appendJSON(c.buf, v)
	c.buf = append(c.buf, "\n\n"...)
}

// flush writes what was added.
func (c *chunks) flush() error {
	defer func() { c.buf = c.buf[:0] }()
	return c.out.write(c.buf)
}

func (c *chunks) begin() error {
	c.add(nil, chunkChoice{Delta: chunkDelta{Role: "assistant", Content: new(string)}})
	return c.flush()
}

func (c *chunks) delta(_ int, token string) (bool, error) {
	c.add(nil, chunkChoice{Delta: chunkDelta{Content: &token}})
	return true, c.flush()
}

func (c *chunks) heartbeat() error { return c.out.write(heartbeat) }

func (c *chunks) done(tokens int) error {
	why := c.finishReason(tokens)
	c.add(nil, chunkChoice{FinishReason: &why})
	if c.includeUsage {
		c.add(c.usage(tokens))
	}
	c.buf = append(c.buf, "data: [DONE]\n\n"...)
	return c.flush()
}

// failed leaves "[DONE]" out: the reply is not.
func (c *chunks) failed(_ int, why error) error {
	c.addData(map[string]*apiError{"error": serverError(0, why.Error())})
	return c.flush()
}

func (c *chunks) leave() error { return c.out.write(appendComeBack(nil)) }

func (c *chunks) close(CloseReason) { c.out.finish() }
