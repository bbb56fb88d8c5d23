package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// play is a stream as a script: what comes, each after its wait.
type play struct {
	acts   []act
	read   func(n int, at time.Time)
	closed chan struct{}
}

type act struct {
	after time.Duration
	item  client.Item
	err   error
	bytes bool // these come, and make no item yet
}

func (p *play) Next() (client.Item, error) {
	for len(p.acts) > 0 {
		a := p.acts[0]
		p.acts = p.acts[1:]
		select {
		case <-time.After(a.after):
		case <-p.closed:
			return client.Item{}, client.ErrClosed
		}
		a.item.At = time.Now()
		if a.bytes || a.item.Kind == client.KindEvent || a.item.Kind == client.KindComment {
			p.read(10, a.item.At)
		}
		if !a.bytes {
			return a.item, a.err
		}
	}
	return client.Item{}, errors.New("the play is over")
}

func (p *play) Close() error {
	close(p.closed)
	return nil
}

func opened(after time.Duration) act {
	h := http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-store"}}
	return act{after: after, item: client.Item{Kind: client.KindOpen, URL: "http://u:s3cret@host/x?token=s3cret", Head: &client.Head{Proto: "HTTP/1.1", Status: 200, Header: h}}}
}

func event(after time.Duration, name, id, data string) act {
	return act{after: after, item: client.Item{Kind: client.KindEvent, Event: client.Event{Name: []byte(name), ID: []byte(id), Data: []byte(data)}}}
}

func comment(after time.Duration, text string) act {
	return act{after: after, item: client.Item{Kind: client.KindComment, Comment: text}}
}

func lost(after time.Duration, err error) act {
	return act{after: after, item: client.Item{Kind: client.KindReconnect, Err: err, Delay: 2 * time.Second, Attempt: 1}}
}

func over(after time.Duration, err error) act { return act{after: after, err: err} }

// perform has a listener read a play, and returns what it came to.
func perform(t *testing.T, c listenConfig, stdout io.Writer, acts ...act) (told string, result error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var stderr bytes.Buffer
		l := newListener(c, c.printer(t.Context(), stdout, &stderr))
		src := &play{acts: acts, read: l.meter.read, closed: make(chan struct{})}
		err := func() error {
			defer func() {
				select {
				case <-src.closed:
				default:
					src.Close()
				}
			}()
			return l.readFrom(src)
		}()
		result = l.conclude(t.Context(), err)
		told = stderr.String()
	})
	return told, result
}

// chat is a stream with a bit of everything.
func chat() []act {
	return []act{
		opened(12 * time.Millisecond),
		{item: client.Item{Kind: client.KindRetry, Delay: 2 * time.Second}},
		event(0, "session", "", `{"session_id": "abc"}`),
		event(50*time.Millisecond, "delta", "1", `{"delta": "Hello\u001b[2J"}`),
		event(50*time.Millisecond, "", "2", "two\nlines \x1b[31m"),
		comment(15*time.Second, "heartbeat"),
		comment(15*time.Second, "heartbeat"),
		lost(time.Second, errors.New("read event stream: unexpected EOF")),
		opened(2 * time.Second),
		event(0, "delta", "3", `{"n": 12345678901234567890, "list": [true, null, "text", {}]}`),
		event(20*time.Second, "done", "3", "{}"),
		lost(0, nil),
	}
}

func TestListenForPeople(t *testing.T) {
	var out strings.Builder
	told, err := perform(t, listenConfig{reconnect: true}, &out, chat()...)
	if err != nil {
		t.Error(err)
	}
	golden(t, "testdata/listen/people.txt", out.String()+"---- stderr\n"+told)
}

func TestListenForScripts(t *testing.T) {
	var out strings.Builder
	told, err := perform(t, listenConfig{reconnect: true, json: true}, &out, chat()...)
	if err != nil || told != "" {
		t.Errorf("%v; on stderr %q", err, told)
	}
	golden(t, "testdata/listen/json.txt", out.String())
}

// On a terminal JSON has colours, and is indented where a line has no room.
func TestListenOnATerminal(t *testing.T) {
	var out strings.Builder
	p := &peoplePrinter{w: &out, paint: true, columns: 60}
	for _, a := range chat() {
		if err := p.item(moment{a.item, a.after, a.after}); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "testdata/listen/terminal.txt", strings.ReplaceAll(out.String(), "\x1b", "^"))
}

