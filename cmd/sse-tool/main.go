// Command sse-tool is an SSE client, load tester and session-leak detector with
// a reference SSE chat server inside.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/sse-tool/sse-tool/cmd"
)

// version is set by the linker for a release.
var version = "dev"

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup makes it: else the terminal has gone, and what was started for it goes too
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() { // ends with the process
		<-signals
		cancel()
		<-signals // nobody waits for what the first has begun
		cmd.EndCommands()
		os.Exit(cmd.ExitInterrupted)
	}()
	// A reader of stdout that has gone is an error of the write, not the end of
	// us: report files are still to be written.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(cmd.Run(ctx, cmd.New(version), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
