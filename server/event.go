package server

import (
	"bytes"
	"encoding/json"
)

// Fields of an event stream, in the order and form of section 9.2.5 of the
// HTML standard. Data is JSON here, on one line, so no field ever needs to be
// split.

// retryMillis is how long a browser waits before it connects again.
const retryMillis = "2000"

// heartbeat is a comment: it keeps the connection alive, and no client sees it
// as an event.
var heartbeat = []byte(": heartbeat\n\n")

// appendEvent appends one event. Its id has no line break; an empty one is left
// out.
func appendEvent(dst []byte, id, name string, data any) []byte {
	if id != "" {
		dst = append(dst, "id: "...)
		dst = append(dst, id...)
		dst = append(dst, '\n')
	}
	dst = append(dst, "event: "...)
	dst = append(dst, name...)
	dst = append(dst, "\ndata: "...)
	dst = appendJSON(dst, data)
	return append(dst, "\n\n"...)
}

// appendJSON appends v on one line, with < > & as they are.
func appendJSON(dst []byte, v any) []byte {
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("server: event is not JSON: " + err.Error()) // callers pass strings and numbers
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
