package loadgen

import (
	"net/url"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestControlOpensAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		end  func(*rawConn)
		want End
	}{
		{"when it was completed", (*rawConn).last, Completed},
		{"when it was cut", func(*rawConn) {}, Cut},
		{"when it was reset", (*rawConn).cut, Cut},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var controls atomic.Int64
			first := make(chan struct{})
			s := serve(t, func(raw *rawConn) {
				if !raw.request.URL.Query().Has("control") {
					holdOpen(raw)
					return
				}
				raw.headFor("kept") // the session of whoever comes
				raw.event()
				if controls.Add(1) == 1 {
					<-first
					c.end(raw)
					return
				}
				_ = raw.gone()
			})
			p := small(s.url(), 1, Close)
			p.Controls, p.Shape = 1, map[Disconnect]url.Values{"": {"control": {""}}}
			p.Hold = time.Minute
			l := start(t, p)
			await(t, "the streams to open", l.Opened())
			control := slices.IndexFunc(l.AppendRecords(nil), Record.Control)
			if got := l.AppendMatches(nil, []string{"kept"}, time.Hour); !slices.Equal(got, []int{control}) {
				t.Errorf("the session belongs to %v, want the control, %d", got, control)
			}
			close(first)
			eventually(t, "the control to be open again", func() bool {
				records := l.AppendRecords(nil)
				return len(records) == 3 && records[2].Live()
			})
			records := l.AppendRecords(nil)
			was, is := records[control], records[2]
			if was.End != c.want || is.N != 2 || is.ID != "t-2" || !is.Control() {
				t.Errorf("the records are %+v and %+v", was, is)
			}
			if is.Due < was.Ended || is.Connected-was.Due < reopenPause {
				t.Errorf("it was cut at %s, and opened again at %s", was.Ended, is.Connected)
			}
			if got, want := l.AppendMatches(nil, []string{"kept", "t-2"}, time.Hour), []int{2, 2}; !slices.Equal(got, want) {
				t.Errorf("the session belongs to %v, want %v", got, want)
			}
			if c := Count(records); c.Controls != 1 || c.Planned != 1 {
				t.Errorf("counts are %+v", c)
			}
		})
	}
}

// A server that has gone is asked no more than once a second by each control,
// and comes back to all of them.
func TestControlsDoNotHammer(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *rawConn) { c.Write([]byte("HTTP/1.1 503 Busy\r\n\r\n")) })
	p := small(s.url(), 1, Close)
	p.Controls = 5
	l := start(t, p)
	eventually(t, "the controls to come twice", func() bool { return len(l.AppendRecords(nil)) >= 6+5 })
	took := l.now()
	l.Release()
	if most := 1 + 5*(2+int(took/reopenPause)); s.requests() > most {
		t.Errorf("%d requests in %s, want at most %d", s.requests(), took, most)
	}
	for _, r := range l.AppendRecords(nil) {
		checkMoments(t, r)
	}
}

// Not parallel: it counts what the whole process has.
func TestManyStreams(t *testing.T) {
	const streams, controls = 2000, 10
	s := serve(t, func(c *rawConn) {
		c.greet()
		if c.request.URL.Query().Has("complete") {
			time.Sleep(200 * time.Millisecond)
			c.last()
		}
		_ = c.gone()
	})
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	p := small(s.url(), streams, Close)
	p.Mix, p.Controls = Mix{{Close, 6}, {Reset, 3}, {Complete, 1}}, controls
	p.Ramp, p.Hold = 300*time.Millisecond, 300*time.Millisecond
	p.Shape = map[Disconnect]url.Values{Complete: {"complete": {""}}}
	p.OpenTimeout = time.Minute // the last of them come late on a busy machine
	l := start(t, p)
	await(t, "all streams to open", l.Opened())
	await(t, "all streams to leave", l.Left())
	records := l.AppendRecords(nil)
	want := Counts{Planned: streams, Opened: streams, Left: streams * 9 / 10, Completed: streams / 10, Controls: controls}
	if got := Count(records); got != want {
		t.Errorf("counts are %+v, want %+v", got, want)
	}
	for _, r := range records {
		checkMoments(t, r)
		if r.Events != 1 && !r.Control() {
			t.Errorf("the record is %+v", r)
		}
	}
	eventually(t, "the server to have the controls alone", func() bool { return s.open() == controls })
	l.Release()
	eventually(t, "the server to have nobody", func() bool { return s.open() == 0 })
	eventually(t, "no goroutine to be left over", func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, "no descriptor to be left over", func() bool { return openDescriptors() <= descriptors })
}

// openDescriptors is how many descriptors this process has, where the system
// tells.
func openDescriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// BenchmarkStreams tells what an open stream costs this side: its server is
// another process.
func BenchmarkStreams(b *testing.B) {
	const streams = 2000
	p := small(child(b), streams, Close)
	p.Ramp, p.Hold = 300*time.Millisecond, time.Hour
	var bytes, goroutines float64
	b.ReportAllocs()
	for b.Loop() {
		memory, running := inUse(), runtime.NumGoroutine()
		l := start(b, p)
		await(b, "all streams to open", l.Opened())
		if c := Count(l.AppendRecords(nil)); c.Live != streams {
			b.Fatalf("counts are %+v", c)
		}
		bytes += float64(inUse()-memory) / streams
		goroutines += float64(runtime.NumGoroutine()-running) / streams
		l.Release()
	}
	b.ReportMetric(bytes/float64(b.N)/1024, "KiB/stream")
	b.ReportMetric(goroutines/float64(b.N), "goroutines/stream")
}

// inUse is the memory that Go's heap and stacks hold after a collection.
func inUse() int64 {
	runtime.GC()
	runtime.GC() // what the first one left to finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
