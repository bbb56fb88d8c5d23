package loadgen

// An engine carries the streams of a load. It tells the load of every stream's
// changes by [Load.publish].
type engine interface {
	// open begins a stream and returns at once.
	open(Slot)
	// stop asks every stream that is still there to end now, without waiting.
	// Nothing is opened after it.
	stop()
	// wait returns when no stream is left.
	wait()
}
