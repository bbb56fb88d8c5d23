package loadgen

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// Again is how a stream's request was answered when it was made once more, as an
// EventSource makes it whenever its server has ended the stream. Moments count as
// those of a [Record].
type Again struct {
	// N is the number of the stream whose request it is.
	N int `json:"n"`
	// Asked is when it was made.
	Asked time.Duration `json:"asked"`
	// Status is the response's status code; zero where none came.
	Status int `json:"status,omitempty"`
	// Stream says that an event stream began: an EventSource reads it, and comes
	// again. It gives up at every other answer.
	Stream bool `json:"stream,omitempty"`
	// Err says in words what came in place of one; empty where one came.
	Err string `json:"err,omitempty"`
}

// Again makes the request of stream n once more, with the id of its last event as
// Last-Event-ID, if it had one, and a tag of its own, and leaves by [Close] when the
// answer's head has come, or the plan's OpenTimeout has passed, or ctx ends. It is no
// stream of the load: no record tells of it.
func (l *Load) Again(ctx context.Context, n int) Again {
	ctx, cancel := context.WithTimeout(ctx, l.plan.OpenTimeout)
	defer cancel()
	a := Again{N: n, Asked: l.now()}
	if err := l.again(ctx, l.record(n), &a); err != nil {
		a.Err = words(err)
	}
	return a
}

func (l *Load) again(ctx context.Context, rec Record, a *Again) error {
	c := rec.caller()
	c.tag, c.lastID = l.plan.Tag+"-again", rec.LastID
	wire, err := l.plan.Request.bytes(c, l.plan.Shape[rec.asks()])
	if err != nil {
		return err
	}
	conn, err := l.target.dial(ctx, rec.As, false)
	if err != nil {
		return err
	}
	defer func() { _ = LeaveClose(conn) }() // there is nobody left to tell
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := conn.Write(wire); err != nil {
		return fmt.Errorf("send the request: %w", err)
	}
	var d client.Decoder
	for buf := make([]byte, readBuffer); a.Status == 0; {
		n, err := conn.Read(buf)
		if _, refused := d.Feed(buf[:n], headOnly{a}); refused != nil {
			return refused
		}
		if err != nil && a.Status == 0 {
			return err
		}
	}
	return nil
}

// headOnly takes a response's head, and nothing behind it.
type headOnly struct{ a *Again }

func (h headOnly) Head(head *client.Head) error {
	h.a.Status = head.Status
	err := client.CheckHead(head)
	h.a.Stream = err == nil
	return err
}

func (headOnly) Event(client.Event) {}

func (headOnly) Comment([]byte) {}

func (headOnly) Retry(time.Duration) {}

// ByEventSource tells whether a page's EventSource can make the request: a GET
// without a body, and with no header fields but those that browsers send by
// themselves. Of Authorization that is what follows from a user and a password.
func (r Request) ByEventSource() bool {
	if r = r.WithDefaults(); r.Method != http.MethodGet || len(r.Body) > 0 {
		return false
	}
	for name, values := range r.Header {
		if !fromBrowser(http.CanonicalHeaderKey(name), strings.Join(values, ",")) {
			return false
		}
	}
	return true
}

func fromBrowser(name, value string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Cookie", "Dnt", "Host", "Last-Event-Id",
		"Origin", "Pragma", "Priority", "Referer", "User-Agent", StreamIDHeader:
		return true
	case "Authorization":
		scheme, _, _ := strings.Cut(value, " ")
		return strings.EqualFold(scheme, "Basic")
	}
	return strings.HasPrefix(name, "Sec-")
}
