package server

import (
	"context"
	"encoding/json"

	"github.com/coder/websocket"
)

// question is a client's first message, or why it is none.
type question struct {
	message string
	err     error
}

// parseQuestion reads {"message":"..."}; what else is in there is ignored.
func parseQuestion(kind websocket.MessageType, data []byte) question {
	var q struct {
		Message *string `json:"message"`
	}
	if kind != websocket.MessageText || json.Unmarshal(data, &q) != nil || q.Message == nil {
		return question{err: refusal(`message: not {"message":"..."} as text`)}
	}
	if err := checkText("message", *q.Message, maxMessage); err != nil {
		return question{err: refusal(err.Error())}
	}
	return question{message: *q.Message}
}

// questioned is an upstream that waits for what it is asked.
type questioned struct {
	Upstream
	first <-chan question
}

// Generate implements Upstream.
func (u questioned) Generate(ctx context.Context, p Prompt, emit func(token string) error) error {
	select {
	case q := <-u.first:
		if q.err != nil {
			return q.err
		}
		p.Message = q.message
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return u.Upstream.Generate(ctx, p, emit)
}
