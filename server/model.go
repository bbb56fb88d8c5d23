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
func (model) Generate(ctx context.Context, p Prompt, emit func(token string) error) error {
	if p.Rate == 0 {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	tick := time.NewTicker(time.Duration(float64(time.Second) / p.Rate))
	defer tick.Stop()
	for i := 0; p.Tokens == 0 || i < p.Tokens; i++ {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		if err := emit(token(p, i)); err != nil {
			return err
		}
	}
	return nil
}

// token is the i-th token of the reply to p: a word and a space, or as many
// words as fill p.Size bytes.
func token(p Prompt, i int) string {
	if p.Size == 0 {
		return word(p.Message, i) + " "
	}
	var b strings.Builder
	b.Grow(p.Size + 16)
	for k := i; b.Len() < p.Size; k++ {
		b.WriteString(word(p.Message, k))
		b.WriteByte(' ')
	}
	return b.String()[:p.Size]
}

// word is the i-th word that the model has to say about a message.
func word(message string, i int) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(message))
	seed := h.Sum32() + uint32(i)*2654435761 // Knuth's multiplier spreads neighbours
	return words[int(seed>>16)%len(words)]
}

// words are ASCII, so that a token of a given size may cut one anywhere.
var words = strings.Fields(`
	every stream that opens must also close and someone has to notice when it does
	a client may leave through the door or the window or simply stop answering
	the server keeps time counts what it gave away and asks for all of it back
	silence is not proof of absence but an acknowledged byte is proof of presence
`)
