//go:build unix

package cmd

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestPrefixed(t *testing.T) {
	var out bytes.Buffer
	p := &prefixed{to: &out, prefix: "x | "}
	for _, text := range []string{"one\ntw", "o\r\n", "\tthree\x1b[31m\n", "", "the end"} {
		if n, err := p.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("%q: wrote %d, %v", text, n, err)
		}
	}
	for range 2 {
		if err := p.end(); err != nil {
			t.Error(err)
		}
	}
	const want = "x | one\nx | two\nx |     three\\x1b[31m\nx | the end\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
	out.Reset()
	if _, err := p.Write(bytes.Repeat([]byte("y"), 3*longestLine)); err != nil || out.Len() == 0 || len(p.rest) > longestLine {
		t.Errorf("a line without an end: %d bytes told, %d kept, %v", out.Len(), len(p.rest), err)
	}
}

// A program that does not heed a request to end is killed.
func TestProgramIsKilled(t *testing.T) {
	var out bytes.Buffer
	p, err := startProgram([]string{"sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"}, &out, "")
	if err != nil {
		t.Fatal(err)
	}
	p.stops = 100 * time.Millisecond
	for deadline := time.Now().Add(patience); p.said.String() != "deaf"; {
		if time.Now().After(deadline) {
			t.Fatal("it says nothing")
		}
		time.Sleep(5 * time.Millisecond)
	}
	p.stop()
	if !p.ended() || p.err == nil || !strings.Contains(p.err.Error(), "killed") {
		t.Errorf("it ended: %t, %v", p.ended(), p.err)
	}
	p.stop() // again does no harm
}

// What is left behind by a program that has ended is ended too.
func TestProgramLeavesNothing(t *testing.T) {
	var out bytes.Buffer
	p, err := startProgram([]string{"sh", "-c", "sleep 60 & echo left behind"}, &out, "")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Fatal("it is waited for as long as what it left behind holds its output")
	}
	if endGroup(p.cmd.Process, false) != nil {
		t.Error("what it left behind is gone before it is stopped")
	}
	p.stop()
	if out.String() != "left behind\n" {
		t.Errorf("it said %q", &out)
	}
	text := (&endedError{p, "early"}).Error()
	if text != "sh ended early: exit status 0; it said: left behind" {
		t.Error(text)
	}
}
