package cmd

import (
	"bytes"
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

// isDone tells an event that says that an answer is done, in the words of chat
// servers.
func isDone(e client.Event) bool {
	switch string(e.Name) {
	case "done", "message_stop":
		return true
	}
	return string(bytes.TrimSpace(e.Data)) == "[DONE]"
}

// aboutRest tells of what comes behind the end of an answer.
func aboutRest(finished bool, what string) warning {
	if !finished {
		return warning{}
	}
	return warning{afterDone, what + " came after the answer was said to be done: most readers have left by then"}
}

// loopTime is how soon a stream that ended has to have ended again for its
// clients to count as a load.
const loopTime = 10 * time.Second

// afterEnd keeps the last ends of a stream in good order that followed each
// other.
func afterEnd(ends []time.Time, lost client.Item) []time.Time {
	if lost.Err != nil {
		return nil
	}
	return append(ends[max(0, len(ends)-1):], lost.At)
}

// aboutLoop tells of a stream that ends and ends again.
func aboutLoop(ends []time.Time) warning {
	if len(ends) < 2 {
		return warning{}
	}
	apart := ends[len(ends)-1].Sub(ends[len(ends)-2])
	if apart > loopTime {
		return warning{}
	}
	return warning{reconnectLoop, fmt.Sprintf("the server ended the stream in good order twice within %s: an EventSource asks again for ever; answer its next request with status 204, or have the page close it", millis(apart))}
}
