package cmd

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// terminal is a progress on a pseudo-terminal, and what is to be seen there.
func terminal(t *testing.T, columns int) (*progress, *screen, func()) {
	t.Helper()
	skipUnlessLinux(t)
	master, tty, err := openPTY(columns)
	if err != nil {
		t.Skip("no pseudo-terminal here:", err)
	}
	s := newScreen(columns)
	done := make(chan error, 1)
	go func() { done <- drain(s, master) }()
	hangUp := func() {
		t.Helper()
		tty.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		master.Close()
		if unknown := s.unread(); len(unknown) > 0 {
			t.Errorf("written, but nothing that bars need: %v", unknown)
		}
	}
	return newProgress(tty), s, hangUp
}

// shows waits until all of these patterns match lines on the screen together.
func shows(t *testing.T, s *screen, patterns ...string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		now, missing := s.String(), ""
		for _, p := range patterns {
			if !regexp.MustCompile("(?m)^" + p).MatchString(now) {
				missing = p
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q is not on the screen:\n%s", missing, now)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestProgressBars(t *testing.T) {
	p, s, hangUp := terminal(t, 100)
	p.show(leakcheck.Progress{Phase: leakcheck.WarmingUp})
	shows(t, s, "warming up")
	p.show(leakcheck.Progress{Phase: leakcheck.Opening, Counts: loadgen.Counts{Planned: 2000, Opened: 500, Live: 499}})
	shows(t, s, "opening .* 500 of 2,000$", "live .* 499 of 2,000$", "leaving .* 0 of 2,000$", "reclaimed .* 0 of 2,000$")
	// A bar that is full stays, and may fall again.
	p.show(leakcheck.Progress{Phase: leakcheck.Holding, Counts: loadgen.Counts{Planned: 2000, Opened: 2000, Live: 2000}})
	shows(t, s, "holding", "opening .* 2,000 of 2,000$", "live .* 2,000 of 2,000$")
	p.show(leakcheck.Progress{
		Phase: leakcheck.Watching, Counts: loadgen.Counts{Planned: 2000, Opened: 2000, Left: 1500, Completed: 500},
		Reclaimed: 1234, WindowLeft: 4200 * time.Millisecond,
	})
	shows(t, s, "watching, 4.2s of the window left$", "live .* 0 of 2,000$", "leaving .* 2,000 of 2,000$", "reclaimed .* 1,234 of 2,000$")
	p.close()
	hangUp()
	if left := s.String(); left != "" {
		t.Errorf("left on the screen:\n%s", left)
	}
	if x, y := s.cursor(); x != 0 || y != 0 {
		t.Errorf("the cursor was left in column %d of line %d", x, y)
	}
}

// A run may end before it has anything to show.
func TestProgressClosedAtOnce(t *testing.T) {
	p, s, hangUp := terminal(t, 100)
	p.close()
	hangUp()
	if left := s.String(); left != "" {
		t.Errorf("left on the screen:\n%s", left)
	}
}

func TestProgressNarrow(t *testing.T) {
	p, s, hangUp := terminal(t, 40)
	for n := range 10 {
		p.show(leakcheck.Progress{Phase: leakcheck.Watching, WindowLeft: time.Minute,
			Counts: loadgen.Counts{Planned: 100_000, Opened: 10_000 * n}})
		time.Sleep(20 * time.Millisecond)
	}
	shows(t, s, "watching")
	p.close()
	hangUp()
	if left := s.String(); left != "" {
		t.Errorf("left on the screen:\n%s", left)
	}
}

func TestProgressLines(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b)
	for _, now := range []leakcheck.Progress{
		{Phase: leakcheck.WarmingUp},
		{Phase: leakcheck.WarmingUp},
		{Phase: leakcheck.Opening, Counts: loadgen.Counts{Planned: 2000, Opened: 1}},
		{Phase: leakcheck.Opening, Counts: loadgen.Counts{Planned: 2000, Opened: 2}},
		{Phase: leakcheck.Leaving, Counts: loadgen.Counts{Planned: 2000, Opened: 1999}},
		{Phase: leakcheck.Watching, Counts: loadgen.Counts{Planned: 2000, Opened: 1999, Left: 1500, Completed: 499}},
	} {
		p.show(now)
	}
	p.close()
	want := "warming up\nopening\nleaving: 1,999 of 2,000 streams opened\nwatching: 1,999 sessions have to come back\n"
	if b.String() != want {
		t.Errorf("written:\n%s\nnot:\n%s", b.String(), want)
	}
}
