package leakcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
	"github.com/sse-tool/sse-tool/server"
)

// patience is how long a busy machine is waited for, for what takes no time.
const patience = 20 * time.Second

// quick makes the reference server short-lived enough for tests.
var quick = server.Config{
	Timeout: 5 * time.Second, Heartbeat: 100 * time.Millisecond, WriteTimeout: 300 * time.Millisecond,
	UserTimeout: 300 * time.Millisecond, SweepEvery: 30 * time.Second, IdleTimeout: 30 * time.Second, ReplyRate: 10,
}

// serve runs a reference server until the test ends, or until kill.
func serve(t *testing.T, cfg server.Config) (base string, kill func()) {
	t.Helper()
	s, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ln, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	kill = func() { cancel(); running.Wait() }
	t.Cleanup(kill)
	return "http://" + ln.Addr().String(), kill
}

// config is a small check of a reference server.
func config(base string) leakcheck.Config {
	return leakcheck.Config{
		Plan: loadgen.Plan{
			Request:  loadgen.Request{URL: base + "/sse/chat?tokens=0"},
			Streams:  20,
			Controls: 3,
			Mix:      loadgen.Even(loadgen.Close, loadgen.Reset),
			Ramp:     200 * time.Millisecond,
			Hold:     800 * time.Millisecond, // in which a busy machine reads a probe, too
		},
		Probes:  []leakcheck.Probe{probe.NewOwn(base, probe.Access{})},
		Windows: leakcheck.Windows{All: time.Second},
		Poll:    20 * time.Millisecond,
		Endless: true,
	}
}

func codes(r *leakcheck.Report) []leakcheck.Code {
	var all []leakcheck.Code
	for _, f := range r.Findings {
		all = append(all, f.Code)
	}
	return all
}

func TestRunFindsARightServerClean(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, quick)
	r, err := leakcheck.Run(t.Context(), config(base))
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != leakcheck.Clean || len(r.Findings) > 0 {
		t.Fatalf("%s: %+v", r.Verdict, r.Findings)
	}
	if r.Streams.Opened != 20 || r.Controls.Kept != 3 {
		t.Errorf("streams %+v, controls %+v", r.Streams, r.Controls)
	}
	for _, row := range r.Disconnects {
		if row.Left > 0 && row.Reclaim.P50 > 0.4 {
			t.Errorf("%s took %g s to be reclaimed", row.Name, row.Reclaim.P50)
		}
	}
}

// Apart, the ways run side by side where sessions are listed by ids, and one after
// the other where they are only counted; the way that leaks is named either way.
func TestRunApart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		count   bool
		defects []server.Defect
		waves   int
		leaking []loadgen.Disconnect
	}{
		"by id":             {false, nil, 1, nil},
		"by count":          {true, nil, 3, nil},
		"by count, leaking": {true, []server.Defect{server.NoCompletionCallback}, 3, []loadgen.Disconnect{loadgen.Complete}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := quick
			cfg.Timeout, cfg.Defects = time.Minute, tt.defects
			base, _ := serve(t, cfg)
			c := config(base)
			c.MaxTime = 10 * time.Second // so that what leaks is not waited for much longer
			c.Apart, c.Plan.Streams, c.Plan.Mix = true, 5, loadgen.Even(loadgen.Close, loadgen.Reset, loadgen.Complete)
			c.Plan.Request.URL = base + "/sse/chat"
			c.Plan.Shape = map[loadgen.Disconnect]url.Values{"": {"tokens": {"0"}}, loadgen.Close: {"tokens": {"0"}}, loadgen.Reset: {"tokens": {"0"}}, loadgen.Complete: {"tokens": {"5"}}}
			if tt.count {
				p, err := probe.Parse("json:"+base+"/sessions?list=0#.active", probe.Access{})
				if err != nil {
					t.Fatal(err)
				}
				c.Probes = []leakcheck.Probe{p}
			}
			e, err := leakcheck.Gather(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			r := leakcheck.Judge(e)
			var leaking []loadgen.Disconnect
			for _, row := range r.Disconnects {
				if row.Leaked > 0 {
					leaking = append(leaking, row.Name)
				}
				if row.Left != 5 || row.Unknown > 0 {
					t.Errorf("%+v", row)
				}
			}
			if len(e.Waves) != tt.waves || !slices.Equal(leaking, tt.leaking) || (r.Verdict == leakcheck.Clean) != (tt.leaking == nil) {
				t.Errorf("%d waves, %v leak: %s", len(e.Waves), leaking, r)
			}
		})
	}
}

