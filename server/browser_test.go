//go:build browser

package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// These tests drive the page in a real Chromium: see CONTRIBUTING.

// browserPatience is for a browser on a busy machine.
const browserPatience = time.Minute

// browser is a Chromium of this test, with one tab.
type browser struct {
	t   *testing.T
	ctx context.Context // of the tab

	mu     sync.Mutex
	errors []string // that scripts threw, or that a policy reported
}

// newBrowser starts a Chromium; its absence fails the test.
func newBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1200, 800))
	options = append(options, more...)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	ctx, expire := context.WithTimeout(ctx, 2*browserPatience)
	t.Cleanup(func() { expire(); cancel(); stop() })
	b := &browser{t: t, ctx: ctx}
	b.listen()
	return b
}

// listen keeps what goes wrong in the page.
func (b *browser) listen() {
	b.t.Helper()
	note := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.errors = append(b.errors, fmt.Sprintf(format, args...))
	}
	err := chromedp.Listen(b.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			note("exception: %v", e.ExceptionDetails)
		case *log.EventEntryAdded:
			if e.Entry.Source == log.EntrySourceSecurity || e.Entry.Source == log.EntrySourceViolation {
				note("%s: %s", e.Entry.Source, e.Entry.Text)
			}
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// clean fails the test if a script threw or a policy was broken.
func (b *browser) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.errors {
		b.t.Error(e)
	}
}

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// call sends a command of the protocol.
func call[P, R any](b *browser, cmd cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, cmd, params); err != nil {
		b.t.Fatal(err)
	}
}

// tab is another tab of the same browser.
func (b *browser) tab() *browser {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	other := &browser{t: b.t, ctx: ctx}
	other.listen()
	return other
}

// value evaluates a script.
func (b *browser) value(script string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+script+")"))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// until waits for a script to be true.
func (b *browser) until(what, script string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](script, chromedp.WithPollingTimeout(0), chromedp.WithPollingInterval(20*time.Millisecond)))
	if err != nil {
		b.t.Fatalf("waiting until %s: %v; the page reads %s", what, err, b.value("document.body.innerText"))
	}
}

const (
	state  = `document.getElementById("state").dataset.state`
	latest = `[...document.querySelectorAll("#messages .model")].at(-1)?.lastChild.data`
	// rowsOf selects the rows of the list.
	rowsOf = `document.querySelectorAll("#sessions li%s").length`
)

// visit loads the page.
func (b *browser) visit(r *running) {
	b.t.Helper()
	b.visitAt(r.addr)
}

func (b *browser) visitAt(host string) {
	b.t.Helper()
	b.run(chromedp.Navigate("http://" + host + "/"))
	b.until("the page knows its session", `document.getElementById("session").textContent.length === 8`)
}

// ask sends a message by the keyboard alone, and waits for an answer's start.
func (b *browser) ask(message string) {
	b.t.Helper()
	b.run(chromedp.SendKeys("#message", message))
	b.press("Enter", "\r")
	b.until("an answer begins", latest+"?.length > 0")
}

// press presses a key as a keyboard does, so that a page can prevent what it
// would type.
func (b *browser) press(key, text string) {
	b.t.Helper()
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: key, Text: text})
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: key, Code: key})
}

// talkative is a server whose answers do not end during a test.
func talkative(t *testing.T) *running {
	cfg := DefaultConfig()
	cfg.Heartbeat = 500 * time.Millisecond
	cfg.ReplyLength = 100_000
	return start(t, cfg)
}

// hungUp waits until n sessions ended because their client left.
func (r *running) hungUp(t *testing.T, n uint64) {
	t.Helper()
	eventually(t, fmt.Sprint(n, " sessions ended by their client"), func() bool {
		return r.closed(CloseDisconnected)+r.closed(CloseWriteFailed)+r.closed(CloseReplaced) == n
	})
}

func TestBrowserChat(t *testing.T) {
	cfg := DefaultConfig()
	cfg.ReplyLength = 30
	r := start(t, cfg)
	b := newBrowser(t)
	b.visit(r)
	equal(t, "focus", b.value("document.activeElement.id"), "message")
	equal(t, "state", b.value(state), "ready")
	b.ask("hello")
	equal(t, "what is still in the box", b.value(`document.getElementById("message").value`), "")
	b.until("it shows the connection", state+` === "connected"`)
	b.until("its session is in the list", fmt.Sprintf(rowsOf, ".own:not(.closed)")+" === 1")
	b.until("the answer is over", state+` === "ready"`)
	equal(t, "words", len(strings.Fields(b.value(latest))), 30)
	b.until("the list shows why it went", `document.querySelector("#sessions .own.closed .about")?.textContent === "completed"`)
	b.until("the list counts none", `document.getElementById("active").textContent === "0"`)
	time.Sleep(3 * time.Second) // an EventSource that was not closed would have come back
	equal(t, "opened", r.answer(t).Opened, 1)
	equal(t, "completed", r.closed(CloseCompleted), 1)
	b.clean()
}

