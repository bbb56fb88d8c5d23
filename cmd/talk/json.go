package talk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sse-tool/sse-tool/client"
)

// schema is the version of the form on disk. It grows when a reader of the version before would get something wrong.
const schema = 1

// saved is a conversation as it stands in a file.
type saved struct {
	Schema      int              `json:"schema"`
	Model       string           `json:"model,omitempty"`
	System      string           `json:"system,omitempty"`
	Session     string           `json:"session,omitempty"`
	MaxTokens   int              `json:"max_tokens,omitempty"`
	Temperature *float64         `json:"temperature,omitempty"`
	Messages    []client.Message `json:"messages"`
}

// WriteJSON returns a conversation as JSON:
//
//	{"schema": 1, "model": "…", "system": "…", "session": "…", "max_tokens": 100, "temperature": 0.5,
//	 "messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}
//
// What is empty is left out, but for the messages; so is the key. What is no UTF-8 in a text becomes U+FFFD.
func WriteJSON(c client.Conversation) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	s := saved{
		Schema: schema, Model: c.Model, System: c.System, Session: c.Session,
		MaxTokens: c.MaxTokens, Temperature: c.Temperature, Messages: c.Messages,
	}
	if s.Messages == nil {
		s.Messages = []client.Message{}
	}
	if err := enc.Encode(s); err != nil { // a temperature that is no number
		s.Temperature = nil
		b.Reset()
		_ = enc.Encode(s)
	}
	return b.Bytes()
}

// ReadJSON reads what WriteJSON returned. Fields that it does not know are left out; a later schema is an error.
func ReadJSON(data []byte) (client.Conversation, error) {
	var s saved
	if err := json.Unmarshal(data, &s); err != nil {
		return client.Conversation{}, fmt.Errorf("read conversation: %w", err)
	}
	switch {
	case s.Schema == 0:
		return client.Conversation{}, errors.New("read conversation: it has no schema, so it is none of ours")
	case s.Schema != schema:
		return client.Conversation{}, fmt.Errorf("read conversation: schema %d is not known, only %d", s.Schema, schema)
	}
	for i, m := range s.Messages {
		if m.Role != client.RoleUser && m.Role != client.RoleAssistant {
			return client.Conversation{}, fmt.Errorf("read conversation: message %d: role %q is neither user nor assistant", i+1, m.Role)
		}
	}
	return client.Conversation{
		Model: s.Model, System: s.System, Session: s.Session,
		MaxTokens: s.MaxTokens, Temperature: s.Temperature, Messages: s.Messages,
	}, nil
}