// Streams that leave before they open never hold, and their run ends all the
// same. That their sessions are back is proven only where the probe showed some
// stream.
func TestRunOfEarlyStreamsAlone(t *testing.T) {
	t.Parallel()
	for controls, verdict := range map[int]leakcheck.Verdict{3: leakcheck.Clean, 0: leakcheck.Inconclusive} {
		t.Run(fmt.Sprint(controls), func(t *testing.T) {
			t.Parallel()
			base, _ := serve(t, quick)
			c := config(base)
			c.Plan.Mix, c.Plan.Controls = loadgen.Even(loadgen.Early), controls
			if controls == 0 { // of a probe that sees nothing
				other, _ := serve(t, quick)
				c.Probes = []leakcheck.Probe{probe.NewOwn(other, probe.Access{})}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			r, err := leakcheck.Run(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			if row := r.Disconnects[0]; r.Verdict != verdict || row.Left != 20 {
				t.Fatalf("%s: %+v, findings %+v", r.Verdict, row, r.Findings)
			}
		})
	}
}

func TestRunSeesTheServerDie(t *testing.T) {
	t.Parallel()
	for _, phase := range []leakcheck.Phase{leakcheck.Opening, leakcheck.Leaving, leakcheck.Watching} {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			cfg := quick
			cfg.Defects = []server.Defect{server.NoRemove} // so that there is something to watch for
			base, kill := serve(t, cfg)
			c := config(base)
			c.Windows.All = 3 * time.Second // for what the warm-up leaves; twice that is not waited for
			if phase == leakcheck.Opening {
				c.Plan.Ramp = 2 * time.Second
			}
			var once sync.Once
			var dying sync.WaitGroup
			var died time.Time
			defer dying.Wait()
			c.Progress = func(p leakcheck.Progress) {
				if p.Phase == phase {
					once.Do(func() {
						died = time.Now()
						dying.Go(kill)
					})
				}
			}
			r, err := leakcheck.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != leakcheck.Crashed {
				t.Fatalf("%s: %+v", r.Verdict, r.Findings)
			}
			if took := time.Since(died); took > 5*time.Second {
				t.Errorf("it took %s to see it", took)
			}
		})
	}
}

func TestRunIsInterrupted(t *testing.T) {
	t.Parallel()
	phases := []leakcheck.Phase{
		leakcheck.WarmingUp, leakcheck.Baseline, leakcheck.Opening, leakcheck.Holding, leakcheck.Leaving, leakcheck.Watching,
	}
	for _, phase := range phases {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			base, _ := serve(t, quick)
			c := config(base)
			switch phase { // none of them may be over before anybody is told of it
			case leakcheck.Opening, leakcheck.Leaving:
				c.Plan.Ramp = 2 * time.Second // streams leave as they have opened
			case leakcheck.Holding:
				c.Plan.Hold = 5 * time.Second
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			stop := errors.New("stop")
			var at time.Time
			c.Progress = func(p leakcheck.Progress) {
				if p.Phase == phase && at.IsZero() {
					at = time.Now()
					cancel(stop)
				}
			}
			r, err := leakcheck.Run(ctx, c)
			if !errors.Is(err, stop) {
				t.Fatalf("error %v", err)
			}
			if took := time.Since(at); took > 2*time.Second { // as is promised
				t.Errorf("it took %s to end", took)
			}
			if r == nil || r.Interrupted != phase || r.Verdict != leakcheck.Inconclusive {
				t.Fatalf("report %+v", r)
			}
			gone(t, base)
		})
	}
}