func TestListenEnds(t *testing.T) {
	broke := fmt.Errorf("read event stream: %w", io.ErrUnexpectedEOF)
	one := event(0, "", "", "x")
	after := func(d time.Duration) act { return event(d, "", "", "x") }
	follow := listenConfig{reconnect: true}
	with := func(change func(*listenConfig)) listenConfig {
		c := follow
		change(&c)
		return c
	}
	beat := with(func(c *listenConfig) { c.expect.heartbeat = 15 * time.Second })
	gap := with(func(c *listenConfig) { c.expect.gap = time.Second })
	for _, tt := range []struct {
		what   string
		config listenConfig
		acts   []act
		code   int
		says   string // in the error
	}{
		{"never reached", follow, []act{lost(0, syscall.ECONNREFUSED)}, 2, "refused"},
		{"a break that is mended", with(func(c *listenConfig) { c.maxEvents = 1 }), []act{opened(0), lost(0, broke), opened(0), one}, 0, ""},
		{"a break that is not", listenConfig{}, []act{opened(0), one, over(0, broke)}, 2, "unexpected EOF"},
		{"a break behind the end of an answer", follow, []act{opened(0), event(0, "done", "", ""), lost(0, broke)}, 2, "unexpected EOF"},
		{"an answer that is asked for again", with(func(c *listenConfig) { c.insist, c.maxEvents = true, 2 }),
			[]act{opened(0), event(0, "done", "", ""), lost(0, nil), opened(0), one}, 0, ""},
		{"a good end", listenConfig{}, []act{opened(0), one, over(0, io.EOF)}, 0, ""},
		{"nobody is to come back", follow, []act{opened(0), lost(0, nil), over(0, io.EOF)}, 0, ""},
		{"204 at once", listenConfig{}, []act{over(0, fmt.Errorf("open: %w", &client.StatusError{Status: 204}))}, 0, ""},
		{"too few events", with(func(c *listenConfig) { c.reconnect, c.expect.events = false, 2 }), []act{opened(0), one, over(0, io.EOF)}, 1, "--expect-events 2: 1 came"},
		{"events enough", with(func(c *listenConfig) { c.reconnect, c.expect.events = false, 1 }), []act{opened(0), one, over(0, io.EOF)}, 0, ""},
		{"a failure is worse", with(func(c *listenConfig) { c.reconnect, c.expect.events = false, 2 }), []act{opened(0), one, over(0, broke)}, 2, "unexpected EOF"},

		{"a heartbeat in time", beat, []act{opened(0), comment(16*time.Second, ""), event(16*time.Second, "done", "", ""), lost(time.Second, nil)}, 0, ""},
		{"no heartbeat", beat, []act{opened(0), one, after(time.Minute)}, 1, "--expect-heartbeat 15s: nothing came for 16.501s"},
		{"no heartbeat before the first event", beat, []act{opened(0), after(time.Minute)}, 1, "--expect-heartbeat 15s"},
		{"bytes are a heartbeat", beat, []act{opened(0), {after: 10 * time.Second, bytes: true}, {after: 10 * time.Second, bytes: true}, event(10*time.Second, "done", "", ""), lost(0, nil)}, 0, ""},
		{"a reconnection is no silence", beat, []act{opened(0), lost(0, broke), opened(time.Minute), event(0, "done", "", ""), lost(0, nil)}, 0, ""},
		{"nor is the way to the first answer", beat, []act{opened(time.Minute), event(0, "done", "", ""), lost(0, nil)}, 0, ""},

		{"a gap in time", gap, []act{opened(0), after(time.Minute), after(time.Second), event(time.Second, "done", "", ""), lost(0, nil)}, 0, ""},
		{"a gap too long", gap, []act{opened(0), one, comment(500*time.Millisecond, ""), comment(500*time.Millisecond, ""), after(time.Second)}, 1, "--expect-gap 1s: no event came for 1.101s"},
		{"a gap with a reconnection", gap, []act{opened(0), one, lost(0, broke), opened(2 * time.Second), one}, 1, "--expect-gap 1s"},
		{"events that are not shown", with(func(c *listenConfig) { c.expect.gap, c.events = time.Second, []string{"a"} }),
			[]act{opened(0), event(0, "a", "", ""), after(time.Second), after(time.Second)}, 1, "--expect-gap 1s"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			_, err := perform(t, tt.config, io.Discard, tt.acts...)
			if code := exitCode(err); code != tt.code || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("exit code %d (%v), want %d and %q", code, err, tt.code, tt.says)
			}
		})
	}
}

func TestListenTellsADoneAnswerFromAnEnd(t *testing.T) {
	for name, want := range map[string]string{"done": `"reason":"done"`, "delta": `"reason":"ended"`} {
		var out strings.Builder
		if _, err := perform(t, listenConfig{json: true}, &out, opened(0), event(0, name, "", ""), over(0, io.EOF)); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%v: %s", err, out.String())
		}
	}
	var out strings.Builder
	again := listenConfig{json: true, reconnect: true, insist: true}
	if _, err := perform(t, again, &out, opened(0), event(0, "done", "", ""), lost(0, nil), over(0, io.EOF)); err != nil || !strings.Contains(out.String(), `"reason":"no-content"`) {
		t.Errorf("%v: %s", err, out.String())
	}
}

