package loadgen

import (
	"cmp"
	"time"
)

// End is how a stream ended.
type End string

// The ends of a stream.
const (
	// Open is the end that has not come: the stream is opening or open.
	Open End = ""
	// Left is a stream that left in the way it was to leave.
	Left End = "left"
	// Completed is a stream that the server ended whole: the reply was through.
	// A stream that was to leave otherwise and was not there any more at its
	// time has completed too.
	Completed End = "completed"
	// Cut is a stream that broke before its time, and not by us.
	Cut End = "cut"
	// Rejected is a stream whose request was answered by something else than an
	// event stream.
	Rejected End = "rejected"
	// Failed is a stream that we could not open or lost ourselves.
	Failed End = "failed"
	// Untried is a stream that could not leave in its way: it was to complete and its
	// answer did not end, or to stall and too little came.
	Untried End = "untried"
	// Released is a stream that stayed until the load was released.
	Released End = "released"
)

// Ends returns all of them.
func Ends() []End { return []End{Open, Left, Completed, Cut, Rejected, Failed, Untried, Released} }

// Record is what is known of one stream: plain values, fit to be stored and
// judged later. Moments count from the load's start; zero is a moment that has
// not come.
type Record struct {
	// N is the stream's number; a control that was opened again has a new one.
	N int `json:"n"`
	// ID is the tag that was sent as X-Stream-Id.
	ID string `json:"id"`
	// Session is the session's id as [SessionFrom] has it; empty where nothing told
	// one.
	Session string `json:"session,omitempty"`
	// As is the number of the stream in whose place this one opened, as a successor
	// or a control that opens again does; else its own.
	As int `json:"as"`
	// Disconnect is the way the stream is to leave; empty for a control.
	Disconnect Disconnect `json:"disconnect,omitempty"`

	// Succeeds is the id of the stream that this one replaces after a refresh,
	// empty for all others. A successor stays, as a control does.
	Succeeds string `json:"succeeds,omitempty"`
	// HungUp says that the server ended a half-closed stream before its client
	// closed it, ServedOn that it did not; both are false for other ways.
	HungUp   bool `json:"hung_up,omitempty"`
	ServedOn bool `json:"served_on,omitempty"`

	// Unsaid says of a stream that was to complete, and did, that its answer was
	// whole and no event told a client that it was done; LastID is then the id that
	// an EventSource would send as Last-Event-ID. Of answers that are said to be done
	// in words of the server's own, by a last event with another name than the one
	// before it, it is false, too.
	Unsaid bool   `json:"unsaid,omitempty"`
	LastID string `json:"last_id,omitempty"`

	// Due is when the stream should have opened.
	Due time.Duration `json:"due"`
	// Connected is when the connection was there, TLS included.
	Connected time.Duration `json:"connected,omitempty"`
	// Opened is when the head of an event stream had arrived.
	Opened time.Duration `json:"opened,omitempty"`
	// FirstEvent is when the first event had arrived; comments do not count.
	FirstEvent time.Duration `json:"first_event,omitempty"`
	// Heard is when the last byte had come; filled in when the stream ends.
	Heard time.Duration `json:"heard,omitempty"`
	// Ended is when the stream left, or its end was seen.
	Ended time.Duration `json:"ended,omitempty"`
	// Dropped is when the server ended a stream that had left by overstaying; zero
	// where it did not.
	Dropped time.Duration `json:"dropped,omitempty"`
	// End is how it ended.
	End End `json:"end,omitempty"`

	// Status is the response's status code; zero where none came.
	Status int `json:"status,omitempty"`
	// Err says in words what went wrong, in 500 bytes or so; empty where nothing did.
	Err string `json:"err,omitempty"`

	// Events, Comments and Bytes count what came; Bytes are those of the whole
	// response. They are filled in when the stream ends.
	Events   int   `json:"events,omitempty"`
	Comments int   `json:"comments,omitempty"`
	Bytes    int64 `json:"bytes,omitempty"`
}

// Control tells whether the record is of a stream that stays, successors
// included.
func (r Record) Control() bool { return r.Disconnect == "" }

// caller is who asks: a successor asks for what its predecessor asked for.
func (r Record) caller() caller {
	return caller{tag: r.ID, id: cmp.Or(r.Succeeds, r.ID), n: r.As}
}

// asks is the way whose shape the request has: a successor's is that of the
// refresh.
func (r Record) asks() Disconnect {
	if r.Succeeds != "" {
		return Refresh
	}
	return r.Disconnect
}

// Live tells whether the stream was open at the last look.
func (r Record) Live() bool { return r.Opened != 0 && r.End == Open }

// Counts sums up where the streams of a load are; controls are apart.
type Counts struct {
	Planned, Opened, Live, Left, Completed, Cut, Rejected, Failed, Untried int
	Controls                                                               int
}

// Count sums up records.
func Count(records []Record) Counts {
	var c Counts
	for _, r := range records {
		if r.Control() {
			if r.Live() {
				c.Controls++
			}
			continue
		}
		c.Planned++
		if r.Opened != 0 || (r.Disconnect == Early && r.End == Left) {
			c.Opened++
		}
		switch r.End {
		case Open:
			if r.Live() {
				c.Live++
			}
		case Left:
			c.Left++
		case Completed:
			c.Completed++
		case Cut:
			c.Cut++
		case Rejected:
			c.Rejected++
		case Failed:
			c.Failed++
		case Untried:
			c.Untried++
		case Released:
		}
	}
	return c
}
