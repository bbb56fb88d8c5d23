package server

import (
	"errors"
	"net/http"
)

// maxWhole bounds a reply that is answered as a whole: until it is complete it
// is in memory.
const maxWhole = 1 << 20

var errTooLong = errors.New("the reply is too long for an answer that is not streamed")

// whole is the door of POST /v1/chat/completions without "stream": one JSON
// object at the end. Before it comes a line feed as a heartbeat, which JSON
// allows (RFC 8259, section 2): without one a client whose network has gone
// would be missed as long as the reply takes. A failure after it can no longer
// have a status of its own.
type whole struct {
	*completion
	w        http.ResponseWriter
	out      *writer
	text     []byte
	begun    bool // the status has been written
	answered bool // and so has an object
}

func (o *whole) begin() error { return nil }

func (o *whole) delta(_ int, token string) (bool, error) {
	if len(o.text)+len(token) > maxWhole {
		return false, errTooLong
	}
	o.text = append(o.text, token...)
	return false, nil
}

func (o *whole) heartbeat() error {
	o.begun = true
	return o.out.write([]byte("\n"))
}

func (o *whole) done(tokens int) error {
	o.begun, o.answered = true, true
	return o.out.write(append(appendJSON(nil, map[string]any{
		"id": o.id, "object": "chat.completion", "created": o.created, "model": o.model,
		"choices": []map[string]any{{
			"index":         0,
			"message":       map[string]any{"role": "assistant", "content": string(o.text), "refusal": nil},
			"finish_reason": o.finishReason(tokens),
		}},
		"usage": o.usage(tokens),
	}), '\n'))
}

func (o *whole) failed(_ int, why error) error {
	return o.answer(serverError(http.StatusInternalServerError, why.Error()), o.out.write)
}

func (o *whole) leave() error { return nil } // close says so

// endings are what a client is told whose session ended before its reply was
// complete. (Who has gone does not read it.)
var endings = map[CloseReason]*apiError{
	CloseTimeout:     serverError(http.StatusGatewayTimeout, "the reply took longer than the server allows"),
	CloseReplaced:    serverError(http.StatusConflict, "the session was opened again"),
	CloseCancelled:   serverError(http.StatusConflict, "the session was cancelled"),
	CloseSwept:       serverError(http.StatusRequestTimeout, "the client gave no sign"),
	CloseShutdown:    serverError(http.StatusServiceUnavailable, "the server stops"),
	CloseWriteFailed: serverError(http.StatusInternalServerError, errTooLong.Error()),
}

func (o *whole) close(reason CloseReason) {
	o.out.finish()
	if why := endings[reason]; why != nil && !o.answered {
		_ = o.answer(why, func(b []byte) error { _, err := o.w.Write(b); return err }) // the writer's time is over
	}
}

// answer writes an error, with its status if that is still open.
func (o *whole) answer(e *apiError, write func([]byte) error) error {
	if !o.begun {
		o.w.WriteHeader(e.status)
	}
	o.begun, o.answered = true, true
	return write(append(appendAPIError(nil, e), '\n'))
}
