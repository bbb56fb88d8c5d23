package server

import (
	"encoding/binary"
	"sync"
)

// reply is what a client needs that lost its stream in the middle: the newest
// tokens, in at most limit bytes. It outlives its session for a while (see
// replies), and holds neither that nor an upstream.
//
// It may be used by several goroutines: a client may be back before its old
// stream is known to be dead.
type reply struct {
	id      string
	session string // the id of its session
	limit   int

	mu       sync.Mutex
	data     []byte // tokens, each behind its length as a uvarint
	first    int    // how many tokens came before those in data
	next     int    // and how many came with them
	finished bool   // there will be no more
}

func newReply(session string, limit int) *reply {
	return &reply{id: randomID(replyIDSize), session: session, limit: limit}
}

// keep adds the n-th token, unless it came before: a client that is back gets
// some for the second time. It gives up the oldest ones, half of the limit at
// once, so that an endless reply neither grows nor moves its bytes each time.
func (r *reply) keep(n int, token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n <= r.next {
		return
	}
	if len(r.data)+binary.MaxVarintLen32+len(token) > r.limit {
		rest, dropped := r.data, 0
		for len(rest) > 0 && len(rest)+binary.MaxVarintLen32+len(token) > r.limit/2 {
			_, rest = cutToken(rest)
			dropped++
		}
		r.data, r.first = r.data[:copy(r.data, rest)], r.first+dropped
	}
	r.next = n
	if len(r.data)+binary.MaxVarintLen32+len(token) > r.limit {
		r.first = n // it is too long to be kept
		return
	}
	r.data = binary.AppendUvarint(r.data, uint64(len(token)))
	r.data = append(r.data, token...)
}

// cutToken returns the first of some tokens, and the others.
func cutToken(data []byte) (token, rest []byte) {
	size, n := binary.Uvarint(data)
	end := n + int(size)
	return data[n:end], data[end:]
}

// finish tells that the reply is complete.
func (r *reply) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finished = true
}

// since returns the tokens after the first n, and whether the reply was
// complete with them; known is false if some of them are not kept.
func (r *reply) since(n int) (tokens []string, finished, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n < r.first || n > r.next {
		return nil, false, false
	}
	at := r.first
	for rest := r.data; len(rest) > 0; at++ {
		var token []byte
		if token, rest = cutToken(rest); at >= n {
			tokens = append(tokens, string(token))
		}
	}
	return tokens, r.finished, true
}

// reopen returns a reply that goes on where r stands, or nil if r never had n
// tokens. Whoever still writes to r writes into the void.
func (r *reply) reopen(n int) *reply {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > r.next {
		return nil
	}
	return &reply{id: r.id, session: r.session, limit: r.limit,
		data: append([]byte(nil), r.data...), first: r.first, next: r.next, finished: r.finished}
}

// resumable tells whether there is anything to go on with: who has seen no token
// may as well begin anew.
func (r *reply) resumable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next > 0
}
