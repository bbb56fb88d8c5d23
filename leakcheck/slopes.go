package leakcheck

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/sse-tool/sse-tool/loadgen"
)

// Slope is what the rounds left behind of a role that is judged by its growth:
// workers, descriptors or memory.
type Slope struct {
	Role   Role    `json:"role"`
	Rounds []Level `json:"rounds"`
	// PerSession is what a session held when most of them were there.
	PerSession float64 `json:"per_session"`
	// Least is the smallest growth with every round that would have been found.
	Least int `json:"least"`
}

// Level is where a role stood when the sessions of a round were back.
type Level struct {
	// Left is how many streams ended in the round.
	Left int `json:"left"`
	// Count is the lowest of the round's last readings.
	Count int `json:"count"`
	// Growth is by how much it is above that of the round before, or above the
	// baseline, but for what is held by sessions that are there.
	Growth int `json:"growth"`
}

// slope is one under way: the curves of the role and of the sessions.
type slope struct {
	e             *Evidence
	role          Role
	c, sessions   curve
	perSession    float64
	rose, against int // at the plateau, and the sessions that it rose with
	levels        []level
}

// level is a place on a slope: what a reading showed, and how much of it no session
// that was there holds.
type level struct {
	left, count int
	rest        float64
	swing       float64 // of the rest, between the last readings
}

// slopes judges the roles whose counts need not come back to where they were: only
// what grows with every round, and with the streams that ended in it, is a leak.
func (j *judge) slopes() {
	for _, role := range Roles() {
		tracks := j.tracks(role)
		if role.PerStream() || len(tracks) == 0 || len(j.e.Records) == 0 {
			continue
		}
		s := newSlope(j.e, role, sum(tracks), sum(j.tracks(Sessions)))
		if why, how := j.noSlope(role, tracks); why != "" {
			j.report.NotJudged = append(j.report.NotJudged, NotJudged{Name: string(role), Why: why, How: how})
			continue
		}
		told := s.told()
		j.report.Slopes = append(j.report.Slopes, told)
		switch why, how := s.doubt(told); {
		case s.grows(told):
			j.grown = true
			j.find(s.finding(told))
		case why != "":
			j.report.NotJudged = append(j.report.NotJudged, NotJudged{Name: string(role), Why: why, How: how})
		}
	}
}

// noSlope says why a role cannot be judged, whatever its readings are.
func (j *judge) noSlope(role Role, tracks []Track) (why, how string) {
	rounds := j.e.rounds()
	switch {
	case j.e.Interrupted != "" || j.e.Crashed != 0 || j.e.Restarted != 0 || j.unreachable() != 0:
		return "the run did not come to its end, or not with the same server", "run it again"
	case j.belowZero(Sessions):
		return "the count of sessions went below zero", countTheMap
	case j.belowZero(role):
		return "the probe gave numbers below zero, which count nothing", "give a figure that counts something"
	case j.blind[Sessions]:
		return "the probe of sessions did not show the streams", "give the probe of the server that serves them"
	case j.leaked > 0 || j.stuck > 0 || j.stray > 0:
		return fmt.Sprintf("sessions or their upstreams stay, and nobody can tell how much of %s is theirs", role), "run again when that is mended"
	case len(rounds) < SlopeRounds:
		return fmt.Sprintf("only what grows with every round is a leak of %s, and there %s", role, roundsOf(len(rounds))),
			fmt.Sprintf("go through more rounds: --rounds %d", SlopeRounds)
	case slices.ContainsFunc(tracks, func(t Track) bool { return t.Failing >= failingTooLong || len(t.Readings) == 0 }):
		return "the probe stopped answering", "give the probe a port or a thread of its own, so that it answers under load"
	}
	return "", ""
}

func roundsOf(n int) string {
	if n == 1 {
		return "was one round"
	}
	return fmt.Sprintf("were %d rounds", n)
}

// rounds are the waves that came to their end, by their round; a round that lacks
// one is left out.
func (e *Evidence) rounds() [][]int {
	var rounds [][]int
	for i, w := range e.waves() {
		if w.Round == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[w.Round] = append(rounds[w.Round], i)
	}
	for last := len(rounds) - 1; last > 0 && len(rounds[last]) < len(rounds[0]); last-- {
		rounds = rounds[:last]
	}
	return rounds
}