// gone waits until a server has no session any more.
func gone(t *testing.T, base string) {
	t.Helper()
	own := probe.NewOwn(base, probe.Access{})
	deadline := time.Now().Add(patience)
	for {
		a, err := own.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if a.Samples[0].Count == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions are left", a.Samples[0].Count)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestRunCannotBegin(t *testing.T) {
	base, _ := serve(t, quick)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>"))
	}))
	defer page.Close()
	for name, change := range map[string]func(*leakcheck.Config){
		"no probe":        func(c *leakcheck.Config) { c.Probes = nil },
		"no such stream":  func(c *leakcheck.Config) { c.Plan.Request.URL = base + "/none" },
		"a page":          func(c *leakcheck.Config) { c.Plan.Request.URL = page.URL },
		"a probe's page":  func(c *leakcheck.Config) { c.Probes = []leakcheck.Probe{probe.NewOwn(page.URL, probe.Access{})} },
		"nobody there":    func(c *leakcheck.Config) { c.Plan.Request.URL = "http://127.0.0.1:1/" },
		"too many":        func(c *leakcheck.Config) { c.Plan.Streams = 900_000 },
		"a poll too fast": func(c *leakcheck.Config) { c.Poll = time.Microsecond },
	} {
		t.Run(name, func(t *testing.T) {
			c := config(base)
			change(&c)
			if r, err := leakcheck.Run(t.Context(), c); err == nil || r != nil {
				t.Fatalf("report %+v, error %v", r, err)
			}
		})
	}
}

// A server that is started again in mid-run has nothing left to show.
func TestRunSeesARestart(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*leakcheck.Server){
		"another start": func(s *leakcheck.Server) { s.StartedAt = s.StartedAt.Add(time.Hour) },
		"a count anew":  func(s *leakcheck.Server) { s.Opened = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := serve(t, quick)
			c := config(base)
			p := &reborn{Probe: c.Probes[0], change: change}
			c.Probes = []leakcheck.Probe{p}
			c.Progress = func(now leakcheck.Progress) {
				switch now.Phase { // the first two may be over before anybody is told of them
				case leakcheck.Holding, leakcheck.Leaving, leakcheck.Watching:
					p.born.Store(true)
				}
			}
			r, err := leakcheck.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != leakcheck.Inconclusive || !slices.Contains(codes(r), leakcheck.ServerRestarted) {
				t.Fatalf("%s: %+v", r.Verdict, r.Findings)
			}
		})
	}
}

// reborn is a probe whose server tells of another life from some moment on.
type reborn struct {
	leakcheck.Probe
	born   atomic.Bool
	change func(*leakcheck.Server)
}

func (p *reborn) Read(ctx context.Context) (leakcheck.Answer, error) {
	a, err := p.Probe.Read(ctx)
	if p.born.Load() && a.Server != nil {
		p.change(a.Server)
	}
	return a, err
}

func TestGatheredEvidenceIsJudgedTheSame(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, quick)
	e, err := leakcheck.Gather(t.Context(), config(base))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := leakcheck.Judge(e).Verdict, leakcheck.Judge(e).Verdict; a != b || a != leakcheck.Clean {
		t.Errorf("%s, then %s", a, b)
	}
}

// A probe that fails for a while makes a server suspect; one that still accepts
// is not called dead.
func TestRunDoesNotCallALiveServerDead(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, quick)
	c := config(base)
	c.Plan.Hold = 3 * time.Second // in which it is read again
	c.Probes = []leakcheck.Probe{&failing{Probe: c.Probes[0]}}
	var once sync.Once
	c.Progress = func(p leakcheck.Progress) {
		if p.Phase == leakcheck.Holding {
			once.Do(func() { c.Probes[0].(*failing).left.Store(10) })
		}
	}
	r, err := leakcheck.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != leakcheck.Clean || r.Probes[0].Failures != 10 {
		t.Fatalf("%s with %d failures: %+v", r.Verdict, r.Probes[0].Failures, r.Findings)
	}
}

// failing is a probe of which some readings fail.
type failing struct {
	leakcheck.Probe
	left atomic.Int64
}

func (p *failing) Read(ctx context.Context) (leakcheck.Answer, error) {
	if p.left.Add(-1) >= 0 {
		return leakcheck.Answer{}, errors.New("no answer")
	}
	return p.Probe.Read(ctx)
}
