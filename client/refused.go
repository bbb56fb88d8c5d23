package client

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
)

// MaxRefusedBody is how much of a refused response's body is kept.
const MaxRefusedBody = 200

// RefusedError tells that a StreamHandler did not take the response for an event stream.
type RefusedError struct {
	Err error // what Head returned
	// Body is the beginning of the response's body, at most MaxRefusedBody bytes, as far as it was fed.
	Body []byte
}

// Error quotes what the body says: see [ErrorText].
func (e *RefusedError) Error() string {
	if text := ErrorText(e.Body); text != "" {
		return fmt.Sprintf("%v: %q", e.Err, text)
	}
	return e.Err.Error()
}

func (e *RefusedError) Unwrap() error {
	return e.Err
}

func (e *RefusedError) add(body []byte) {
	e.Body = append(e.Body, body[:min(len(body), MaxRefusedBody-len(e.Body))]...)
}

// CheckHead tells whether h announces an event stream, as HTML 9.2.2 wants it: status 200 and text/event-stream,
// whatever its parameters. A content coding is refused too, since a Decoder does not undo any. The error is a
// *StatusError, a *ContentTypeError or a *ContentEncodingError.
func CheckHead(h *Head) error {
	if h.Status != http.StatusOK {
		return &StatusError{Status: h.Status, Reason: h.Reason, RetryAfter: retryAfter(h.Header)}
	}
	if types := h.Header["Content-Type"]; lastMediaType(types) != "text/event-stream" {
		return &ContentTypeError{ContentType: strings.Join(types, ", ")}
	}
	for _, coding := range h.Header["Content-Encoding"] {
		if coding != "" && !strings.EqualFold(coding, "identity") {
			return &ContentEncodingError{ContentEncoding: coding}
		}
	}
	return nil
}

// lastMediaType is the media type of the last content type that can be read: a field may be there more than once
// (Fetch, "extract a MIME type").
func lastMediaType(contentTypes []string) string {
	last := ""
	for _, contentType := range contentTypes {
		essence, _, _ := strings.Cut(contentType, ";")
		if mediaType, _, err := mime.ParseMediaType(essence); err == nil {
			last = mediaType
		}
	}
	return last
}

// StatusError tells that a response has another status than 200. 204 asks the client not to come back (HTML 9.2.1).
type StatusError struct {
	Status int
	Reason string // as the server sent it; may be empty
	// RetryAfter is how long the server asks to wait (RFC 9110 10.2.3). Zero: it does not say, or has no clock to tell by.
	RetryAfter time.Duration
}

func (e *StatusError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = http.StatusText(e.Status)
	}
	return strings.TrimSpace(fmt.Sprintf("response has status %d %s", e.Status, reason))
}

// ContentTypeError tells that a response is no event stream by its content type.
type ContentTypeError struct {
	ContentType string // empty if there is none
}

func (e *ContentTypeError) Error() string {
	if e.ContentType == "" {
		return "response has no content type, not text/event-stream"
	}
	return fmt.Sprintf("response has content type %q, not text/event-stream", e.ContentType)
}

// ContentEncodingError tells that a response has a content coding, which nobody asked for.
type ContentEncodingError struct {
	ContentEncoding string
}

func (e *ContentEncodingError) Error() string {
	return fmt.Sprintf("response has content encoding %q, not identity", e.ContentEncoding)
}