func newSlope(e *Evidence, role Role, c, sessions curve) *slope {
	s := &slope{e: e, role: role, c: c, sessions: sessions}
	s.weigh()
	for _, waves := range e.rounds() {
		s.levels = append(s.levels, s.level(waves[0], waves[len(waves)-1]))
	}
	return s
}

// held is how many sessions were there at a moment, whoever's: as many as were
// counted, or as there were streams that can have one. Those that left as no server can
// see are among these, where nobody knows when it has to miss them.
func (s *slope) held(at time.Duration) int {
	open := 0
	for _, r := range s.e.Records {
		there := r.End == loadgen.Open || r.Ended > at || (unseen(r) && s.e.undecided(way(r)))
		if r.Connected != 0 && r.Connected <= at && there {
			open++
		}
	}
	return max(s.sessions.at(at).Count, s.sessions.baseline+open)
}

// weigh finds out what a session holds: where the first wave's sessions were most.
func (s *slope) weigh() {
	w := s.e.waves()[0]
	for _, at := range s.moments(w.From, w.Until) {
		there, rose := s.sessions.at(at).Count-s.sessions.baseline, s.c.at(at).Count-s.c.baseline
		if there > s.against || (there == s.against && rose > s.rose) {
			s.against, s.rose = there, rose
		}
	}
	if s.against > 0 {
		s.perSession = max(0, float64(s.rose)/float64(s.against))
	}
}

// moments are the beginning of a time, and when something was read in it.
func (s *slope) moments(from, until time.Duration) []time.Duration {
	moments := []time.Duration{from}
	for _, c := range []curve{s.c, s.sessions} {
		for _, r := range c.readings {
			if r.At > from && r.At <= until {
				moments = append(moments, r.At)
			}
		}
	}
	return moments
}

// level is where the role stood at the end of some waves: at the lowest of the last
// readings, for others come and go, and garbage is collected now and then.
func (s *slope) level(from, until int) level {
	waves := s.e.waves()
	begin, end := waves[from].From, waves[until].Until
	l := level{left: s.ended(begin, end)}
	most := 0.0
	for i, at := range s.moments(end-settleTime(s.e.Poll), end) {
		n := s.c.at(at).Count
		rest := float64(n) - s.perSession*float64(s.held(at))
		if i == 0 || rest < l.rest {
			l.count, l.rest = n, rest
		}
		if i == 0 || rest > most {
			most = rest
		}
	}
	l.swing = most - l.rest
	return l
}

// ended is how many streams ended in a time, those among them that were to stay.
func (s *slope) ended(from, until time.Duration) int {
	n := 0
	for _, r := range s.e.Records {
		if r.Connected != 0 && r.End != loadgen.Open && r.Ended > from && r.Ended <= until {
			n++
		}
	}
	return n
}

// told is the slope as reports have it.
func (s *slope) told() Slope {
	told := Slope{Role: s.role, PerSession: s.perSession, Least: s.least(s.levels)}
	for i, l := range s.levels {
		told.Rounds = append(told.Rounds, Level{Left: l.left, Count: l.count, Growth: int(l.rest - s.before(s.levels, i))})
	}
	return told
}

// before is the rest that level i has grown from.
func (s *slope) before(levels []level, i int) float64 {
	if i > 0 {
		return levels[i-1].rest
	}
	return float64(s.c.baseline) - s.perSession*float64(s.sessions.baseline)
}

const (
	// fewestGrown is how many workers or descriptors may come with every round, and a
	// twentieth of the streams: threads of a pool, connections that are kept.
	fewestGrown = 5
	fewestOf    = 20
	fewestByte  = 1 << 10 // a stream
	// uneven is how many times as much a round may grow as another, stream by stream.
	uneven = 3
)

// least is the growth with each round from which on it is none by chance. What memory
// is in use nobody knows: it is as much as its count has swung in the first round, garbage
// and all. Only growth that comes to more than that in the rounds behind is beyond it.
func (s *slope) least(levels []level) int {
	left, swing := 0, 0.0
	for _, l := range levels {
		left, swing = max(left, l.left), max(swing, l.swing)
	}
	if s.role != Memory {
		return max(fewestGrown, left/fewestOf, int(swing)+1, s.c.noise+1)
	}
	rounds := s.e.rounds()
	w := s.e.waves()[rounds[0][len(rounds[0])-1]]
	low, high := s.c.baseline-s.c.noise, s.c.baseline
	for _, r := range s.c.readings {
		if r.At <= w.Until {
			low, high = min(low, r.Count), max(high, r.Count)
		}
	}
	return max(fewestByte*left, (high-low)/max(1, len(levels)-1))
}

