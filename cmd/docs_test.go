package cmd

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/server"
)

// docs are what the commands of each document come to, in their order, as readme
// is for the README.
var docs = map[string][]documented{
	"probes.md": {
		{"sse-tool probe 'prometheus:http://127.0.0.1:8000/metrics#vllm:num_requests_running'", 0, "sessions    13 ("},
		{"sse-tool probe 'prometheus:http://127.0.0.1:8000/metrics#vllm:num_request_running'", 2, "hint: nearest there: vllm:num_requests_running"},
		{"sse-tool probe --watch --for 5s 'json:http://127.0.0.1:8080/sessions#.active'", 0, " sessions 3\n"},
		{"sse-tool probe 'json:http://127.0.0.1:8080/slots#[.[] | select(.is_processing)] | length'", 0, "sessions    2 ("},
		{"sse-tool probe 'json:http://127.0.0.1:9293/stats?token=TOKEN#.worker_status[].last_status.busy_threads'", 0, "sessions    7 ("},
		{"sse-tool probe -H 'Authorization: Bearer KEY' 'upstreams=json:http://127.0.0.1:4000/health/backlog#.in_flight_requests'", 0, "upstreams   47 ("},
		{`sse-tool probe 'upstreams=prometheus:http://127.0.0.1:8000/metrics#vllm:num_requests_running{engine="1"}'`, 0, "upstreams   5 ("},
		{`sse-tool probe 'promql:http://127.0.0.1:9090#sum(http_server_active_requests{job="chat"}) or vector(0)'`, 0, "sessions    13 ("},
		{"sse-tool probe 'actuator:http://127.0.0.1:8080#http.server.requests.active?tag=method:GET'", 0, "sessions    13 ("},
		{"sse-tool probe 'expvar:http://127.0.0.1:8080#sse.active'", 0, "sessions    12 ("},
		{"sse-tool probe goroutines:http://127.0.0.1:6060", 0, "\n         4  main.(*hub).heartbeat main.go:17\n"},
		{"sse-tool probe nginx:http://127.0.0.1:8080/stub_status", 0, "sessions    3 ("},
		{`sse-tool probe "process:$(pgrep -n chatd)#fds"`, 0, "descriptors "},
		{"sse-tool probe sockets:8080", 0, "sessions    "},
		{`sse-tool probe 'regexp:http://127.0.0.1:8080/status#(?m)^active processes:\s+(\d+)$'`, 0, "sessions    6 ("},
		{"sse-tool probe 'exec:ls /run/chat/sessions'", 0, "sessions    2 ("},
		{"sse-tool probe upstreams=http://127.0.0.1:8088/v1", 0, "upstreams   4 ("},
		{"sse-tool probe 'json:http://127.0.0.1:3000/sessions#.'", 0, "sessions    2 ("},
	},
	"your-server.md": {
		{"sse-tool storm http://127.0.0.1:9000/events --disconnect close,reset --probe 'json:http://127.0.0.1:9000/health#.active'", 0, "clean: the number of sessions is back where it was in time, after 1,000 streams left"},
		{"sse-tool storm https://chat.example/v1/chat/completions -k -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' -d @request.json --probe 'json:https://chat.example/admin/sessions#.sessions' --disconnect close,reset,early --window 5s -n 200 --report json=storm.json", 0, "clean: the number of sessions is back"},
	},
	"server.md": {
		{"sse-tool serve --addr 127.0.0.1:8088 &", background, ""},
		{"curl -s http://127.0.0.1:8088/sessions", 0, `"service":"sse-tool"`},
		{"curl -sN --max-time 3 http://127.0.0.1:8088/sessions/feed", 28, "event: watching"}, // curl's code for its own time limit
		{"curl -s http://127.0.0.1:8088/metrics", 0, "sse_tool_sessions{"},
		{"sse-tool storm http://127.0.0.1:8088/sessions/feed -n 50 --disconnect close,reset --probe 'json:http://127.0.0.1:8088/sessions?list=0#.watchers'", 0, "clean: the number of sessions is back"},
		{"sse-tool serve --addr 127.0.0.1:8090 --reply-length 400 &", background, ""},
		{"sse-tool serve --addr 127.0.0.1:8091 --upstream http://127.0.0.1:8090/v1 --timeout 15s --heartbeat 1s --user-timeout 2s --defect no-upstream-cancel &", background, ""},
		{"sse-tool storm http://127.0.0.1:8091 -n 200 --disconnect close,reset --probe upstreams=http://127.0.0.1:8090", 1, "the upstream generated about "},
	},
	"listen.md": {
		{"sse-tool listen 'http://127.0.0.1:8088/sse/chat?tokens=3'", 0, "the answer is done, and the server ended the stream"},
		{"sse-tool listen --json --max-events 3 http://127.0.0.1:9000/events", 0, `"reason":"max-events"`},
		{"sse-tool listen --event delta --field .delta 'http://127.0.0.1:8088/sse/chat?tokens=3'", 0, "events      5 (3 shown) in "},
		{"sse-tool listen --for 2s --expect-heartbeat 1s --expect-events 5 http://127.0.0.1:9000/events", 0, "the time that was asked for is over"},
	},
	"report.md": {
		{"sse-tool storm http://127.0.0.1:9000/events --disconnect close -n 100 --probe 'json:http://127.0.0.1:9000/health#.active' --report json=storm.json --report html=storm.html --report junit=storm.xml --save run.json", 0, "after 100 streams left"},
		{"sse-tool report storm.json --report markdown=-", 0, "## ✅ clean: the number of sessions is back"},
		{"sse-tool report storm.json later.json", 0, "clean before, clean after: 0 findings gone"},
		{"sse-tool judge run.json", 0, "after 100 streams left"},
	},
	"server-and-proxy.md": {
		{"sse-tool leakcheck http://127.0.0.1:9005/events --wait 60s --disconnect close,reset", 0, "clean: the number of sessions is back"},
		{"sse-tool leakcheck http://127.0.0.1:9002 --disconnect close,reset --probe 'descriptors=process:{{pid}}#fds' -- sse-tool serve --addr 127.0.0.1:9002 --timeout 15s --heartbeat 1s", 0, "sse-tool | http://127.0.0.1:"},
		{"sse-tool leakcheck http://127.0.0.1:9003/events --direct http://127.0.0.1:9004/events --disconnect close,reset --window 2s", 1, "error proxy-holds (close)"},
	},
	"ci.md": {
		{"sse-tool leakcheck http://127.0.0.1:9000/events --probe 'json:http://127.0.0.1:9000/health#.active' --disconnect close --report junit=leakcheck.xml", 0, "clean: the number of sessions is back"},
		{"sse-tool leakcheck http://127.0.0.1:9000/events --probe 'json:http://127.0.0.1:9000/health#.active' --disconnect close --fail-if 'ttfe.p99>500ms' --fail-if 'reclaim.p99>5s' --fail-if 'opened<100%'", 0, "threshold   held: opened is 100% (50 of 50)"},
		{"sse-tool leakcheck http://127.0.0.1:9000/events --probe 'json:http://127.0.0.1:9000/health#.active' --disconnect close --report json=baseline.json", 0, "clean: "},
		{"sse-tool leakcheck http://127.0.0.1:9000/events --probe 'json:http://127.0.0.1:9000/health#.active' --disconnect close --compare baseline.json", 0, "sse-tool: no worse than "},
		{"env CHAT_URL=http://127.0.0.1:9000 sse-tool leakcheck --config docs/ci/sse-tool.yaml --report json=leakcheck.json", 0, "sse-tool: flags from docs/ci/sse-tool.yaml"},
	},
	"chat.md": {
		{"echo hi | sse-tool chat http://127.0.0.1:8088", 0, " \n"},
		{"sse-tool chat http://127.0.0.1:8088 'Why is the sky blue?'", 0, " \n"},
		{"sse-tool chat --model llama3.2 --system 'Answer in one word.' http://127.0.0.1:11434/v1 'Is it?'", 0, " \n"},
		{"git log --oneline -5 | sse-tool chat --dialect anthropic --model claude-sonnet-4-0 https://api.anthropic.com", 0, "Hello there!\n"},
		{"sse-tool chat --save talk.md --system 'Be brief.' http://127.0.0.1:8088/v1 'Why is the sky blue?'", 0, " \n"},
		{"sse-tool chat --load talk.md --save talk.md http://127.0.0.1:8088/v1 'And at night?'", 0, " \n"},
		{"sse-tool chat --load talk.md --save talk.json http://127.0.0.1:8088/v1 'And on Mars?'", 0, " \n"},
	},
}

