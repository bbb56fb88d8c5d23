package client

import (
	"bytes"
	"fmt"
	"time"
)

// Event is one dispatched event (HTML 9.2.6). Its slices belong to the parser or to the chunk that was fed, and are
// valid only during the call of Handler.Event: copy what has to live longer.
type Event struct {
	// Name is the event type. Empty means "message": the standard's default is left to the reader.
	Name []byte
	// Data holds the data lines joined with LF, without a last LF. It is empty for an event of one empty data line.
	Data []byte
	// ID is the last event ID string as of this event: it persists, so it may come from an earlier event.
	ID []byte
}

// Done tells whether the event says, in the words of chat servers, that an answer is done: by the name of our own server
// and many others, of Anthropic or of OpenAI's responses, or by the data of OpenAI's chat completions. An EventSource page
// closes its stream there; an event that says so in other words is not told.
func (e Event) Done() bool {
	switch string(e.Name) {
	case "done", "message_stop", "response.completed":
		return true
	}
	return isDone(e.Data)
}

// isDone tells whether data is what ends an answer of chat completions.
func isDone(data []byte) bool {
	return string(bytes.TrimSpace(data)) == "[DONE]"
}

// Handler receives what a Parser reads, in the order of the stream. It must not feed the parser that calls it.
type Handler interface {
	// Event is called at the blank line that ends an event.
	Event(Event)
	// Comment is called at the end of a comment line with what follows the colon, less one leading space. text is
	// valid only during the call.
	Comment(text []byte)
	// Retry is called at the end of a retry line: the standard sets the reconnection time there, not at the event's end.
	Retry(d time.Duration)
}

// EventTooLargeError tells that an event, or a line that does not end, went past Parser.MaxEventBytes.
type EventTooLargeError struct {
	Limit int
}

func (e *EventTooLargeError) Error() string {
	return fmt.Sprintf("parse event stream: event larger than %d bytes", e.Limit)
}
