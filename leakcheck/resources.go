package leakcheck

import "fmt"

// probes finds readings on which no verdict can stand: a probe that did not
// rise with the streams, that ended below where it began, or that did not
// answer when it mattered.
func (j *judge) probes() {
	if j.e.Crashed != 0 {
		return
	}
	for _, role := range Roles() {
		tracks := j.tracks(role)
		if len(tracks) == 0 {
			continue
		}
		j.silent(tracks)
		if role == Sessions && j.byID {
			j.blindToIDs(tracks)
		} else {
			j.blindToCount(role, tracks)
		}
	}
}

// failingTooLong is how many readings in a row may fail at the end of a run.
const failingTooLong = 3

func (j *judge) silent(tracks []Track) {
	for _, t := range tracks {
		if t.Failing < failingTooLong {
			continue
		}
		j.find(Finding{
			Code: ProbeFailed, Severity: SeverityError,
			Summary:  fmt.Sprintf("probe %s stopped answering: nothing is known of what came then", t.Name),
			Evidence: fmt.Sprintf("%s failed in a row, the last with: %s", count(t.Failing, "reading"), t.LastError),
			Hint:     "give the probe a port or a thread of its own, so that it answers under load",
		})
	}
}

// blindToIDs holds the ids that were listed against the streams that were open
// throughout a reading.
func (j *judge) blindToIDs(tracks []Track) {
	seen, open := 0, 0
	for _, r := range j.e.Records {
		listed, missed := false, true
		for _, t := range tracks {
			s := t.sighting(r.N)
			listed = listed || s.First != 0
			missed = missed && s.Missed
		}
		if listed {
			seen++
		}
		if listed || missed {
			open++
		}
	}
	if float64(seen) < enoughSeen*float64(open) {
		j.isBlind(Sessions, fmt.Sprintf("of %s that were open it listed %s", count(open, "stream"), thousands(seen)))
	}
}

// blindToCount holds the rise of a count against the streams that were open at
// its plateau.
func (j *judge) blindToCount(role Role, tracks []Track) {
	c := sum(tracks)
	open, plateau, before := 0, 0, 0
	for _, t := range tracks {
		open = max(open, t.PlateauOpen)
		plateau += t.Plateau
		before += min(t.Before, t.Low)
	}
	switch {
	case open == 0 && j.report.Streams.Opened == 0: // there was nothing to see
		return
	case open == 0:
		j.isBlind(role, "no reading came while a stream was open")
		return
	case float64(plateau-before) < enoughSeen*float64(open):
		j.isBlind(role, fmt.Sprintf("with %s open it read %s, %s before",
			count(open, "stream"), thousands(plateau), thousands(before)))
		return
	}
	j.warmUp(role)
	if end := c.last().Count; end < before {
		j.find(Finding{
			Code: BelowBaseline, Severity: SeverityError,
			Summary:  fmt.Sprintf("%s ended below where they began: other clients left during the run, or the count is wrong", role),
			Evidence: fmt.Sprintf("%s at the end, %s before", thousands(end), thousands(before)),
			Hint:     "run when nobody else does, or give a probe that lists ids",
		})
	}
}

// warmUp tells when the warm-up's sessions make a baseline that counts them
// worthless: they may go at any time, and a leak would hide in their place.
func (j *judge) warmUp(role Role) {
	if role != Sessions || j.e.WarmUpStayed == 0 {
		return
	}
	j.find(Finding{
		Code: WarmUpStayed, Severity: SeverityError,
		Summary:  "sessions of the warm-up stayed past the window: the count before the run is not to be trusted",
		Evidence: fmt.Sprintf("%s more than before the warm-up", count(j.e.WarmUpStayed, "session")),
		Hint:     "run when nobody else does, give a longer --window, or a probe that lists ids",
	})
}

func (j *judge) isBlind(role Role, evidence string) {
	j.blind[role] = true
	j.find(Finding{
		Code: ProbeBlind, Severity: SeverityError,
		Summary:  fmt.Sprintf("probe %s did not rise with the streams: it looks at something else, or at one of several workers", role),
		Evidence: evidence,
		Hint:     "give the probe of the server that serves the streams, one --probe for each worker or replica",
	})
}

// sessions judges what became of the sessions, by id where it can.
func (j *judge) sessions() {
	tracks := j.tracks(Sessions)
	if j.byID {
		j.report.Disconnects = rowsByID(j.e, tracks)
		for _, row := range j.report.Disconnects {
			j.leaked += row.Leaked
			j.late += row.Late
		}
		return
	}
	c := sum(tracks)
	j.report.Disconnects, j.leaked, j.late = rowsByCount(j.e, c, j.blind[Sessions])
}

// upstreams judges what remained of the generations.
func (j *judge) upstreams() {
	tracks := j.tracks(Upstreams)
	if len(tracks) == 0 || j.blind[Upstreams] {
		return
	}
	j.stuck, _ = sum(tracks).overdue(j.e)
}
