package talk

import (
	"errors"
	"fmt"

	"github.com/sse-tool/sse-tool/client"
)

// ErrLeft is what Next ends with once the stream was left, by Leave, Refresh or Close.
var ErrLeft = errors.New("the stream was left")

// ErrNotOpen is the answer to a way of leaving that needs a connection, where none is open.
var ErrNotOpen = errors.New("no connection is open")

// CannotResumeError tells of an answer that broke off and does not go on: it stands as far as it came.
type CannotResumeError struct {
	Reason string
	Err    error // how the stream was lost; nil where the server ended it in good order, before the answer's end
}

func (e *CannotResumeError) Error() string {
	text := "the answer broke off"
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text + "; " + e.Reason
}

func (e *CannotResumeError) Unwrap() error { return e.Err }

// Hint says what can be done.
func (*CannotResumeError) Hint() string { return "what came of it is kept; ask again for a whole one" }

// RefusedError tells of a request that was not answered by an event stream, with what the server said of it.
type RefusedError struct {
	Err  error  // a *client.StatusError, *client.ContentTypeError or *client.ContentEncodingError
	Text string // one printable line, without the key; may be empty
}

func (e *RefusedError) Error() string {
	if e.Text == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + ": " + e.Text
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Hint says what to look at.
func (e *RefusedError) Hint() string {
	var status *client.StatusError
	if !errors.As(e.Err, &status) {
		return "that is no event stream: give the server's base URL, or the endpoint's with --dialect"
	}
	switch status.Status {
	case 401, 403:
		return fmt.Sprintf("the key comes from the environment: %s; or %s and %s, which go to the servers of their dialect (--dialect)",
			KeyVariable, OpenAIKeyVariable, AnthropicKeyVariable)
	case 400, 422:
		return "the server does not take the request as it is: see --dialect, --model and --session"
	case 404, 405:
		return "see that the URL is the server's base or endpoint, and --dialect its own"
	}
	return ""
}

// explained puts an error of the stream into words for who talks, without the key.
func explained(err error, key client.Key) error {
	var refused *client.RefusedError
	if errors.As(err, &refused) {
		return &RefusedError{Err: refused.Err, Text: key.Hide(client.ErrorText(refused.Body))}
	}
	var told *client.AnswerError
	if errors.As(err, &told) {
		return &client.AnswerError{Message: key.Hide(told.Message), Type: key.Hide(told.Type), Code: key.Hide(told.Code)}
	}
	return err
}
