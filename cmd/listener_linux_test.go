package cmd

import (
	"bytes"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestListenerIn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := ln.Addr().(*net.TCPAddr).Port
	group, err := syscall.Getpgid(0)
	if err != nil {
		t.Fatal(err)
	}
	if got := listenerIn(group, port); got != os.Getpid() {
		t.Errorf("it is %d, want %d", got, os.Getpid())
	}
	var out bytes.Buffer
	p, err := startProgram([]string{"sleep", "60"}, &out, "")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if got := listenerIn(p.cmd.Process.Pid, port); got != 0 {
		t.Errorf("another group's is %d", got)
	}
	ln.Close()
	if got := listenerIn(group, port); got != 0 {
		t.Errorf("when nothing listens it is %d", got)
	}
}
