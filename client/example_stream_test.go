package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// serve answers the first request with a stream, and tells the next that there is no more.
func serve() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Last-Event-ID") != "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, ": hello\nretry: 10\n\nid: 1\nevent: delta\ndata: Once\n\nid: 2\ndata: upon\n\n")
	}))
}

func ExampleOpen() {
	server := serve()
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := client.Open(ctx, client.Config{URL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	fmt.Println(s.Head().Status, s.Head().Header.Get("Content-Type"))
	for e, err := range s.Events() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %q\n", e.Data, e.Name)
	}
	// Output:
	// 200 text/event-stream
	// Once "delta"
	// upon ""
}

func ExampleOpen_refused() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := client.Open(context.Background(), client.Config{URL: server.URL})
	var status *client.StatusError
	if errors.As(err, &status) {
		fmt.Println(status.Status)
	}
	// Output:
	// 404
}

func ExampleFollow() {
	server := serve()
	defer server.Close()
	f, err := client.Follow(context.Background(), client.Config{URL: server.URL, ReadTimeout: time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	for item, err := range f.Items() {
		switch {
		case err != nil:
			fmt.Println(err)
		case item.Kind == client.KindOpen:
			fmt.Println("open")
		case item.Kind == client.KindEvent:
			fmt.Printf("%s\n", item.Event.Data)
		case item.Kind == client.KindComment:
			fmt.Println("heartbeat:", item.Comment)
		case item.Kind == client.KindReconnect:
			fmt.Printf("lost (%v), attempt %d follows\n", item.Err, item.Attempt)
		}
	}
	fmt.Println("the server has no more; last event ID", f.LastEventID())
	// Output:
	// open
	// heartbeat: hello
	// Once
	// upon
	// lost (<nil>), attempt 1 follows
	// the server has no more; last event ID 2
}