func TestDocs(t *testing.T) {
	skipUnlessLinux(t) // as the documents say where it matters
	t.Parallel()
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range docs {
		if file := filepath.Join("..", "docs", name); !slices.Contains(files, file) {
			t.Errorf("there is no %s", file)
		}
	}
	binary := built(t)
	for _, file := range files { // one that the test does not know may have no commands
		t.Run(filepath.Base(file), func(t *testing.T) {
			shell := newDocsShell
			switch filepath.Base(file) {
			case "your-server.md", "report.md": // one after the other: their storms are large
				shell = func(t *testing.T) *documentShell { return newOwnShell(t, binary) }
			case "server.md":
				shell = func(t *testing.T) *documentShell { return newServerShell(t, binary) }
			case "chat.md", "listen.md":
				t.Parallel()
				shell = newChatShell
			default:
				t.Parallel()
			}
			runDocument(t, file, docs[filepath.Base(file)], shell(t))
		})
	}
}

// newDocsShell runs a document's commands against servers of the test's: at each
// of its addresses is one that shows its streams in every form.
func newDocsShell(t *testing.T) *documentShell {
	folder := t.TempDir()
	for _, id := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(folder, id), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	site := httptest.NewServer(field())
	t.Cleanup(site.Close)
	own := httptest.NewServer(answers(200, "application/json", `{"active": 3}`)())
	t.Cleanup(own.Close)
	model := httptest.NewServer(answers(200, "application/json", `{"service": "sse-tool", "upstreams": 4}`)())
	t.Cleanup(model.Close)
	listing := httptest.NewServer(answers(200, "application/json", `["a", "b"]`)())
	t.Cleanup(listing.Close)
	front, behind := newFront(t)
	alone := httptest.NewServer(newHealth())
	t.Cleanup(func() {
		alone.CloseClientConnections()
		alone.Close()
	})
	written := t.TempDir()
	pairs := []string{
		"=leakcheck.", "=" + filepath.Join(written, "leakcheck."),
		"baseline.json", filepath.Join(written, "baseline.json"),
		"ttfe.p99>500ms", "ttfe.p99>30s", // the machine may be busy
		"sse-tool leakcheck", "sse-tool leakcheck --hold 1s",
		"http://127.0.0.1:9005", alone.URL,
		"http://127.0.0.1:9004", behind,
		"http://127.0.0.1:9003", front,
		"127.0.0.1:9002", freeAddress(t),
		"--disconnect close,reset", "--disconnect close -n 4 --controls 1 --rounds 1", // it is tried in less time
		"http://127.0.0.1:3000", listing.URL,
		"http://127.0.0.1:8088", model.URL,
		"http://127.0.0.1:8080/sessions", own.URL,
		"--for 5s", "--for 500ms",
		"sockets:8080", "sockets:" + site.URL[strings.LastIndex(site.URL, ":")+1:],
		"$(pgrep -n chatd)", fmt.Sprint(os.Getpid()),
		"/run/chat/sessions", folder,
	}
	for _, port := range strings.Fields("8000 8080 9293 4000 9090 6060") {
		pairs = append(pairs, "http://127.0.0.1:"+port, site.URL)
	}
	return &documentShell{t: t, pairs: pairs, replace: strings.NewReplacer(pairs...), fresh: foreignServers}
}

