package server

import (
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// FuzzParseQuestion: a message is text within its bounds, or it is refused in
// a line that fits into a close frame.
func FuzzParseQuestion(f *testing.F) {
	for _, s := range []string{`{"message":"hi"}`, `{"message":null}`, `{"message":1}`, `[]`, ``, `{"message":"\ud800"}`} {
		f.Add(true, []byte(s))
		f.Add(false, []byte(s))
	}
	f.Fuzz(func(t *testing.T, text bool, data []byte) {
		kind := websocket.MessageBinary
		if text {
			kind = websocket.MessageText
		}
		q := parseQuestion(kind, data)
		if q.err == nil && (!text || checkText("message", q.message, maxMessage) != nil) {
			t.Errorf("%v %q was taken for %q", kind, data, q.message)
		}
		if q.err != nil && (len(q.err.Error()) > 123 || strings.ContainsAny(q.err.Error(), "\r\n")) {
			t.Errorf("%q", q.err)
		}
	})
}
