package loadgen

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/client"
)

// The first event stream says who wrote it; an answer that is none does not count.
func TestSoftware(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *rawConn) {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"+
			"Server: nginx/1.26.2\r\nX-Powered-By: Express\r\nVia: 1.1 a\r\nVia: 1.1 b\r\n\r\n")
		holdOpen(c)
	})
	l := start(t, small(s.url(), 2, Close))
	await(t, "the streams to open", l.Opened())
	if got, want := l.Software(), (Software{Server: "nginx/1.26.2", PoweredBy: "Express", Via: "1.1 a, 1.1 b"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}

	none := serve(t, func(c *rawConn) {
		fmt.Fprint(c, "HTTP/1.1 503 Busy\r\nServer: envoy\r\nContent-Length: 0\r\n\r\n")
	})
	l = start(t, small(none.url(), 1, Close))
	await(t, "the stream to be rejected", l.Left())
	if got := l.Software(); got != (Software{}) {
		t.Errorf("of no stream: %+v", got)
	}
}

func TestSoftwareIsBounded(t *testing.T) {
	got := softwareOf(&client.Head{Header: http.Header{"Server": {strings.Repeat("x", longestName-1) + "é"}}})
	if got.Server != strings.Repeat("x", longestName-1) || got.Via != "" {
		t.Errorf("got %+v", got)
	}
}