func TestBrowserStop(t *testing.T) {
	r := talkative(t)
	b := newBrowser(t)
	b.visit(r)
	b.ask("hello")
	b.run(chromedp.Click("#stop"))
	r.hungUp(t, 1)
	equal(t, "state", b.value(state), "ready")
	equal(t, "focus", b.value("document.activeElement.id"), "message")
	b.ask("again")
	b.press("Escape", "")
	r.hungUp(t, 2)
	time.Sleep(3 * time.Second)
	equal(t, "opened", r.answer(t).Opened, 2)
	b.clean()
}

func TestBrowserRefresh(t *testing.T) {
	r := talkative(t)
	b := newBrowser(t)
	b.visit(r)
	b.ask("hello")
	id := b.value(`document.getElementById("session").title`)
	for n := uint64(1); n <= 3; n++ {
		b.run(chromedp.Reload())
		b.until("the answer goes on", latest+"?.length > 0")
		r.hungUp(t, n)
		time.Sleep(time.Second) // who would come late or again has come
		a := r.answer(t)
		equal(t, "active", a.Active, 1)
		equal(t, "upstreams", a.Upstreams, 1)
		equal(t, "opened", a.Opened, int(n)+1)
		equal(t, "session", a.Sessions[0]["id"], id)
		equal(t, "messages", b.value(`document.querySelectorAll("#messages li").length`), "2")
	}
	b.clean()
}

// Somebody who looks at the list sees a session go when its tab is closed.
func TestBrowserCloseTab(t *testing.T) {
	r := talkative(t)
	b := newBrowser(t)
	b.visit(r)
	other := b.tab()
	other.visit(r)
	other.ask("hello")
	b.until("the list shows the other tab's session", fmt.Sprintf(rowsOf, ":not(.closed)")+" === 1")
	call(other, page.Close, cdp.Empty{})
	r.hungUp(t, 1)
	b.until("the list shows that it went", `document.querySelector("#sessions .closed .about")?.textContent === "disconnected"`)
	equal(t, "active", b.value(`document.getElementById("active").textContent`), "0")
	eventually(t, "one watcher is left", func() bool { return r.answer(t).Watchers == 1 })
	equal(t, "upstreams", r.answer(t).Upstreams, 0)
	b.clean()
}

func TestBrowserKill(t *testing.T) {
	r := talkative(t)
	b := newBrowser(t)
	b.visit(r)
	b.ask("hello")
	equal(t, "active", r.answer(t).Active, 1)
	if err := chromedp.FromContext(b.ctx).Browser.Process().Kill(); err != nil {
		t.Fatal(err)
	}
	r.hungUp(t, 1)
	eventually(t, "nothing is left", func() bool {
		a := r.answer(t)
		return a.Active == 0 && a.Upstreams == 0 && a.Watchers == 0
	})
}

// What a server cuts comes back after two seconds, as the same session.
func TestBrowserReconnects(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Timeout, cfg.ReplyLength = 4*time.Second, 100_000
	r := start(t, cfg)
	b := newBrowser(t)
	b.visit(r)
	b.ask("hello")
	for n := range 2 {
		id := r.answer(t).Sessions[0]["id"]
		b.until("it says so", state+` === "waiting"`)
		begin := time.Now()
		text := b.value(latest)
		b.until("it is back", state+` === "connected"`)
		if took := time.Since(begin); took < time.Second {
			t.Errorf("it came back after %v", took)
		}
		b.until("the answer goes on", fmt.Sprintf("%s.length > %d", latest, len(text)))
		if now := b.value(latest); !strings.HasPrefix(now, text) {
			t.Errorf("%q goes on as %q", text, now)
		}
		equal(t, "opened", r.answer(t).Opened, n+2)
		equal(t, "session", r.answer(t).Sessions[0]["id"], id)
	}
	b.clean()
}

// A server that went away and came back at the same address finds its clients.
func TestBrowserOutlivesTheServer(t *testing.T) {
	r := talkative(t)
	b := newBrowser(t)
	b.visit(r)
	b.ask("hello")
	r.stop()
	b.until("it backs off", `document.getElementById("state").textContent === "reconnecting in 8 s"`)
	again := startAt(t, r.addr, r.cfg)
	b.until("the chat is back", state+` === "connected"`)
	b.until("the list is back", fmt.Sprintf(rowsOf, ".own:not(.closed)")+" === 1")
	equal(t, "opened", again.answer(t).Opened, 1)
}

