package leakcheck

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/sse-tool/sse-tool/loadgen"
)

// count writes a number with its noun: "1 session", "2,500 sessions".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// thousands writes a number with a comma for each thousand.
func thousands(n int) string { return humanize.Comma(int64(n)) }

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// seconds writes a length of time to a hundredth of a second.
func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// ways writes the names of ways: "close, reset".
func ways(ds []loadgen.Disconnect) string {
	names := make([]string, len(ds))
	for i, d := range ds {
		names[i] = string(d)
	}
	return strings.Join(names, ", ")
}
