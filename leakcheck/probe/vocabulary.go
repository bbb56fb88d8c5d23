package probe

import (
	"strings"
	"unicode"
)

// The words by which servers name what they count. A noun's number is how surely it
// means the sessions of streams: the lower, the surer.
var (
	nouns = map[string]int{
		"session": 0, "sessions": 0,
		"stream": 1, "streams": 1, "emitter": 1, "emitters": 1, "sse": 1,
		"conversation": 1, "conversations": 1, "generation": 1, "generations": 1,
		"connection": 2, "connections": 2, "client": 2, "clients": 2, "listener": 2, "listeners": 2,
		"subscriber": 2, "subscribers": 2, "subscription": 2, "subscriptions": 2,
		"ids":     2, // of whatever: the figure has to rise with streams of ours
		"request": requestNoun, "requests": requestNoun, "reqs": requestNoun, "rq": requestNoun,
	}
	// states say that something is counted while it lasts.
	states = wordSet("active open current live running connected inflight flight progress processing streaming")
	// fillers say nothing by themselves.
	fillers = wordSet("in count n num number of now size length gauge")
	// wrong words say that something else is counted, or that it is counted for ever.
	wrong = wordSet(`total max min limit capacity opened closed created ever sum bucket seconds duration ms bytes rejected
		expired failed error errors completed db database sql pool redis jdbc hikari hikaricp memory timeout
		waiting queued pending rate per average avg available idle uptime version port pid id`)
)

const (
	stateOnly   = 3 // "active": of what is not said
	requestNoun = 4 // a reading may be one itself
)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// likely tells whether a name may be that of a count of open streams, and how
// surely: zero is the surest. Its last part is what is counted; those before it are
// where it stands.
func likely(parts ...string) (rank int, ok bool) {
	leaf := words(parts[len(parts)-1])
	best, stated, strange := len(nouns), false, false
	for _, w := range leaf {
		noun, isNoun := nouns[w]
		switch {
		case wrong[w]:
			return 0, false
		case isNoun:
			best = min(best, noun)
		case states[w]:
			stated = true
		case !fillers[w]:
			strange = true
		}
	}
	if best == len(nouns) && strange {
		return 0, false // a word that nobody knows, of nothing that we know
	}
	named := best < len(nouns)
	for _, part := range parts[:len(parts)-1] {
		for _, w := range words(part) {
			if wrong[w] {
				return 0, false
			}
			if noun, isNoun := nouns[w]; isNoun && !named {
				best = min(best, noun)
			}
		}
	}
	switch {
	case best == requestNoun && !stated: // they are counted for ever
		return 0, false
	case best < len(nouns):
		return best, true
	default:
		return stateOnly, stated
	}
}

// words are those that a name is made of, in small letters: sseConnections and
// sse_connections are the same.
func words(name string) []string {
	var all []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			all = append(all, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	small := false // the letter before was one
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r):
			end()
		case unicode.IsUpper(r) && small:
			end()
			fallthrough
		default:
			word = append(word, r)
		}
		small = unicode.IsLower(r)
	}
	end()
	return all
}
