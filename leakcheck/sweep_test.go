package leakcheck

import (
	"testing"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// A timeout that is looked at once a second ends many at one moment, and takes them at one
// age all the same. A sweep takes what is there.
func TestSweepOfControls(t *testing.T) {
	// of are ten streams opened within 100 ms or within a second, ended together at a
	// moment, and ten that came later and were ended later.
	of := func(within, ended, came, endedThen time.Duration) *Evidence {
		e := &Evidence{}
		for i := range 20 {
			r := loadgen.Record{N: i, Connected: 1 + time.Duration(i%10)*within/10, Ended: ended + time.Duration(i)*time.Millisecond, End: loadgen.Completed}
			if i >= 10 {
				r.Connected, r.Ended = r.Connected+came, endedThen
			}
			r.Opened = r.Connected
			e.Records = append(e.Records, r)
		}
		return e
	}
	if m := of(100*time.Millisecond, 61*time.Second, 2*time.Second, 63*time.Second).sweepOfControls(); m != nil {
		t.Errorf("a timeout of 60 s is taken for a sweep: %+v", m)
	}
	m := of(time.Second, 2*time.Second, 2500*time.Millisecond, 4*time.Second).sweepOfControls()
	if m == nil || (m.length-2*time.Second).Abs() > 50*time.Millisecond {
		t.Errorf("a sweep every 2 s is %+v", m)
	}
}
