package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Answer reads one chat answer from the events of its stream. It does no I/O, keeps nothing of the text, and holds no
// reference to an event. NewAnswer of a Dialect makes it; it is for one goroutine at a time.
type Answer struct {
	read func(Event) (Delta, error) // the dialect's
	last string                     // the event that ends an answer; empty where the stream's end does
	done bool
	err  error
}

// Delta is what one event adds to an answer. The zero value is an event that adds nothing.
type Delta struct {
	Text      string // of the answer, as the model wrote it: control characters too
	Reasoning string // what the model thinks before it answers, from servers that tell
	Session   string // the session's id, from our own server
	Finish    string // why the model stopped, in the server's words: "stop", "length", "tool_calls", "end_turn"
	Usage     *Usage // the tokens counted so far, where the event tells; nil otherwise
	Done      bool   // the answer is complete: nothing should follow
	AfterDone bool   // the event came after the one that was Done, and was not read
}

// Usage is how many tokens a server counted. Zero may be none, or not counted.
type Usage struct {
	PromptTokens     int
	CompletionTokens int
}

// Read reads the next event. Events and fields that the dialect does not know add nothing.
//
// An *AnswerError is what the server said went wrong; other errors tell that an event is not in the dialect, with the
// beginning of it. An error is final: each later call returns it again. The Delta counts beside an error too.
func (a *Answer) Read(e Event) (Delta, error) {
	if a.err != nil {
		return Delta{}, a.err
	}
	if a.done {
		return Delta{AfterDone: true}, nil
	}
	d, err := a.read(e)
	a.done, a.err = d.Done, err
	return d, err
}

// End tells whether the answer is complete, should its stream end here: nil, the error that Read returned, or one that
// wraps io.ErrUnexpectedEOF for an answer that was cut. It was cut also where the stream ended in good order, but without
// the event that ends an answer in its dialect: done, [DONE] or message_stop.
func (a *Answer) End() error {
	if a.err != nil || a.done || a.last == "" {
		return a.err
	}
	return fmt.Errorf("read answer: stream ended before %s: %w", a.last, io.ErrUnexpectedEOF)
}

// told returns u, or nil where nothing was counted.
func (u Usage) told() *Usage {
	if u == (Usage{}) {
		return nil
	}
	return &u
}

// readObject decodes the JSON object that data is into v. A field of another type than v's counts as not there: one
// server's odd usage is no reason to lose its answer.
func readObject(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		err = nil
	}
	if err != nil || !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		return fmt.Errorf("read answer: event is not a JSON object: %q", clip(string(data), maxNear))
	}
	return nil
}

// maxNear is how much of an event an error quotes, in bytes.
const maxNear = 64

// clip cuts s to about limit bytes, and says so.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for i := range s {
		if i > limit {
			return s[:i] + "..."
		}
	}
	return s
}
