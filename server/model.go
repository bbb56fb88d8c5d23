package server

import (
	"context"
	"hash/fnv"
	"strings"
	"time"
)

// model is the built-in Upstream: it says nothing of sense, at an exact pace,
// and the same message always gets the same reply.
type model struct{}

// Generate implements Upstream. The first token comes after one interval, so a
// reply of n tokens takes n intervals.
func (m model) Generate(ctx context.Context, p Prompt, emit func(token string) error) error {
	return m.Resume(ctx, p, 0, emit)
}

// Resume implements Resumer.
func (model) Resume(ctx context.Context, p Prompt, from int, emit func(token string) error) error {
	if p.Rate == 0 {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	tick := time.NewTicker(time.Duration(float64(time.Second) / p.Rate))
	defer tick.Stop()
	seed := seedOf(p.Message)
	for i := from; p.Tokens == 0 || i < p.Tokens; i++ {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		if err := emit(token(seed, p.Size, i)); err != nil {
			return err
		}
	}
	return nil
}

// token is the i-th token of a reply: a word and a space, or as many words as
// fill size bytes.
func token(seed uint32, size, i int) string {
	if size == 0 {
		return word(seed, i) + " "
	}
	var b strings.Builder
	b.Grow(size + 16)
	for k := i; b.Len() < size; k++ {
		b.WriteString(word(seed, k))
		b.WriteByte(' ')
	}
	return b.String()[:size]
}

// seedOf makes the reply to one message another one than that to the next.
func seedOf(message string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(message))
	return h.Sum32()
}

// word is the i-th word that the model has to say.
func word(seed uint32, i int) string {
	seed += uint32(i) * 2654435761 // Knuth's multiplier spreads neighbours
	return words[int(seed>>16)%len(words)]
}

// words are ASCII, so that a token of a given size may cut one anywhere.
var words = strings.Fields(`
	every stream that opens must also close and someone has to notice when it does
	a client may leave through the door or the window or simply stop answering
	the server keeps time counts what it gave away and asks for all of it back
	silence is not proof of absence but an acknowledged byte is proof of presence
`)
