package server

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// crowdAt is the variable that makes this test binary a crowd of clients: see
// TestMain. They are a process of their own because what they take is not the
// server's, and because each end of a stream needs a descriptor.
const crowdAt = "SSE_TOOL_TEST_CROWD"

// crowd opens n idle streams and holds them until its standard input ends. It
// reads none of them: heads and heartbeats find room in their receive buffers.
func crowd(target string) error {
	var addr string
	var n int
	if _, err := fmt.Sscan(target, &addr, &n); err != nil {
		return fmt.Errorf("%s=%q: %w", crowdAt, target, err)
	}
	conns := make([]net.Conn, n) // one that nobody refers to would be closed
	for i := range conns {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		conns[i] = conn
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nX-Stream-Id: stream-%d\r\n\r\n", chat("rate=0"), i); err != nil {
			return err
		}
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(conns)
	return err
}

// startCrowd runs crowd in a process that ends with the test.
func startCrowd(t *testing.T, addr string, n int) {
	t.Helper()
	cmd := exec.Command(must(os.Executable()))
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", crowdAt, addr, n))
	cmd.Stderr = t.Output()
	stdin := must(cmd.StdinPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("crowd: %v", err)
		}
	})
}

// held is what this process holds: goroutines, and bytes of heap and stacks.
// That is steadier than what the system counts, which depends on the moment at
// which the runtime gives back what it no longer needs.
func held() (goroutines int, bytes uint64) {
	runtime.GC()
	runtime.GC() // what was pooled is given up by the second one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapInuse + m.StackInuse
}

// costs checks what each of n idle sessions costs when it had two heartbeats,
// net/http's part included: three goroutines, and so many KiB at most.
func costs(t *testing.T, n int, most float64) *running {
	t.Helper()
	r := start(t, Config{Timeout: time.Hour, Heartbeat: 2 * time.Second})
	goroutines, bytes := held()
	startCrowd(t, r.addr, n)
	patiently(t, n, r.active)
	beats := &r.sessions.tallies.heartbeats
	from := int(beats.Load())
	patiently(t, from+2*n, func() int { return int(beats.Load()) })

	nowGoroutines, nowBytes := held()
	equal(t, "sessions", r.active(), n)
	each := float64(nowGoroutines-goroutines) / float64(n)
	kib := float64(nowBytes-bytes) / float64(n) / (1 << 10)
	t.Logf("%d sessions: %.2f goroutines and %.2f KiB each", n, each, kib)
	if each < 2.9 || each > 3.1 {
		t.Errorf("goroutines: got %.2f a session, want 3", each)
	}
	if kib > most {
		t.Errorf("memory: got %.2f KiB a session, want %v at most", kib, most)
	}
	return r
}

// patiently waits until a number that grows is as large as it has to be. It
// gives up when the number has not grown for long.
func patiently(t *testing.T, want int, number func() int) {
	t.Helper()
	for have := number(); have < want; {
		eventually(t, fmt.Sprintf("more than %d of %d", have, want), func() bool { return number() > have })
		have = number()
	}
}

// The race detector makes stacks larger: 43 KiB a session, and 31 without it.
func TestCost(t *testing.T) { costs(t, 500, 50) }
