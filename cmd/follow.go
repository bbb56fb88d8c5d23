package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// follow reads a probe again and again until its time is over or ctx ends. A
// reading that fails is told, and the next may do better.
func (c *probeConfig) follow(ctx context.Context, cmd *cobra.Command, p leakcheck.Probe, first leakcheck.Answer) error {
	over := (<-chan time.Time)(nil)
	if c.length > 0 {
		t := time.NewTimer(c.length)
		defer t.Stop()
		over = t.C
	}
	f := newFollowed(cmd.OutOrStdout(), cmd.ErrOrStderr(), c.json, p.Series(), first.Samples)
	defer f.close()
	ticker := time.NewTicker(c.poll)
	defer ticker.Stop()
	for answer, err := first, error(nil); ; {
		if err := f.show(time.Now(), answer.Samples, err); err != nil {
			return unwritten("probe", err)
		}
		select {
		case <-ticker.C:
		case <-over:
			return nil
		case <-ctx.Done():
			return errInterrupted
		}
		answer, err = p.Read(ctx)
		if ctx.Err() != nil {
			return errInterrupted
		}
	}
}

// followed is what --watch shows of a probe: on a terminal a line that is written
// over, elsewhere a line a change.
type followed struct {
	out, errOut io.Writer
	json        bool
	live        bool
	series      []leakcheck.Series
	first       []leakcheck.Sample // what growth is measured against
	last        []leakcheck.Sample // nil before the first reading, and after one that failed
	failed      string             // why the last reading failed; empty where it did not
	history     [][]int            // of each series, the newest last
}

func newFollowed(out, errOut io.Writer, asJSON bool, series []leakcheck.Series, first []leakcheck.Sample) *followed {
	return &followed{
		out: out, errOut: errOut, json: asJSON, live: !asJSON && isTerminal(out),
		series: series, first: first, history: make([][]int, len(series)),
	}
}

// show takes a reading.
func (f *followed) show(at time.Time, samples []leakcheck.Sample, err error) error {
	if err != nil {
		return f.fail(err)
	}
	f.failed = ""
	for i, s := range samples {
		f.history[i] = append(f.history[i], s.Count)
		f.history[i] = f.history[i][max(0, len(f.history[i])-sparks):]
	}
	before := f.last
	f.last = samples
	if f.live {
		return f.rewrite(f.line())
	}
	for i, s := range samples {
		if before != nil && before[i].Count == s.Count && slices.Equal(before[i].IDs, s.IDs) {
			continue
		}
		one := f.series[i : i+1]
		if f.json {
			err = writeJSONReading(f.out, at, one, samples[i:i+1])
		} else {
			_, err = fmt.Fprintf(f.out, "%s %s %s%s\n", at.Format("15:04:05.000"), one[0].Name, figureOf(one[0].Role, s.Count), f.grown(i))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fail tells of a reading that failed, once as long as it stays the same.
func (f *followed) fail(err error) error {
	said := f.failed
	f.failed, f.last = message(err), nil
	if f.live {
		return f.rewrite("no reading: " + f.failed)
	}
	if f.failed != said {
		printError(f.errOut, err)
	}
	return nil
}

// line is the live line.
func (f *followed) line() string {
	parts := make([]string, len(f.series))
	for i, s := range f.series {
		parts[i] = fmt.Sprintf("%s %s %s%s", s.Name, sparkline(f.history[i]), figureOf(s.Role, f.last[i].Count), f.grown(i))
	}
	return strings.Join(parts, "   ")
}

// grown names the part of a series that grew the most.
func (f *followed) grown(i int) string {
	name, most := "", 0
	for _, part := range byCount(f.last[i].Parts) {
		if by := f.last[i].Parts[part] - f.first[i].Parts[part]; by > most {
			name, most = part, by
		}
	}
	if most == 0 {
		return ""
	}
	return fmt.Sprintf(" (+%d %s)", most, printable(name))
}

// rewrite writes the live line over itself; it must not be wider than the
// terminal, or its beginning would stay.
func (f *followed) rewrite(text string) error {
	runes := []rune(printable(text))
	if fd, ok := f.out.(interface{ Fd() uintptr }); ok {
		if columns, _, err := term.GetSize(int(fd.Fd())); err == nil && columns > 1 {
			runes = runes[:min(len(runes), columns-1)]
		}
	}
	_, err := fmt.Fprintf(f.out, "\r\x1b[K%s", string(runes))
	return err
}

// close leaves the live line as it stands.
func (f *followed) close() {
	if f.live {
		fmt.Fprintln(f.out)
	}
}

// sparks is how many readings a sparkline shows.
const sparks = 40

// sparkline draws counts, the highest of them as high as a line is.
func sparkline(counts []int) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	top := 1
	for _, n := range counts {
		top = max(top, n)
	}
	var b strings.Builder
	for _, n := range counts {
		b.WriteRune(levels[int(float64(max(n, 0))/float64(top)*float64(len(levels)-1)+0.5)])
	}
	return b.String()
}
