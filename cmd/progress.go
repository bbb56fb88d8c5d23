package cmd

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/sse-tool/sse-tool/leakcheck"
)

// progress shows where a run stands: bars on a terminal, a line a phase
// elsewhere. It is used by one goroutine; close waits for those that draw.
type progress struct {
	w    io.Writer
	told string // the phase that was last told, where there is no terminal

	bars   *mpb.Progress // nil where there is no terminal
	status *mpb.Bar
	line   atomic.Value // a string: what the status line says
	opened *mpb.Bar
	live   *mpb.Bar
	left   *mpb.Bar
	back   *mpb.Bar
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if isTerminal(w) {
		p.draw()
	}
	return p
}

const (
	barWidth    = 60
	barRedrawn  = 100 * time.Millisecond
	nameColumns = 10
)

func (p *progress) draw() {
	p.bars = mpb.New(mpb.WithOutput(p.w), mpb.WithWidth(barWidth), mpb.WithRefreshRate(barRedrawn), mpb.WithAutoRefresh())
	p.line.Store("")
	p.status = p.bars.New(1, mpb.NopStyle(), mpb.BarRemoveOnComplete(), mpb.PrependDecorators(
		decor.Any(func(decor.Statistics) string { return p.line.Load().(string) }),
	))
}

// drawCounts adds the bars, once it is known how many streams there will be.
func (p *progress) drawCounts(planned int) {
	p.opened = p.bar("opening", planned)
	p.live = p.bar("live", planned)
	p.left = p.bar("leaving", planned)
	p.back = p.bar("reclaimed", planned)
}

// bar makes a bar without a total and sets it then: one that was made with its
// total is complete, and drawn no more, once its count is there.
func (p *progress) bar(name string, planned int) *mpb.Bar {
	b := p.bars.AddBar(0, mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(name, decor.WC{W: nameColumns, C: decor.DindentRight})),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string {
			return fmt.Sprintf("%7s of %s", humanize.Comma(s.Current), humanize.Comma(s.Total))
		})))
	b.SetTotal(int64(planned), false)
	return b
}

// show takes a run's progress.
func (p *progress) show(now leakcheck.Progress) {
	if p.bars == nil {
		p.tell(now)
		return
	}
	status := phase(now)
	if now.WindowLeft > 0 {
		status += fmt.Sprintf(", %s of the window left", now.WindowLeft.Round(100*time.Millisecond))
	}
	p.line.Store(status)
	if now.Planned == 0 {
		return
	}
	if p.opened == nil {
		p.drawCounts(now.Planned)
	}
	for bar, count := range map[*mpb.Bar]int{
		p.opened: now.Opened, p.live: now.Live, p.left: now.Left + now.Completed, p.back: now.Reclaimed,
	} {
		bar.SetCurrent(int64(count))
	}
}

// phase is what a run does now: which of its rounds, if it has several.
func phase(now leakcheck.Progress) string {
	if now.Waves > 1 {
		return fmt.Sprintf("round %d of %d, %s", now.Wave, now.Waves, now.Phase)
	}
	return string(now.Phase)
}

// tell writes a line when a phase begins.
func (p *progress) tell(now leakcheck.Progress) {
	what := phase(now)
	if what == p.told {
		return
	}
	p.told = what
	switch now.Phase {
	case leakcheck.Leaving:
		fmt.Fprintf(p.w, "%s: %s of %s streams opened\n", what, humanize.Comma(int64(now.Opened)), humanize.Comma(int64(now.Planned)))
	case leakcheck.Watching:
		fmt.Fprintf(p.w, "%s: %s sessions have to come back\n", what, humanize.Comma(int64(now.Left+now.Completed)))
	default:
		fmt.Fprintln(p.w, what)
	}
}

// close takes the bars off the screen.
func (p *progress) close() {
	if p.bars == nil {
		return
	}
	for _, b := range []*mpb.Bar{p.status, p.opened, p.live, p.left, p.back} {
		if b != nil {
			b.Abort(true)
		}
	}
	p.bars.Wait()
}
