package leakcheck

import (
	"cmp"
	"slices"
	"time"

	"github.com/sse-tool/sse-tool/loadgen"
)

// curve is the count of one role over time: the sum of all its tracks, as
// replicas add up.
type curve struct {
	baseline, noise int
	before          int // the warm-up
	readings        []Reading
	alone           bool // strangers are taken off already
	crowd           int  // how many they were at the most
	// drifts is what is taken off, from a moment on.
	drifts drift
	from   time.Duration
	// What is worked out when it is asked for: the others' noise, and when the streams
	// came and went.
	heard *heard
	times *times
}

// sum adds the tracks of a role up: at each reading the newest count of every
// track. It starts when every track has been read.
func sum(tracks []Track) curve {
	c := curve{heard: &heard{ebbs: map[int]ebb{}}, times: &times{}}
	type read struct {
		track int
		Reading
	}
	var all []read
	for i, t := range tracks {
		c.baseline += t.Baseline
		c.noise += t.noise()
		c.before += t.Before
		for _, r := range t.Readings {
			all = append(all, read{i, r})
		}
	}
	slices.SortStableFunc(all, func(a, b read) int { return cmp.Compare(a.At, b.At) })
	newest := make([]*Reading, len(tracks))
	for _, r := range all {
		newest[r.track] = &r.Reading
		if slices.Contains(newest, nil) {
			continue
		}
		total := Reading{Sent: r.Sent, At: r.At, Output: &Output{Direct: true}}
		for _, n := range newest {
			total.Count += n.Count
			total.Output = total.Output.plus(n.Output)
		}
		c.readings = append(c.readings, total)
	}
	return c
}

// peak is the highest count.
func (c curve) peak() int {
	peak := 0
	for _, r := range c.readings {
		peak = max(peak, r.Count)
	}
	return peak
}

// last is the newest reading; the zero reading where there is none.
func (c curve) last() Reading { return Track{Readings: c.readings}.last() }

// excess is how far a reading is above everything that may be there: what was
// before the run, the strangers that came since, and the streams that had
// connected when the answer came, less those whose windows had passed when it was
// asked for.
func (c curve) excess(r Reading, e *Evidence) int {
	came, passed := c.timesOf(e).by(r)
	return r.Count - c.drifted(r.At) - c.baseline - c.strangers(e, r) - came + passed
}

// strangers are those of a reading that came since the run began, as far as they are
// known.
func (c curve) strangers(e *Evidence, r Reading) int {
	if c.alone {
		return 0
	}
	return e.newStrangers(r.At)
}

// newStrangers is how many sessions of others had come by a moment, where a list
// of ids tells.
func (e *Evidence) newStrangers(at time.Duration) int {
	most := 0
	for _, t := range e.Tracks {
		if t.Role != Sessions || !t.byID() {
			continue
		}
		now := 0
		for _, r := range t.Readings {
			if r.At > at {
				break
			}
			now = r.Strangers
		}
		most += max(0, now-t.Baseline)
	}
	return most
}

// firstEnded is when the first stream ended; zero where none has.
func firstEnded(records []loadgen.Record) time.Duration {
	var first time.Duration
	for _, r := range records {
		if r.End != loadgen.Open && (first == 0 || r.Ended < first) {
			first = r.Ended
		}
	}
	return first
}

// at is the newest reading at a moment; the zero reading where there is none.
func (c curve) at(moment time.Duration) Reading {
	i := c.after(moment)
	if i == 0 {
		return Reading{}
	}
	return c.readings[i-1]
}

// after is the number of the first reading that came after a moment.
func (c curve) after(moment time.Duration) int {
	i, _ := slices.BinarySearchFunc(c.readings, moment+1, func(r Reading, at time.Duration) int { return cmp.Compare(r.At, at) })
	return i
}

// ebb is what became of a wave's sessions by their number. Nobody can tell which
// is whose.
type ebb struct {
	// leaked is how many were there after their windows at the worst moment, late how
	// many of them came back while the wave was watched. doubtful says that they may
	// be others': of controls that ended in its time, or of earlier waves.
	leaked, late int
	doubtful     bool
	// remaining is how many the wave's last reading shows above what was there before
	// it and the streams that were open then, whatever their windows.
	remaining int
	// read says that a reading came after the last stream had left.
	read bool
}

// ebb is what became of wave i. A curve works it out once.
func (c curve) ebb(e *Evidence, i int) ebb {
	if c.heard == nil {
		return c.judge(e, i)
	}
	b, known := c.heard.ebbs[i]
	if !known {
		b = c.judge(e, i)
		c.heard.ebbs[i] = b
	}
	return b
}

