package contract

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// callbackTimeout bounds one callback: the suite answers at once, or has gone.
const callbackTimeout = 10 * time.Second

// message is the body of a callback.
type message struct {
	Kind    string `json:"kind"` // event, comment or error
	Event   *event `json:"event,omitempty"`
	Comment string `json:"comment"`
	// Error is an error's text. The protocol's text has it in comment, the suite's program reads it here: both get it.
	Error string `json:"error,omitempty"`
}

type event struct {
	Type string `json:"type"`
	Data string `json:"data"`
	ID   string `json:"id"`
}

func eventMessage(e client.Event) message {
	name := cmp.Or(string(e.Name), "message") // as an EventSource fires it
	return message{Kind: "event", Event: &event{Type: name, Data: string(e.Data), ID: string(e.ID)}}
}

func commentMessage(text string) message { return message{Kind: "comment", Comment: text} }

func errorMessage(err error) message {
	return message{Kind: "error", Comment: err.Error(), Error: err.Error()}
}

// callback sends messages to one callback URL, numbered from 1. It is for one goroutine.
type callback struct {
	url  string
	http *http.Client
	sent int
}

// send returns once the message was taken, so that the next one cannot overtake it.
func (c *callback) send(ctx context.Context, m message) error {
	ctx, cancel := context.WithTimeout(ctx, callbackTimeout)
	defer cancel()
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	c.sent++
	to := fmt.Sprintf("%s/%d", strings.TrimSuffix(c.url, "/"), c.sent)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("callback to %s: answered with status %s", to, resp.Status)
	}
	return nil
}
