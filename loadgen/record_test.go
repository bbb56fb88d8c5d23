package loadgen

import "testing"

func TestCount(t *testing.T) {
	records := []Record{
		{Disconnect: Close},                               // opening
		{Disconnect: Close, Opened: 1},                    // open
		{Disconnect: Close, Opened: 1, End: Left},         // left, three of them
		{Disconnect: Reset, Opened: 1, End: Left},         //
		{Disconnect: Reset, Opened: 1, End: Left},         //
		{Disconnect: Complete, Opened: 1, End: Completed}, // ended by the server
		{Disconnect: Close, Opened: 1, End: Cut},          //
		{Disconnect: Close, End: Rejected, Status: 503},   // never opened
		{Disconnect: Close, End: Failed},                  // never opened
		{Disconnect: Complete, Opened: 1, End: Failed},    // opened, never completed
		{Disconnect: Close, Opened: 1, End: Released},     // counted as opened alone
		{Opened: 1}, {Opened: 1}, {}, {Opened: 1, End: Cut}, // controls: two live, one opening, one cut
	}
	want := Counts{
		Planned: 11, Opened: 8, Live: 1, Left: 3, Completed: 1, Cut: 1, Rejected: 1, Failed: 2, Controls: 2,
	}
	if got := Count(records); got != want {
		t.Errorf("Count = %+v\nwant    %+v", got, want)
	}
	if got := Count(nil); got != (Counts{}) {
		t.Errorf("Count of nothing = %+v", got)
	}
}

func TestRecordLive(t *testing.T) {
	for _, c := range []struct {
		record Record
		want   bool
	}{
		{Record{}, false},
		{Record{Connected: 1}, false},
		{Record{Connected: 1, Opened: 1}, true},
		{Record{Connected: 1, Opened: 1, End: Left}, false},
		{Record{End: Failed}, false},
	} {
		if c.record.Live() != c.want {
			t.Errorf("%+v: Live() = %v", c.record, !c.want)
		}
	}
}
