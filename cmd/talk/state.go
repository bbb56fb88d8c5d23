package talk

// State is where an answer stands.
type State string

const (
	Connecting   State = "connecting"   // the request is on its way
	Idle         State = "idle"         // connected, and no text comes: not yet, or not just now
	Streaming    State = "streaming"    // text comes
	Reconnecting State = "reconnecting" // the stream was lost, and the next attempt is waited for
	Done         State = "done"         // the answer is complete
	Left         State = "left"         // by Leave, Refresh or Close, or because the context ended
	Lost         State = "lost"         // the answer broke off, and does not go on
)

// Over tells whether nothing more can come.
func (s State) Over() bool { return s == Done || s == Left || s == Lost }