// judge judges wave i. What was there past its window when the first of the wave's
// streams left was left by those before it.
func (c curve) judge(e *Evidence, i int) ebb {
	if n := c.others(e); n.margin > 0 {
		return c.among(n, e, i).ebb(i)
	}
	w, streams := e.waves()[i], e.inWave(i)
	past := func(r Reading) int { return c.excess(r, e) }
	carried, stayed := 0, 0
	if i > 0 {
		carried, stayed = max(0, past(c.at(firstEnded(streams)))), max(0, c.unclaimed(c.at(w.From), e))
	}
	last := c.at(w.Until)
	b := ebb{remaining: max(0, c.unclaimed(last, e)-stayed), read: last.Sent > lastLeft(streams)}
	certain := false // that not all of them are controls'
	for _, r := range c.readings {
		if r.Sent >= firstEnded(streams) && r.At <= w.Until {
			b.leaked = max(b.leaked, past(r)-carried)
			certain = certain || past(r)-carried > c.timesOf(e).controlsEnded(w.From, r.At)
		}
	}
	b.doubtful = (b.leaked > 0 && !certain) || c.swapped(e, i, carried, max(0, past(last)), 0)
	if b.leaked > 0 {
		b.late = b.leaked - min(b.leaked, max(0, past(last)-carried))
	}
	return b
}

// warmUp is how many of what was there before the run may be the warm-up's, and the stream's
// that tried the target; zero where all of that was back.
func (c curve) warmUp(e *Evidence) int {
	if e.WarmUpStayed == 0 || c.alone {
		return 0
	}
	return min(e.WarmUpStayed, max(0, c.baseline-c.before)) + min(tried, c.before)
}

// warmUpIn is how many of a wave's sessions may be there in the place of the warm-up's, which
// went meanwhile: none where nothing stayed, nor fell below what was there before the run.
func (c curve) warmUpIn(e *Evidence, b ebb) int {
	warm := c.warmUp(e)
	if warm == 0 || b.leaked > 0 {
		return warm
	}
	for _, calm := range e.calm() {
		lowest, _ := bounds(func(r Reading) int { return c.unclaimed(r, e) }, c.between(calm.from, calm.until, e.Poll))
		if lowest < 0 {
			return warm
		}
	}
	return 0
}

// timeoutSeen is the server's timeout as it tells it, or else the age of the youngest
// control that was ended; zero where none was.
func (e *Evidence) timeoutSeen() time.Duration {
	seen := e.limits().Timeout
	if seen != 0 {
		return seen
	}
	for _, r := range e.Records {
		if age := r.Ended - r.Connected; r.Control() && (r.End == loadgen.Completed || r.End == loadgen.Cut) && (seen == 0 || age < seen) {
			seen = age
		}
	}
	return seen
}

// overdue adds up what every wave left after its windows.
func (c curve) overdue(e *Evidence) (leaked, late int) {
	for i := range e.waves() {
		b := c.ebb(e, i)
		leaked += b.leaked
		late += b.late
	}
	return leaked, late
}

// reclaims matches the streams of wave i that left with falls of the count, first
// come first served: the time of each, as far as they are back. What stays, and what
// earlier waves left, is no part of it.
// Where others come and go nobody can tell.
func (c curve) reclaims(e *Evidence, i int) []time.Duration {
	if c.others(e).margin > 0 {
		return nil
	}
	w, before := e.waves()[i], Reading{Count: c.baseline}
	if i > 0 {
		before = c.at(w.From)
	}
	left := before.Count - staying(e.Records, before)
	var came, ended []time.Duration
	for _, rec := range e.inWave(i) {
		if rec.Connected != 0 && !rec.Control() {
			came = append(came, rec.Connected)
		}
		if gone(rec) && !rec.Control() {
			ended = append(ended, rec.Ended)
		}
	}
	slices.Sort(came)
	slices.Sort(ended)
	var times []time.Duration
	for n, r := range c.readings {
		if r.At < w.From || r.At > w.Until {
			continue
		}
		by, _ := slices.BinarySearch(came, r.At+1)
		back := min(by-(r.Count-left-staying(e.Records, r)), len(ended))
		for len(times) < back && ended[len(times)] <= r.At { // else the count is behind the streams that come
			end, at := ended[len(times)], r.At
			if n > 0 && c.readings[n-1].Count == r.Count { // one that said the same came a poll after its end, and was not kept
				at = min(at, max(end, c.readings[n-1].At)+e.Poll+r.At-r.Sent)
			}
			times = append(times, at-end)
		}
	}
	return times
}

// staying is how many of the streams that stay may be counted by a reading.
func staying(records []loadgen.Record, r Reading) int {
	n := 0
	for _, rec := range records {
		if rec.Control() && rec.Connected != 0 && rec.Connected <= r.At && (rec.End == loadgen.Open || rec.Ended > r.Sent) {
			n++
		}
	}
	return n
}

// mostLive is the highest number of streams that were open at one moment,
// controls among them. Early ones leave before anybody can look, and a refreshed page's
// successor may open a moment before the old one has closed.
func mostLive(records []loadgen.Record) int {
	var steps []step
	for _, r := range records {
		if r.Opened == 0 || r.Disconnect == loadgen.Early || r.Succeeds != "" {
			continue
		}
		steps = append(steps, step{r.Opened, 1})
		if r.End != loadgen.Open {
			steps = append(steps, step{r.Ended, -1})
		}
	}
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by))
	})
	now, most := 0, 0
	for _, s := range steps {
		now += s.by
		most = max(most, now)
	}
	return most
}
