package cmd

import (
	"math"
	"net/url"
	"strconv"

	"github.com/sse-tool/sse-tool/loadgen"
)

// chatPath is where the reference server streams.
const chatPath = "/sse/chat"

// shape fits a plan to the reference server: its base URL means its chat, and
// each stream asks for an answer that suits its way of leaving. It tells
// whether the answers of streams that leave are endless.
func shape(p loadgen.Plan) (loadgen.Plan, bool) {
	u, err := url.Parse(p.Request.URL)
	if err != nil {
		return p, false
	}
	if isBase(u) {
		u.Path = chatPath
		p.Request.URL = u.String()
	}
	if u.Path != chatPath {
		return p, false
	}
	rate := 1.0
	if asked, err := strconv.ParseFloat(u.Query().Get("rate"), 64); err == nil && asked > 0 {
		rate = asked
	}
	endless := url.Values{"tokens": {"0"}}
	p.Shape = map[loadgen.Disconnect]url.Values{"": endless}
	for _, d := range loadgen.Disconnects() {
		p.Shape[d] = endless
	}
	tokens := max(1, math.Round(p.WithDefaults().Life().Seconds()*rate))
	p.Shape[loadgen.Complete] = url.Values{
		"tokens": {strconv.FormatFloat(tokens, 'f', -1, 64)},
		"rate":   {strconv.FormatFloat(rate, 'f', -1, 64)},
	}
	p.Shape[loadgen.Stall] = url.Values{"tokens": {"0"}, "rate": {"20"}, "size": {"1024"}} // it has to fill a window
	p.Shape[loadgen.Vanish] = url.Values{"tokens": {"0"}, "rate": {"0"}}                   // heartbeats only
	if !u.Query().Has("rate") {
		p.Idle = []loadgen.Disconnect{loadgen.Vanish}
	}
	p.Shape[loadgen.Refresh] = url.Values{"tokens": {"0"}, "session": {"{{id}}"}, "user": {"{{id}}"}}
	return p, !u.Query().Has("tokens")
}

// isBase tells whether a URL names a server, and nothing on it.
func isBase(u *url.URL) bool { return u.Path == "" || u.Path == "/" }
