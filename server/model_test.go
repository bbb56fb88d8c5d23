package server

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestModelIsDeterministic(t *testing.T) {
	reply := func(p Prompt) (text string) {
		for i := range 30 {
			text += tokenOf(p, i)
		}
		return text
	}
	equal(t, "same message", reply(Prompt{Message: "a"}), reply(Prompt{Message: "a"}))
	if reply(Prompt{Message: "a"}) == reply(Prompt{Message: "b"}) {
		t.Error("two messages, one reply")
	}
	for _, size := range []int{1, 7, 1024, maxSize} {
		equal(t, "size", len(tokenOf(Prompt{Size: size}, 3)), size)
	}
}

func TestModelPace(t *testing.T) {
	for _, c := range []struct {
		prompt Prompt
		tokens int
		took   time.Duration
		err    error
	}{
		{Prompt{Tokens: 10, Rate: 4}, 10, 2500 * time.Millisecond, nil},
		{Prompt{Tokens: 0, Rate: 0.5}, 30, time.Minute, CloseTimeout},
		{Prompt{Tokens: 5, Rate: 0}, 0, time.Minute, CloseTimeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute+time.Millisecond, CloseTimeout)
			defer cancel()
			begin, n := time.Now(), 0
			err := model{}.Generate(ctx, c.prompt, func(string) error { n++; return nil })
			equal(t, "tokens", n, c.tokens)
			equal(t, "took", time.Since(begin).Truncate(10*time.Millisecond), c.took)
			if !errors.Is(err, c.err) {
				t.Errorf("got %v, want %v", err, c.err)
			}
		})
	}
}

func TestModelStopsWhenEmitFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		err := model{}.Generate(t.Context(), Prompt{Rate: 10}, func(string) error { return broken })
		equal(t, "error", err, broken)
	})
}

// tokenOf is the i-th token of the reply to p.
func tokenOf(p Prompt, i int) string { return token(seedOf(p.Message), p.Size, i) }

func TestModelResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Prompt{Message: "a", Tokens: 20, Rate: 4}
		var all, rest []string
		begin := time.Now()
		if err := (model{}).Generate(t.Context(), p, func(s string) error { all = append(all, s); return nil }); err != nil {
			t.Error(err)
		}
		equal(t, "took", time.Since(begin), 5*time.Second)
		if err := (model{}).Resume(t.Context(), p, 7, func(s string) error { rest = append(rest, s); return nil }); err != nil {
			t.Error(err)
		}
		equal(t, "rest", strings.Join(rest, ""), strings.Join(all[7:], ""))
	})
}
