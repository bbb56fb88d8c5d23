package cmd

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// tty CODE ARGS...: sse-tool runs with stdout and stderr on a terminal of 100
// columns and ends with that code. What it wrote is then in the file raw, what
// the terminal shows in the end in the file screen.
func tty(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "tty CODE ARGS...")
	const columns = 100
	master, slave, err := openPTY(columns)
	ts.Check(err)
	defer master.Close()
	cmd := command(ts, args[1:]...)
	cmd.Stdout, cmd.Stderr = slave, slave
	err = cmd.Start()
	slave.Close() // the command has its own
	ts.Check(err)
	var raw strings.Builder
	ts.Check(drain(&raw, master))
	err = cmd.Wait()
	s := newScreen(columns)
	s.Write([]byte(raw.String()))
	ts.Check(os.WriteFile(ts.MkAbs("raw"), []byte(raw.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("screen"), []byte(s.String()+"\n"), 0o600))
	wantCode(ts, args[0], err)
	if unknown := s.unread(); len(unknown) > 0 {
		ts.Fatalf("the terminal did not understand %v", unknown)
	}
}
