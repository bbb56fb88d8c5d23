package client_test

import (
	"fmt"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// printer is a client.StreamHandler.
type printer struct{}

func (printer) Head(h *client.Head) error { return client.CheckHead(h) }
func (printer) Event(e client.Event)      { fmt.Printf("event %q, id %q: %s\n", e.Name, e.ID, e.Data) }
func (printer) Comment(text []byte)       { fmt.Printf("comment: %s\n", text) }
func (printer) Retry(d time.Duration)     { fmt.Println("reconnect after", d) }

// The connection may cut its bytes anywhere: here within a field line, and within a chunk of the chunked coding.
func ExampleDecoder() {
	reads := []string{
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
		"34\r\nretry: 3000\n: hello\n\nid: 1\nevent: delta\ndata: O",
		"nce\n\n\r\n12\r\nid: 2\ndata: upon\n\n\r\n",
		"12\r\nid: 3\ndata: a time\r\n",
	}
	var d client.Decoder
	for _, read := range reads {
		if _, err := d.Feed([]byte(read), printer{}); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("end:", d.End())
	fmt.Println("an event was cut:", d.Parser.Pending(), "- last event ID:", d.Parser.LastEventID())
	// Output:
	// reconnect after 3s
	// comment: hello
	// event "delta", id "1": Once
	// event "", id "2": upon
	// end: read response: connection ended before the last chunk: unexpected EOF
	// an event was cut: true - last event ID: 2
}

func ExampleParser() {
	var p client.Parser
	p.SetLastEventID("41") // from the connection before
	for _, chunk := range []string{"data: two\nda", "ta: lines\r", "\n\r\n"} {
		if err := p.Feed([]byte(chunk), printer{}); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// event "", id "41": two
	// lines
}

func ExampleRefusedError() {
	var d client.Decoder
	_, err := d.Feed([]byte("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\nslow"), printer{})
	fmt.Println(err)
	// Output:
	// response has status 429 Too Many Requests: "slow"
}
