// Command sse-tool is an SSE client, load tester and session-leak detector with
// a reference SSE chat server inside.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sse-tool/sse-tool/cmd"
)

// version is set by the linker for a release.
var version = "dev"

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, stops()...)
	go func() { // ends with the process
		<-signals
		cancel()
		for first := time.Now(); time.Since(first) < echo; {
			<-signals // from the second on nobody waits for what the first has begun
		}
		cmd.EndCommands()
		os.Exit(cmd.ExitInterrupted)
	}()
	// A reader of stdout that has gone is an error of the write, not the end of
	// us: report files are still to be written.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(cmd.Run(ctx, cmd.New(version), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// echo is for how long after a signal another one is the same: timeout(1) sends
// its own twice, to us and to our group, and a shell passes on the hang-up that
// the kernel has told us of already.
const echo = 300 * time.Millisecond

// stops are the signals that end a run: what it has seen is still reported and
// saved. A hang-up that was ignored from the start, as nohup has it, stays so.
func stops() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}
