package cmd

import (
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// heartbeatLimit is the silence after which proxies begin to cut: HTML 9.2.7 has
// a comment sent every 15 seconds or so.
const heartbeatLimit = 15 * time.Second

// aboutHead tells what is wrong with an answer's head.
func aboutHead(h *client.Head) []warning {
	var all []warning
	contentType := h.Header.Get("Content-Type")
	_, parameters, _ := mime.ParseMediaType(contentType)
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		all = append(all, warning{badCharset, fmt.Sprintf("the content type names the charset %q; every reader takes an event stream as UTF-8", charset)})
	}
	caching := strings.ToLower(strings.Join(h.Header["Cache-Control"], ","))
	if !strings.Contains(caching, "no-cache") && !strings.Contains(caching, "no-store") {
		all = append(all, warning{cacheable, "no Cache-Control: no-cache or no-store: a cache on the way may keep the stream, or answer with an old one"})
	}
	if coding := h.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		all = append(all, warning{compressed, fmt.Sprintf("the stream is compressed (%s): events are held back wherever a coder is not flushed after each", coding)})
	}
	return all
}

// aboutSilence tells of a silence that is longer than proxies bear.
func aboutSilence(longest time.Duration) warning {
	if longest <= tolerated(heartbeatLimit) {
		return warning{}
	}
	return warning{noHeartbeat, fmt.Sprintf("nothing came for %s, no comment either: a proxy may cut a stream that is silent, and the server does not see that its client has gone; send a comment every 15s", millis(longest))}
}

// aboutIDs tells of an id that is a number and smaller than that before it.
// anew: the stream was opened again in between, with that id.
func aboutIDs(before, id string, anew bool) warning {
	was, err := strconv.ParseUint(before, 10, 64)
	if err != nil {
		return warning{}
	}
	is, err := strconv.ParseUint(id, 10, 64)
	switch {
	case err != nil || is >= was:
		return warning{}
	case anew:
		return warning{idGoesBack, fmt.Sprintf("id %d came although %d was sent as Last-Event-ID: the server begins again, and does not resume", is, was)}
	default:
		return warning{idGoesBack, fmt.Sprintf("id %d came after %d: who reconnects gets events again, or misses some", is, was)}
	}
}

// aboutRest tells of what comes behind the end of an answer.
func aboutRest(finished bool, what string) warning {
	if !finished {
		return warning{}
	}
	return warning{afterDone, what + " came after the answer was said to be done: most readers have left by then"}
}

// loopTime is how short a stream's life has to be for clients that come again and
// again to count as a load.
const loopTime = 10 * time.Second

// aboutLoop tells of a stream that ended in good order as the one before it did.
// What the clients waited in between is no part of its life.
func aboutLoop(life time.Duration) warning {
	if life > loopTime {
		return warning{}
	}
	return warning{reconnectLoop, fmt.Sprintf("the server ended the stream in good order twice, now %s after it was opened: an EventSource asks again for ever; answer its next request with status 204, or have the page close it", millis(life))}
}

// aboutCut tells of a stream that ended within an event, and did not come again.
func aboutCut() warning {
	return warning{cutShort, "the stream ended within an event, which every reader drops: end each event with an empty line"}
}

// aboutNothing tells of bytes of which none made an event, a comment or a retry.
func aboutNothing(bytes int64) warning {
	if bytes == 0 {
		return warning{}
	}
	return warning{noEvents, fmt.Sprintf("%d bytes came, and none made an event, a comment or a retry: a stream is UTF-8 text with lines like \"data: hello\", and an empty one behind each event", bytes)}
}
