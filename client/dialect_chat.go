package client

import "net/url"

// chatDialect is GET /sse/chat of our own server. It keeps no history: the last message of the user is all it takes.
type chatDialect struct{}

func (chatDialect) Name() string { return "chat" }

func (chatDialect) Request(base string, c Conversation) (*ChatRequest, error) {
	u, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	message, ok := c.lastOfUser()
	if !ok {
		return nil, errNoMessage
	}
	if !endsIn(u, "/sse/chat") {
		u = u.JoinPath("sse/chat")
	}
	add := url.Values{"message": {message}}
	if c.Session != "" {
		add.Set("session", c.Session)
	}
	return getChat(u, add, c.Key), nil
}

func (chatDialect) NewAnswer() *Answer { return &Answer{read: readChat, last: "done"} }

func readChat(e Event) (d Delta, err error) {
	var data struct {
		SessionID string `json:"session_id"`
		Delta     string `json:"delta"`
		Tokens    int    `json:"tokens"`
	}
	name := string(e.Name)
	switch name {
	case "session", "delta", "done", "failed":
		if err := readObject(e.Data, &data); err != nil {
			return d, err
		}
	}
	switch name {
	case "session":
		d.Session = data.SessionID
	case "delta":
		d.Text = data.Delta
	case "done":
		d.Usage, d.Done = &Usage{CompletionTokens: data.Tokens}, true
	case "failed":
		d.Usage, err = &Usage{CompletionTokens: data.Tokens}, newAnswerError(e.Data)
	}
	return d, err
}