// Two tabs of one session would take it from each other for ever.
func TestBrowserDuplicateTab(t *testing.T) {
	r := talkative(t)
	b := newBrowser(t)
	b.visit(r)
	b.ask("hello")
	other := b.tab()
	kept := b.value(`sessionStorage.getItem("sse-tool")`)
	other.run(chromedp.Navigate("http://" + r.addr + "/healthz"))
	other.value(fmt.Sprintf(`sessionStorage.setItem("sse-tool", %q)`, kept))
	other.visit(r)
	other.ask("hello")
	time.Sleep(3 * time.Second)
	equal(t, "opened", r.answer(t).Opened, 2)
	equal(t, "active", r.answer(t).Active, 2)
	b.clean()
}

// By another name than this machine's own a page may chat and not look around:
// it may be anybody's whose name was made to resolve to this machine.
func TestBrowserOfAnotherName(t *testing.T) {
	r := talkative(t)
	b := newBrowser(t, chromedp.Flag("host-resolver-rules", "MAP chat.example 127.0.0.1"))
	_, port, _ := strings.Cut(r.addr, ":")
	b.visitAt("chat.example:" + port)
	b.until("it says that it may not see the list", `document.getElementById("note").textContent.startsWith("Only the server's own machine")`)
	b.ask("hello")
	equal(t, "rows", b.value(fmt.Sprintf(rowsOf, "")), "0")
	equal(t, "watchers", r.answer(t).Watchers, 0)
	equal(t, "active", r.active(), 1)
	b.clean()
}

// Markup in a message, or in what other people call themselves, is text.
func TestBrowserMarkupIsText(t *testing.T) {
	const markup = `<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>`
	cfg := DefaultConfig()
	cfg.Upstream = echo{}
	r := start(t, cfg)
	b := newBrowser(t)
	b.visit(r)
	p := r.open(t, "/sse/chat?session=other&rate=0&user=%3Cimg+src%3Dx+onerror%3D%22window.hurt%3D1%22%3E")
	b.ask(markup)
	b.until("the answer is over", state+` === "ready"`)
	b.until("the list shows the user", `document.getElementById("sessions").textContent.includes("onerror")`)
	equal(t, "question", b.value(`document.querySelector("#messages .user").lastChild.data`), markup)
	equal(t, "answer", b.value(latest), markup)
	b.run(chromedp.Reload())
	b.until("the messages are back", latest+"?.length > 0")
	equal(t, "answer after a refresh", b.value(latest), markup)
	equal(t, "hurt", b.value("window.hurt"), "undefined")
	equal(t, "images", b.value(`document.querySelectorAll("main img, main script").length`), "0")
	p.leave()
	b.clean()
}

// echo is a model that says what it was told.
type echo struct{}

func (echo) Generate(ctx context.Context, p Prompt, emit func(string) error) error {
	if p.Rate == 0 {
		<-ctx.Done()
		return nil
	}
	return emit(p.Message)
}

// Nothing is wider than a phone, in either theme, and text can be read. With
// -artifacts the pictures are kept, to be looked at.
func TestBrowserScreens(t *testing.T) {
	cfg := DefaultConfig()
	cfg.ReplyLength = 60
	r := start(t, cfg)
	b := newBrowser(t)
	for i := range 4 {
		r.open(t, chat(fmt.Sprintf("session=c0ffee%d-visitor", i), "user="+[]string{"ada", "", "grace", "somebody+with+a+long+name"}[i]))
	}
	for _, c := range []struct {
		name, scheme  string
		width, height int64
	}{
		{"light", "light", 1200, 800},
		{"dark", "dark", 1200, 800},
		{"phone-light", "light", 390, 844},
		{"phone-dark", "dark", 390, 844},
	} {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: c.scheme}}})
		b.run(chromedp.EmulateViewport(c.width, c.height), chromedp.Navigate("http://"+r.addr+"/healthz"))
		b.value("sessionStorage.clear()")
		b.visit(r)
		b.until("the list is there", fmt.Sprintf(rowsOf, "")+" === 4")
		b.picture(c.name + "-empty")
		b.ask("What happens to my session when I close this tab?")
		b.until("the answer is over", state+` === "ready"`)
		b.ask("And when the network goes?")
		b.until("its session is in the list", fmt.Sprintf(rowsOf, ".own:not(.closed)")+" === 1")
		b.until("some words", latest+".length > 80")
		b.until("the newest line is in sight", `((v) => v.scrollTop + v.clientHeight >= v.scrollHeight - 2)(document.getElementById("scroll"))`)
		b.picture(c.name)
		equal(t, c.name+": width", b.value("document.documentElement.scrollWidth"), fmt.Sprint(c.width))
		equal(t, c.name+": height", b.value("document.documentElement.scrollHeight"), fmt.Sprint(c.height))
	}
	b.clean()
}

func (b *browser) picture(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), png, 0o666); err != nil {
		b.t.Fatal(err)
	}
}
