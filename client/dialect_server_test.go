package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/server"
)

// ask sends a conversation to a server in our own dialect. Cleaning up closes the response.
func ask(t *testing.T, base string, c client.Conversation) *http.Response {
	t.Helper()
	dialect, err := client.DialectByName("chat")
	if err != nil {
		t.Fatal(err)
	}
	r, err := dialect.Request(base, c)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.Method, r.URL, strings.NewReader(string(r.Body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = r.Header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// conversant is a client.Handler that finds out the dialect of a stream by its first event, and sums the answer up.
type conversant struct {
	answer  *client.Answer
	sum     client.Delta
	err     error
	onDelta func()
}

func (c *conversant) Comment([]byte)      {}
func (c *conversant) Retry(time.Duration) {}

func (c *conversant) Event(e client.Event) {
	if c.answer == nil {
		c.answer = client.DetectAnswer("text/event-stream", e).NewAnswer()
	}
	d, err := c.answer.Read(e)
	c.sum.Text += d.Text
	c.sum.Session += d.Session
	c.sum.Done = c.sum.Done || d.Done
	if d.Usage != nil {
		c.sum.Usage = d.Usage
	}
	c.err = err
	if d.Text != "" && c.onDelta != nil {
		c.onDelta()
	}
}

// listen reads body to its end.
func (c *conversant) listen(t *testing.T, body io.Reader) {
	t.Helper()
	var p client.Parser
	buf := make([]byte, 50)
	for {
		n, err := body.Read(buf)
		if err := p.Feed(buf[:n], c); err != nil {
			t.Fatal(err)
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func serveReference(t *testing.T, cfg server.Config) string {
	t.Helper()
	s, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(s.Handler())
	t.Cleanup(ts.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return ts.URL
}

func hello(session string) client.Conversation {
	return client.Conversation{Messages: []client.Message{{Role: client.RoleUser, Text: "hello & good bye"}}, Session: session}
}

// echo is a server.Upstream that answers with what it was asked, and then with an error, if any.
type echo struct{ err error }

func (e echo) Generate(_ context.Context, p server.Prompt, emit func(string) error) error {
	for word := range strings.SplitAfterSeq(p.Message, " ") {
		if err := emit(word); err != nil {
			return err
		}
	}
	return e.err
}

func TestChatDialectReadsOurServer(t *testing.T) {
	base := serveReference(t, server.Config{Upstream: echo{}, Timeout: time.Minute})
	var c conversant
	c.listen(t, ask(t, base, hello("me")).Body)
	if c.sum.Text != "hello & good bye" || c.sum.Session != "me" || !c.sum.Done || c.sum.Usage.CompletionTokens != 4 {
		t.Errorf("got %+v, %+v", c.sum, c.sum.Usage)
	}
	if err := errors.Join(c.err, c.answer.End()); err != nil {
		t.Error(err)
	}
}

func TestChatDialectReadsOurServersFailure(t *testing.T) {
	base := serveReference(t, server.Config{Upstream: echo{errors.New("out of memory")}, Timeout: time.Minute})
	var c conversant
	c.listen(t, ask(t, base, hello("")).Body)
	var told *client.AnswerError
	if !errors.As(c.answer.End(), &told) || told.Message != "the upstream failed" || c.sum.Usage.CompletionTokens != 4 {
		t.Errorf("got %v, %+v", c.answer.End(), c.sum.Usage)
	}
	if c.sum.Text != "hello & good bye" || len(c.sum.Session) != 32 {
		t.Errorf("got %+v", c.sum)
	}
}

func TestChatDialectSeesThatOurServerCutTheAnswer(t *testing.T) {
	base := serveReference(t, server.Config{ReplyRate: 1000, ReplyLength: 1_000_000, Timeout: time.Minute})
	var c conversant
	c.onDelta = func() {
		c.onDelta = nil
		req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, base+"/sessions/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	c.listen(t, ask(t, base, hello("me")).Body)
	if err := c.answer.End(); !errors.Is(err, io.ErrUnexpectedEOF) || c.sum.Done || c.sum.Text == "" {
		t.Errorf("got %v, %+v", err, c.sum)
	}
}

func TestErrorTextOfOurServer(t *testing.T) {
	base := serveReference(t, server.Config{Timeout: time.Minute})
	resp := ask(t, base, hello("no/session"))
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := client.ErrorText(body); resp.StatusCode != http.StatusBadRequest || !strings.HasPrefix(got, `session "no/session": letters`) {
		t.Errorf("%s: %s", resp.Status, got)
	}
}
