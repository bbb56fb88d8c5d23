//go:build interop

package cmd

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// springClasspath has Maven get what the server for Spring needs.
func springClasspath(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "classpath")
	out, err := exec.CommandContext(t.Context(), "mvn", "-q", "-B", "-f", "testdata/endpoint/spring/pom.xml",
		"dependency:build-classpath", "-Dmdep.outputFile="+path).CombinedOutput()
	if err != nil {
		t.Fatalf("mvn: %v: %s", err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// endpointServers are whole servers around what is told for a framework: SHOW and KEEP
// stand for the two parts, indented as what stands around them.
var endpointServers = map[string]struct {
	file, text string
	run        func(t *testing.T, file string) []string // the command; the port comes behind it
}{
	"Go": {"main.go", `package main

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

SHOW

func stream(w http.ResponseWriter, r *http.Request) {
	KEEP
	w.Header().Set("Content-Type", "text/event-stream")
	for r.Context().Err() == nil {
		fmt.Fprint(w, "data: hello\n\n")
		w.(http.Flusher).Flush()
		time.Sleep(50 * time.Millisecond)
	}
}

func main() {
	http.HandleFunc("/sessions", listSessions)
	http.HandleFunc("/events", stream)
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
`, func(t *testing.T, file string) []string {
		binary := filepath.Join(filepath.Dir(file), "server")
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, file).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return []string{binary}
	}},
	"Spring": {"Main.java", `package chat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.*;
import java.util.concurrent.*;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

@SpringBootApplication
@RestController
public class Main {
    SHOW

    private final ScheduledExecutorService ticks = Executors.newScheduledThreadPool(2);

    @GetMapping("/events")
    SseEmitter events(@RequestHeader(name = "X-Stream-Id", required = false) String sent) {
        String id = sent != null ? sent : UUID.randomUUID().toString();
        SseEmitter emitter = new SseEmitter(60_000L);
        KEEP
        ticks.scheduleAtFixedRate(() -> {
            try {
                emitter.send("hello");
            } catch (IOException e) {
                throw new UncheckedIOException(e); // ends the ticks; the container completes the emitter
            }
        }, 0, 50, TimeUnit.MILLISECONDS);
        return emitter;
    }

    public static void main(String[] args) {
        SpringApplication.run(Main.class, "--server.port=" + args[0], "--server.address=127.0.0.1");
    }
}
`, func(t *testing.T, file string) []string {
		classpath, classes := springClasspath(t), filepath.Join(filepath.Dir(file), "classes")
		if out, err := exec.CommandContext(t.Context(), "javac", "-parameters", "-d", classes, "-cp", classpath, file).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return []string{"java", "-cp", classes + string(os.PathListSeparator) + classpath, "chat.Main"}
	}},
	"Express": {"main.js", `const express = require('express');
const app = express();
SHOW
app.get('/events', (req, res) => {
  KEEP
  res.set('Content-Type', 'text/event-stream');
  const tick = setInterval(() => res.write('data: hello\n\n'), 50);
  res.on('close', () => clearInterval(tick));
});
app.listen(process.argv[2], '127.0.0.1');
`, func(_ *testing.T, file string) []string { return []string{"node", file} }},
	"FastAPI": {"main.py", `import asyncio, sys, uvicorn
from uuid import uuid4
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
app = FastAPI()

async def events():
    while True:
        yield "data: hello\n\n"
        await asyncio.sleep(0.05)

SHOW

async def stream(request):
    KEEP

@app.get("/events")
async def get_events(request: Request): return StreamingResponse(stream(request), media_type="text/event-stream")

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
`, func(_ *testing.T, file string) []string {
		return []string{"python3", file}
	}},
}

// What is told to somebody whose server shows its sessions nowhere makes it a server
// that is found, known by its ids, and clean.
func TestInteropEndpoints(t *testing.T) {
	for _, e := range endpoints {
		t.Run(e.framework, func(t *testing.T) {
			server := endpointServers[e.framework]
			url := startEndpoint(t, e, server.file, server.text, server.run)
			plan := loadgen.Plan{Request: loadgen.Request{URL: url + "/events"}}
			if err := waitFor(t.Context(), plan, 60*time.Second, nil, io.Discard); err != nil {
				t.Fatal(err)
			}
			found, err := findProbe(t.Context(), plan, probe.Access{}, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if want := "json:" + url + "/sessions#."; found.Spec() != want {
				t.Errorf("found %s, want %s", found.Spec(), want)
			}
			plan.Streams, plan.Controls, plan.Hold, plan.Mix = 12, 2, 500*time.Millisecond, loadgen.Even(loadgen.Close, loadgen.Reset)
			if e.framework != "Spring" { // who is gone before its handler is installed stays there (spring-framework#33340)
				plan.Mix = append(plan.Mix, loadgen.Even(loadgen.Early)...)
			}
			report, err := leakcheck.Run(t.Context(), leakcheck.Config{Plan: plan, Probes: []leakcheck.Probe{found.Probe}})
			if err != nil || report.Verdict != leakcheck.Clean || !report.Probes[0].IDs {
				t.Errorf("%v: %+v", err, report)
			}
		})
	}
}

// startEndpoint runs a server until the test ends, and returns its base URL.
func startEndpoint(t *testing.T, e endpoint, name, text string, run func(*testing.T, string) []string) string {
	t.Helper()
	folder := t.TempDir()
	if e.framework == "Express" { // its packages are installed there
		var err error
		if folder, err = filepath.Abs("testdata/endpoint"); err != nil {
			t.Fatal(err)
		}
		name = "test_" + name
	}
	file := filepath.Join(folder, name)
	text = strings.Replace(text, "SHOW", e.show, 1)
	before, _, _ := strings.Cut(text, "KEEP")
	indent := before[strings.LastIndex(before, "\n")+1:]
	text = strings.Replace(text, "KEEP", strings.ReplaceAll(e.keep, "\n", "\n"+indent), 1)
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(file) })
	address := freeAddress(t)
	p, err := startProgram(append(run(t, file), address[strings.LastIndex(address, ":")+1:]), t.Output(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return "http://" + address
}