// grows tells whether a slope goes up with every round, and with its streams.
func (s *slope) grows(told Slope) bool {
	low, high := 0.0, 0.0
	for i, l := range told.Rounds {
		if l.Growth < told.Least || l.Left == 0 {
			return false
		}
		if i == 0 {
			continue // what a first round takes besides stays
		}
		each := float64(l.Growth) / float64(l.Left)
		if low == 0 || each < low {
			low = each
		}
		high = max(high, each)
	}
	return high <= uneven*low
}

// enoughRisen is how much of a role has to come with a stream for its probe to have seen
// it.
var enoughRisen = map[Role]float64{Workers: 0.5, Descriptors: 0.5, Memory: 256}

// doubt says why a slope that does not go up proves nothing.
func (s *slope) doubt(told Slope) (why, how string) {
	left := told.Rounds[len(told.Rounds)-1].Left
	switch {
	case s.perSession < enoughRisen[s.role]:
		return fmt.Sprintf("with %s the probe rose by %s: it looks at something else, or here a stream takes none of them", count(s.against, "session"), amount(s.role, s.rose)),
			fmt.Sprintf("give the probe of the process that serves the streams; if it is, streams take no %s of their own there", s.role)
	case s.role != Memory && told.Least > left:
		return fmt.Sprintf("of so few streams, or with so many others, not even one %s a stream that stays can be seen: from %s a round on it can",
			strings.TrimSuffix(string(s.role), "s"), amount(s.role, told.Least)), fmt.Sprintf("take more streams: -n %d", 2*told.Least)
	}
	return "", ""
}

// amount writes a count as its role has it.
func amount(r Role, n int) string {
	switch {
	case r == Memory && n < 0:
		return "-" + humanize.IBytes(uint64(-n))
	case r == Memory:
		return humanize.IBytes(uint64(n))
	default:
		return thousands(n)
	}
}

// lost is what each role's growth is consistent with.
var lost = map[Role]Finding{
	Workers: {
		Code:    WorkerLeak,
		Summary: "sessions come back, workers do not: consistent with a timer, a thread or a goroutine of each session that outlives it",
		Hint:    "end with the session whatever runs for it: stop its timer, shut its scheduler down, cancel its subscriptions; goroutines:URL names where they wait",
	},
	Descriptors: {
		Code:    FDLeak,
		Summary: "sessions come back, descriptors do not: consistent with a connection or a file of each session that is never closed",
		Hint:    "close with the session whatever was opened for it: its connection, a second one that was taken to look at it, its files and pipes",
	},
	Memory: {
		Code:    MemoryLeak,
		Summary: "sessions come back, memory does not: consistent with buffers or objects of each session that something still refers to",
		Hint:    "let go with the session whatever was kept for it: its history, its buffers, its entries in other maps; a heap profile after the run names them",
	},
}

func (s *slope) finding(told Slope) Finding {
	f := lost[s.role]
	f.Severity, f.Role = SeverityError, s.role
	growth, left := make([]string, len(told.Rounds)), make([]string, len(told.Rounds))
	for i, l := range told.Rounds {
		growth[i], left[i] = "+"+amount(s.role, l.Growth), thousands(l.Left)
	}
	f.Evidence = fmt.Sprintf("%s %s after %s streams, all sessions back", strings.Join(growth, ", "), s.role, strings.Join(left, ", "))
	if guilty, apart := s.ways(); apart && len(guilty) > 0 {
		f.Disconnects = guilty
	}
	return f
}

// ways are those after which the role grew, in every round; apart is false where
// several ways left in one wave, and nobody can tell.
func (s *slope) ways() (guilty []loadgen.Disconnect, apart bool) {
	levels := map[loadgen.Disconnect][]level{}
	before := s.before(s.levels, 0)
	for i := range s.e.waves() {
		left := leftIn(s.e, s.e.inWave(i))
		if len(left) > 1 {
			return nil, false
		}
		l := s.level(i, i)
		grown := l
		grown.rest -= before
		before = l.rest
		if len(left) == 1 {
			levels[left[0].Name] = append(levels[left[0].Name], grown)
		}
	}
	for _, d := range loadgen.Disconnects() {
		least := float64(s.least(levels[d]))
		if len(levels[d]) > 0 && !slices.ContainsFunc(levels[d], func(l level) bool { return l.rest < least }) {
			guilty = append(guilty, d)
		}
	}
	return guilty, true
}