// slow is an output that takes its time.
type slow time.Duration

func (s slow) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(s))
	return len(p), nil
}

// What takes long because nobody took what was written is neither a silence nor a
// gap of the stream.
func TestListenBlamesNoServerForASlowOutput(t *testing.T) {
	c := listenConfig{expect: expectations{heartbeat: time.Second, gap: time.Second}}
	told, err := perform(t, c, slow(time.Minute), opened(0), event(0, "", "", "x"), event(0, "", "", "y"), over(0, io.EOF))
	if err != nil || strings.Contains(told, "warning") {
		t.Errorf("%v; %s", err, told)
	}
}

func TestListenWarnsOfSilenceWhileItLasts(t *testing.T) {
	var out strings.Builder
	c := listenConfig{json: true, reconnect: true}
	if _, err := perform(t, c, &out, opened(0), event(time.Minute, "", "", "x"), event(time.Minute, "done", "", "x"), lost(0, nil)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) < 2 || !strings.Contains(lines[1], `"at":"2000-01-01T00:00:16.501000000Z","code":"no-heartbeat"`) || strings.Count(out.String(), "no-heartbeat") != 1 {
		t.Errorf("%s", out.String())
	}
}

type deaf struct{ error }

func (d deaf) Write([]byte) (int, error) { return 0, d.error }

func TestListenWithoutAReader(t *testing.T) {
	for _, json := range []bool{false, true} {
		told, err := perform(t, listenConfig{json: json}, deaf{syscall.EPIPE}, opened(0))
		if err != nil || told != "" {
			t.Errorf("%v, %q", err, told)
		}
	}
	_, err := perform(t, listenConfig{}, deaf{syscall.ENOSPC}, opened(0))
	if exitCode(err) != ExitTrouble || !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}

func TestListenIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := newListener(listenConfig{}, &jsonPrinter{io.Discard})
	if err := l.conclude(ctx, context.Canceled); exitCode(err) != ExitInterrupted {
		t.Error(err)
	}
}

// A server that keeps everybody waiting is asked for its kind no longer than for
// the stream.
func TestListenLooksForABaseInTime(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	for _, flag := range []string{"--for=100ms", "--read-timeout=100ms"} {
		cmd := newListen()
		cmd.SetArgs([]string{flag, "--reconnect=false", server.URL})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		clock := newStopwatch(t.Cleanup)
		err := cmd.ExecuteContext(t.Context())
		if took := clock.until(time.Now()); exitCode(err) != ExitTrouble || took > 1900*time.Millisecond {
			t.Errorf("%s: %v after %v", flag, err, took)
		}
	}
}

// Whoever stops to read holds neither a signal nor --for up.
func TestListenLeavesABlockedOutput(t *testing.T) {
	for _, json := range []bool{false, true} {
		for what, want := range map[string]int{"signal": ExitInterrupted, "for": ExitTrouble} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				limited, end := context.WithCancelCause(ctx)
				r, w := io.Pipe()
				defer r.Close()
				time.AfterFunc(time.Minute, func() {
					if what == "signal" {
						cancel()
					}
					end(errTimeUp)
				})
				c := listenConfig{json: json}
				l := newListener(c, c.printer(limited, w, io.Discard))
				src := &play{acts: []act{opened(0)}, closed: make(chan struct{})}
				began := time.Now()
				err := l.conclude(ctx, l.readFrom(src))
				if took := time.Since(began); exitCode(err) != want || took != time.Minute+outputPatience {
					t.Errorf("%s, JSON %t: %v after %v", what, json, err, took)
				}
			})
		}
	}
}

func TestMeter(t *testing.T) {
	start := time.Now()
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	var m meter
	m.read(5, at(1)) // of an answer that is no stream
	if m.silence(at(9)) != 0 || m.longest(at(9)) != 0 {
		t.Error("a silence before there is a stream")
	}
	m.open(at(10))
	m.wait(at(10))
	m.read(5, at(13))
	if m.before() != 3*time.Second || m.before() != 0 {
		t.Error("the silence before the first bytes is not told once")
	}
	m.wait(at(20)) // the output was slow
	m.read(5, at(21))
	m.wait(at(21))
	if m.silence(at(25)) != 4*time.Second || m.longest(at(25)) != 4*time.Second || m.longest(at(22)) != 3*time.Second {
		t.Errorf("%+v", &m)
	}
	m.lost(at(23))
	if m.silence(at(99)) != 0 || m.longest(at(99)) != 3*time.Second || m.total() != 15 {
		t.Errorf("%+v", &m)
	}
}
