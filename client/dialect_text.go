package client

import (
	"net/url"
	"strings"
)

// messagePlace is where a URL takes the message, as {{column}} is in a load's requests.
const messagePlace = "{{message}}"

// textDialect is an event stream whose data is the answer's text as it is: what a server of a few lines sends. The
// pieces of a text/plain body may be read so too, each as the data of an event.
type textDialect struct{}

func (textDialect) Name() string { return "text" }

// Request puts the last message of the user in the place of {{message}} in the URL, or else into its query as message.
func (textDialect) Request(base string, c Conversation) (*ChatRequest, error) {
	message, ok := c.lastOfUser()
	if !ok {
		return nil, errNoMessage
	}
	add := url.Values{}
	if strings.Contains(base, messagePlace) {
		// %20 is a space in a path and in a query, + only in a query.
		escaped := strings.ReplaceAll(url.QueryEscape(message), "+", "%20")
		base = strings.ReplaceAll(base, messagePlace, escaped)
	} else {
		add.Set("message", message)
	}
	u, err := parseBase(base)
	if err != nil {
		return nil, err
	}
	return getChat(u, add, c.Key), nil
}

func (textDialect) NewAnswer() *Answer { return &Answer{read: readText} }

// readText knows the names that such servers give their events; others are about the answer, not of it.
func readText(e Event) (d Delta, err error) {
	switch string(e.Name) {
	case "", "message", "delta", "token", "chunk", "text", "content", "data":
		if isDone(e.Data) {
			d.Done = true
		} else {
			d.Text = string(e.Data)
		}
	case "done", "end", "complete", "close":
		d.Done = true
	case "error", "failed":
		err = newAnswerError(e.Data)
	}
	return d, err
}
