// Package client reads Server-Sent Events: one stream, from the bytes of its connection to its events.
//
// # Push machines
//
// Bytes are pushed in and results come out at a handler. Nothing here reads, waits, starts a goroutine or knows a
// socket, so the same machines serve one stream or fifteen thousand on one shared buffer.
//
//	connection ──bytes──▶ Response ──body──▶ Parser ──▶ Handler.Event, Comment, Retry
//	                          └──▶ Head
//	           └──────────── Decoder ────────────┘
//
// [Decoder] is what most callers want: the two others in one struct of 120 bytes. [Response] reads one HTTP/1.1
// response: status line, header fields, and the body by chunked coding, Content-Length, or until the connection's
// end. [Parser] turns body bytes, from wherever they come, into events as the HTML standard defines it (section 9.2),
// with any division into chunks giving the same events.
//
// # What a caller can rely on
//
// The zero value of each machine is ready; limits have defaults. A machine is for one goroutine at a time and holds no
// reference to what it was fed: slices handed out are part of the chunk or of a borrowed buffer, and are valid only
// during the handler's call. Between two events a machine holds its few words and the last event ID, and an event
// costs no allocation. Errors are final.
//
// # How a stream ends
//
// Call End when the connection has ended. It tells an answer that was complete from one that was cut, as far as the
// server's framing can tell; Parser.Pending tells whether an event was cut. A partial event is never dispatched, and
// its id does not count for LastEventID. [CheckHead] and [RefusedError] are for answers that are no event stream.
package client
