package cmd

import (
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/loadgen"
)

// waysFlag is a list of ways to leave, with commas between them, given once or
// again.
type waysFlag []loadgen.Disconnect

func (w *waysFlag) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		d, err := loadgen.ParseDisconnect(strings.TrimSpace(name))
		if err != nil {
			return err
		}
		if !slices.Contains(*w, d) {
			*w = append(*w, d)
		}
	}
	return nil
}

func (w *waysFlag) String() string {
	names := make([]string, 0, len(*w))
	for _, d := range *w {
		names = append(names, string(d))
	}
	return strings.Join(names, ",")
}

// Type names the flag's kind in a help text.
func (*waysFlag) Type() string { return "ways" }
