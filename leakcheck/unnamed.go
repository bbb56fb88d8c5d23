package leakcheck

import (
	"slices"

	"github.com/sse-tool/sse-tool/loadgen"
)

// unnamed finds the sessions of early streams that had left before they were told
// their ids: a list shows them as strangers. They are taken for the run's only
// where its own streams explain every stranger that there was at any time, so that
// nobody else is blamed.
func (j *judge) unnamed() {
	if !j.byID || j.blind[Sessions] || j.e.Server != nil || j.e.undecided(loadgen.Early) || j.tellsWhatWasSent() {
		return
	}
	tracks := j.tracks(Sessions)
	if slices.ContainsFunc(tracks, func(t Track) bool { return t.noise() != 0 }) {
		return
	}
	nameless, stayed, rest := 0, 0, 0
	for _, r := range sum(tracks).readings {
		strangers := j.e.newStrangers(r.At)
		may, allowed := j.nameless(r)
		if strangers > may {
			return
		}
		nameless = may // in the end only those that never were told
		rest = max(0, strangers-allowed)
		stayed = max(stayed, rest)
	}
	if stayed <= max(2, nameless/5) {
		return
	}
	for i := range j.report.Disconnects {
		if row := &j.report.Disconnects[i]; row.Name == loadgen.Early {
			j.rename(row, min(stayed, row.Reclaimed), rest)
		}
	}
	j.report.Findings = slices.DeleteFunc(j.report.Findings, func(f Finding) bool { return f.Code == Strangers })
}

// rename takes sessions that were held for reclaimed for what they are: stayed past
// their windows, of which rest are there still.
func (j *judge) rename(row *Row, stayed, rest int) {
	late := max(0, stayed-rest)
	row.Reclaimed -= stayed
	row.Leaked += stayed
	row.Late += late
	row.Reclaim = nil // when those came back that nobody can name is not known
	j.leaked += stayed
	j.late += late
}

// tellsWhatWasSent tells whether the list names streams by what they sent, or by
// their connections: what it did not show then was not there.
func (j *judge) tellsWhatWasSent() bool {
	tracks := j.tracks(Sessions)
	return slices.ContainsFunc(j.e.Records, func(r loadgen.Record) bool {
		return r.Session == "" && sighted(tracks, r.N).First != 0
	})
}

// nameless is how many streams may be listed, at a reading, under an id that they
// had not been told, and how many of them are allowed to be: those that had not
// left, or whose windows had not passed.
func (j *judge) nameless(at Reading) (may, allowed int) {
	for _, r := range j.e.Records {
		told := r.Session != "" && r.Opened < at.Sent
		if r.Connected == 0 || r.Connected > at.At || told {
			continue
		}
		may++
		if r.End == loadgen.Open || r.Ended+j.e.window(r) >= at.Sent {
			allowed++
		}
	}
	return may, allowed
}
