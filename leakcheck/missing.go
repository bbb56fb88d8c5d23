package leakcheck

import (
	"fmt"

	"github.com/sse-tool/sse-tool/loadgen"
)

// missing is how many sessions of live streams a count lacks when the last of the waves
// in which pages were refreshed, and nothing else left, is over: others can only add to it,
// so their successors' are gone. Zero where sessions are listed, or where none is missing.
func (j *judge) missing() int {
	if j.byID || j.blind[Sessions] || j.e.Restarted != 0 {
		return 0
	}
	c, most := sum(j.tracks(Sessions)), 0
	for i, w := range j.e.waves() {
		left := leftIn(j.e, j.e.inWave(i))
		last := c.at(w.Until)
		if len(left) != 1 || left[0].Name != loadgen.Refresh || last.Sent <= lastLeft(j.e.inWave(i)) {
			continue
		}
		open := openDuring(j.e.Records, last)
		if float64(last.Count) < enoughSeen*float64(open) {
			most = max(most, open-last.Count)
		}
	}
	return most
}

// findMissing tells of successors that a count lacks.
func (j *judge) findMissing(n int) {
	if n == 0 {
		return
	}
	j.find(Finding{
		Code: RefreshKillsSuccessor, Severity: SeverityError, Disconnects: []loadgen.Disconnect{loadgen.Refresh},
		Summary: fmt.Sprintf("after pages were refreshed the count is lower than the streams that are open, by %s: consistent with an old stream's late clean-up that removes by key, without a look at whose entry it is",
			count(n, "session")),
		Evidence: fmt.Sprintf("%s are open at the client and not counted; leaks of as many in other ways are hidden", count(n, "stream")),
		Hint:     "remove an entry only if it is still your own: compare and delete",
	})
}

// openDuring is how many streams were open from before a reading was asked for until it
// had come.
func openDuring(records []loadgen.Record, r Reading) int {
	open := 0
	for _, rec := range records {
		if rec.Opened != 0 && rec.Opened < r.Sent && (rec.Live() || (rec.End != loadgen.Open && rec.Ended > r.At)) {
			open++
		}
	}
	return open
}
