package cmd

import (
	"strings"
	"sync"
	"testing"
)

func TestTail(t *testing.T) {
	said := &tail{}
	if said.String() != "" {
		t.Errorf("nothing was written, it has %q", said)
	}
	said.Write([]byte("panic: "))
	said.Write([]byte("no more\n"))
	if got := said.String(); got != "panic: no more" {
		t.Errorf("it has %q", got)
	}
	for _, n := range []int{1, tailBytes - 1, tailBytes, tailBytes + 1, 3 * tailBytes} {
		said = &tail{}
		said.Write([]byte("first"))
		text := strings.Repeat("x", n-1) + "y"
		if wrote, err := said.Write([]byte(text)); wrote != n || err != nil {
			t.Fatalf("%d bytes: wrote %d, %v", n, wrote, err)
		}
		all := "first" + text
		if got, want := said.String(), all[max(0, len(all)-tailBytes):]; got != want {
			t.Errorf("of %d bytes it has %d: %.20q…, want %.20q…", len(all), len(got), got, want)
		}
	}
}

// A child writes while somebody reads.
func TestTailConcurrent(t *testing.T) {
	said := &tail{}
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 200 {
				said.Write([]byte("one line of many\n"))
				_ = said.String()
			}
		})
	}
	writers.Wait()
	if !strings.HasSuffix(said.String(), "one line of many") {
		t.Errorf("it ends in %.40q", said.String())
	}
}
