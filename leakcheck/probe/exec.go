package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// newExec makes the place of "COMMAND", which is run by sh. Its first word alone
// is told to anybody: the others may be secret.
func newExec(rest string, _ Access) (place, error) {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return place{}, errors.New("no command")
	}
	c := command{text: rest, name: filepath.Base(words[0]), timeout: fetchTimeout, limit: maxBody}
	if strings.ContainsAny(words[0], `='"$@`) { // a variable's value, or a part of something
		c.name = "command"
	}
	where := c.name
	if len(words) > 1 {
		where += " …"
	}
	return place{where: where, role: leakcheck.Sessions, read: c.read}, nil
}

// command is run for each reading, in a process group of its own.
type command struct {
	text    string
	name    string // what may be told of it
	timeout time.Duration
	limit   int // of its output's bytes
}

func (c command) read(ctx context.Context) (leakcheck.Sample, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("not done within %s: %w", c.timeout, context.DeadlineExceeded))
	defer cancel()
	out, said := bounded{most: c.limit}, bounded{most: 4 << 10, cut: true}
	cmd := exec.CommandContext(ctx, "sh", "-c", c.text)
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.WaitDelay = 500 * time.Millisecond // for a child that left the group and holds its output
	inGroup(cmd)
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("%s: %w", c.name, context.Cause(ctx)), hint: "give a command that is done at once"}
	case out.full:
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("%s prints more than %d bytes", c.name, c.limit), hint: "print a number, or ids one a line"}
	case err != nil:
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("%s: %w", c.name, err), hint: "run it in a shell by itself" + quoted(": it says ", said.text)}
	}
	return printed(string(out.text))
}

func quoted(before string, said []byte) string {
	if said = bytes.TrimSpace(said); len(said) == 0 {
		return ""
	}
	return before + beginning(said)
}

// printed takes an output for a number, where it is one, else for ids, one a
// line.
func printed(out string) (leakcheck.Sample, error) {
	s := leakcheck.Sample{IDs: []string{}}
	for text := range strings.Lines(out) {
		if id := strings.TrimSpace(text); id != "" {
			s.IDs = append(s.IDs, id)
		}
	}
	s.Count = len(s.IDs)
	if len(s.IDs) != 1 {
		return s, nil
	}
	number, err := strconv.ParseFloat(s.IDs[0], 64)
	if err != nil {
		return s, nil //nolint:nilerr // it is one id
	}
	n, err := counted(number)
	prints := fmt.Sprintf("the command prints %.40q", s.IDs[0])
	switch {
	case number < 0:
		return leakcheck.Sample{}, &Error{Err: belowZero(prints), hint: "print a number, or ids one a line"}
	case err != nil:
		return leakcheck.Sample{}, &Error{Err: errors.New(prints + ", which counts nothing"), hint: "print a number, or ids one a line"}
	}
	return leakcheck.Sample{Count: n}, nil
}

// bounded is a buffer of a bounded size. What is more makes it full, which ends
// the command, or is left out.
type bounded struct {
	text []byte
	most int
	cut  bool
	full bool
}

var errFull = errors.New("it prints too much")

func (b *bounded) Write(p []byte) (int, error) {
	room := b.most - len(b.text)
	if len(p) > room && !b.cut {
		b.full = true
		return 0, errFull
	}
	b.text = append(b.text, p[:min(len(p), room)]...)
	return len(p), nil
}
