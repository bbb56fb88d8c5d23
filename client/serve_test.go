package client

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// soon bounds what has to happen at once, on a slow machine.
const soon = 10 * time.Second

// serve starts a server and has the test close it, hanging handlers included.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// begin starts a stream and sends its first part.
func begin(w http.ResponseWriter, part string) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	send(w, part)
}

func send(w http.ResponseWriter, part string) {
	_, _ = w.Write([]byte(part))
	_ = http.NewResponseController(w).Flush()
}

// serveBytes answers each connection, once it has sent something, by what act does with it.
func serveBytes(t *testing.T, act func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1<<16)) // a request's head, or a TLS hello: both come in one piece
			act(c)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return "http://" + l.Addr().String()
}

// lines are items in the words of record, without the KindOpen.
func lines(items []Item) []string {
	var out []string
	for _, item := range items {
		switch item.Kind {
		case KindEvent:
			out = append(out, event(string(item.Event.Name), string(item.Event.Data), string(item.Event.ID)))
		case KindComment:
			out = append(out, comment(item.Comment))
		case KindRetry:
			out = append(out, retry(item.Delay))
		}
	}
	return out
}

// drain reads until next fails.
func drain(next func() (Item, error)) ([]Item, error) {
	var got []Item
	for {
		item, err := next()
		if err != nil {
			return got, err
		}
		got = append(got, item)
	}
}
