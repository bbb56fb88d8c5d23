package client

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"unicode"
)

// maxErrorText is how much of what a server says is passed on, in bytes, about.
const maxErrorText = 300

// AnswerError is what a server said went wrong with an answer, within its stream. Each field is one printable line of
// about 300 bytes at most; any may be empty. A server may quote the key that it was sent: see Key.Hide.
type AnswerError struct {
	Message string
	Type    string // such as "overloaded_error"
	Code    string // such as "context_length_exceeded", or an HTTP status
}

func (e *AnswerError) Error() string {
	if text := e.text(); text != "" {
		return "read answer: the server reports " + text
	}
	return "read answer: the server reports an error without a reason"
}

func (e *AnswerError) text() string {
	var notes []string
	for _, s := range []string{e.Type, e.Code} {
		if s != "" {
			notes = append(notes, s)
		}
	}
	switch {
	case len(notes) == 0:
		return e.Message
	case e.Message == "":
		return strings.Join(notes, ", ")
	}
	return e.Message + " (" + strings.Join(notes, ", ") + ")"
}

// ErrorText is what the body of a refused request says, as one printable line of at most about 1000 bytes: the message,
// type and code of an error object in any dialect's form, the title of an HTML page, the beginning of anything else.
// The body may be cut off anywhere. As in an AnswerError, the key may be quoted.
func ErrorText(body []byte) string {
	if text := newAnswerError(body).text(); text != "" && json.Valid(body) {
		return text
	}
	if m := htmlTitle.FindSubmatch(body); m != nil {
		return oneLine(html.UnescapeString(string(m[1])))
	}
	if m := cutMessage.FindSubmatch(body); m != nil {
		var text string
		if json.Unmarshal([]byte(`"`+string(m[1])+`"`), &text) != nil {
			text = string(m[1]) // cut within an escape
		}
		return oneLine(text)
	}
	return oneLine(string(body))
}

var (
	htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>\s*([^<\s].*?)</title>`)
	// cutMessage finds the message in an error object that does not end.
	cutMessage = regexp.MustCompile(`^\s*[\[{](?s:.*?)"(?:message|detail|msg|error)"\s*:\s*"((?:[^"\\]|\\.)+)`)
)

// newAnswerError reads an error in any of the forms that servers have for it; what is no JSON is the message.
func newAnswerError(data []byte) *AnswerError {
	e := new(AnswerError)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) == nil {
		e.fill(v)
	} else {
		e.Message = oneLine(string(data))
	}
	return e
}

// fill takes from v what e lacks. The forms differ in what stands around the same words: {"error": {"message", "type",
// "code"}}, {"error": "words"}, {"message", "code"}, {"detail": [{"msg"}]}, and lists of one. The inner ones come
// first: an outer type is but "error".
func (e *AnswerError) fill(v any) {
	switch v := v.(type) {
	case string:
		take(&e.Message, v)
	case []any:
		if len(v) > 0 {
			e.fill(v[0])
		}
	case map[string]any:
		for _, name := range []string{"message", "detail", "msg", "error"} {
			e.fill(v[name])
		}
		take(&e.Type, v["type"])
		take(&e.Type, v["error_type"])
		take(&e.Code, v["code"])
	}
}

// take sets *to to v, if it is empty and v a string or a number.
func take(to *string, v any) {
	if *to != "" {
		return
	}
	switch v := v.(type) {
	case string:
		if v != "None" { // Python's for null, from gateways
			*to = oneLine(v)
		}
	case json.Number:
		*to = oneLine(v.String())
	}
}

// isTold tells whether v, an object's "error", tells of one: null, false and "" do not.
func isTold(v any) bool {
	return v != nil && v != false && v != ""
}

// oneLine is the beginning of s with each run of space, and of what cannot be printed, as one space: it may go to a
// terminal.
func oneLine(s string) string {
	s = strings.TrimSpace(s)
	s = s[:min(len(s), 8*maxErrorText)] // before it is taken apart: it may be megabytes
	words := strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
	return clip(strings.Join(words, " "), maxErrorText)
}
