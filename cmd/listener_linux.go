package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listenerIn is the process of a process group that listens at a port: the leader, if
// it does so too, and else the first. Zero is none.
func listenerIn(group, port int) int {
	inodes := listening(port)
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(inodes) == 0 {
		return 0
	}
	found := 0
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil || groupOf(folder) != group || !holds(folder, inodes) {
			continue
		}
		if pid == group {
			return pid
		}
		if found == 0 || pid < found {
			found = pid
		}
	}
	return found
}

// listening are the sockets that listen at a port, as a process's descriptors name
// them.
func listening(port int) map[string]bool {
	const listens = "0A" // include/net/tcp_states.h
	suffix := fmt.Sprintf(":%04X", port)
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // a kernel without that family
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 9 && f[3] == listens && strings.HasSuffix(f[1], suffix) {
				inodes["socket:["+f[9]+"]"] = true
			}
		}
	}
	return inodes
}

// groupOf is a process's group; zero where it has ended.
func groupOf(folder string) int {
	text, err := os.ReadFile(filepath.Join(folder, "stat"))
	if err != nil {
		return 0
	}
	_, behind, _ := strings.Cut(string(text[max(0, strings.LastIndexByte(string(text), ')')):]), " ") // a name may have anything in it
	if f := strings.Fields(behind); len(f) > 2 {
		group, err := strconv.Atoi(f[2])
		if err == nil {
			return group
		}
	}
	return 0
}

func holds(folder string, sockets map[string]bool) bool {
	entries, err := os.ReadDir(filepath.Join(folder, "fd"))
	if err != nil {
		return false
	}
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(folder, "fd", e.Name())); err == nil && sockets[to] {
			return true
		}
	}
	return false
}
