package leakcheck

import (
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// What makes a server suspect counts the streams that were open, and none that was tried in
// the place of one.
func TestSuspect(t *testing.T) {
	open := loadgen.Record{Disconnect: loadgen.Close, Opened: time.Second}
	cut, left, control := open, open, open
	cut.End, left.End = loadgen.Cut, loadgen.Left
	control.Disconnect, control.End = "", loadgen.Cut
	again := loadgen.Record{End: loadgen.Failed} // a control that was to be opened again
	failed := loadgen.Record{Disconnect: loadgen.Close, End: loadgen.Failed}
	for name, tt := range map[string]struct {
		records []loadgen.Record
		want    string
	}{
		"none":                            {nil, ""},
		"all left":                        {[]loadgen.Record{left, left}, ""},
		"some are open":                   {[]loadgen.Record{cut, open}, ""},
		"all were cut":                    {[]loadgen.Record{cut, cut, control}, "3 streams broke and none is open"},
		"controls were tried again":       {[]loadgen.Record{cut, control, again, again, again}, "2 streams broke and none is open"},
		"one was cut, the rest had left":  {[]loadgen.Record{left, control, again}, "1 stream broke and none is open"},
		"none could be opened":            {[]loadgen.Record{failed, failed}, "2 streams could not be opened and none is open"},
		"only controls could not":         {[]loadgen.Record{left, again, again}, "controls could not be opened and none is open"},
		"the last ones could not be, too": {[]loadgen.Record{cut, failed, failed}, "1 stream broke, 2 streams could not be opened, and none is open"},
	} {
		if got := (&run{records: tt.records}).suspect(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