// newChatShell runs commands that chat: with a reference server, and with models.
func newChatShell(t *testing.T) *documentShell {
	s, err := server.New(server.Config{ReplyLength: 3, ReplyRate: 200})
	if err != nil {
		t.Fatal(err)
	}
	own := httptest.NewServer(s.Handler())
	t.Cleanup(own.Close)
	model := httptest.NewServer(newModel())
	t.Cleanup(model.Close)
	folder := t.TempDir()
	pairs := []string{
		"http://127.0.0.1:8088", own.URL,
		"http://127.0.0.1:11434", own.URL,
		"https://api.anthropic.com", model.URL,
		"talk.md", filepath.Join(folder, "talk.md"),
		"talk.json", filepath.Join(folder, "talk.json"),
	}
	return &documentShell{t: t, pairs: pairs, replace: strings.NewReplacer(pairs...), fresh: foreignServers}
}

// built is the program as a reader has it. That of the tests carries thousands of streams
// more slowly where the race detector looks at it.
func built(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sse-tool")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./sse-tool")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// newOwnShell runs commands that storm servers of the reader's.
func newOwnShell(t *testing.T, binary string) *documentShell {
	written := t.TempDir()
	request := filepath.Join(written, "request.json")
	if err := os.WriteFile(request, []byte(`{"stream": true}`), 0o666); err != nil {
		t.Fatal(err)
	}
	pairs := []string{
		"sse-tool storm", binary + " storm",
		"run.json", filepath.Join(written, "run.json"),
		"storm.json", filepath.Join(written, "storm.json"),
		"later.json", filepath.Join(written, "storm.json"), // a second run would come to the same
		"storm.html", filepath.Join(written, "storm.html"),
		"storm.xml", filepath.Join(written, "storm.xml"),
		"@request.json", "@" + request,
	}
	return &documentShell{t: t, pairs: pairs, replace: strings.NewReplacer(pairs...), fresh: foreignServers}
}

// newServerShell runs commands that start reference servers.
func newServerShell(t *testing.T, binary string) *documentShell {
	pairs := []string{"sse-tool serve", binary + " serve", "sse-tool storm", binary + " storm"}
	for _, port := range strings.Fields("8088 8090 8091") {
		pairs = append(pairs, "127.0.0.1:"+port, freeAddress(t))
	}
	return &documentShell{t: t, pairs: pairs, replace: strings.NewReplacer(pairs...)}
}
