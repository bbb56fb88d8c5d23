package client

import "strings"

// Conversation is what a chat server is asked to go on with.
type Conversation struct {
	// Model names the model. Empty leaves it to the server; not every one has a default.
	Model string
	// System is the system prompt. Empty is none.
	System string
	// Messages are what was said, oldest first. At least one is the user's.
	Messages []Message
	// MaxTokens bounds the answer's length. Zero leaves it to the server, and is 4096 for Anthropic's, which asks for a
	// bound.
	MaxTokens int
	// Temperature is the sampling temperature. Nil leaves it to the server.
	Temperature *float64
	// Session is the session to go on with; only our own server knows sessions. Empty asks for a new one.
	Session string
	// Key is the API key or token. Empty sends none.
	Key Key
}

// Message is one turn of a Conversation.
type Message struct {
	Role Role   `json:"role"`
	Text string `json:"content"`
}

// Role is who said a message.
type Role string

const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
)

// lastOfUser is the message to answer, for servers that take one and no history.
func (c Conversation) lastOfUser() (text string, ok bool) {
	for i := len(c.Messages) - 1; i >= 0; i-- {
		if c.Messages[i].Role == RoleUser {
			return c.Messages[i].Text, true
		}
	}
	return "", false
}

// Key is an API key. Printed, logged or marshalled it shows no more than that there is one: convert it to a string to
// send it.
type Key string

// String returns "[key]", or "" for an empty key.
func (k Key) String() string {
	if k == "" {
		return ""
	}
	return "[key]"
}

// Hide returns text with the key, should a server have quoted it there, as String has it.
func (k Key) Hide(text string) string {
	return strings.ReplaceAll(text, string(k), k.String())
}

// GoString returns what String does.
func (k Key) GoString() string { return k.String() }

// MarshalText returns what String does. Its error is always nil.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
