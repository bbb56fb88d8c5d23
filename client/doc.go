// Package client reads Server-Sent Events: one stream, from dial to event.
//
// [Open] opens one stream and gives what comes over it, item by item. [Follow] keeps one alive: it opens the stream anew
// whenever it is lost, with the last event ID. Both read HTTP/1.1 and HTTP/2, by net/http, and are what most programs
// want:
//
//	s, err := client.Open(ctx, client.Config{URL: url})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	for e, err := range s.Events() {
//		...
//	}
//
// Items gives comments, reconnection times and, of Follow, each loss of the stream and the wait that follows, all with
// the time of their arrival. [Config] says what is asked for and within which limits.
//
// # Where the standard leaves a choice
//
// HTML 9.2.2 and 9.2.3 decide what an answer has to be, when a stream is opened anew and when not. Beyond them: an event
// may have 16 MiB; gzip is asked for and undone, each flush of the server at once; a redirect to another origin takes
// only fields along that are no secret, and a reconnection begins at the first URL again; an id with a control character
// in it, which net/http does not send, is left out of the next request; a certificate that does not hold ends Follow,
// but a server that cannot be reached does not, at the first attempt as little as later: whoever wants to give up
// early sees a KindReconnect that no KindOpen came before.
//
// # Chat answers
//
// A [Dialect] builds the request for a chat answer from a [Conversation]; its [Answer] reads the stream's events as text,
// usage, the end, or what the server says went wrong.
//
// # Push machines
//
// Below that, bytes are pushed in and results come out at a handler. Nothing there reads, waits, starts a goroutine or
// knows a socket, so the same machines serve one stream or fifteen thousand on one shared buffer.
//
//	connection ──bytes──▶ Response ──body──▶ Parser ──▶ Handler.Event, Comment, Retry
//	                          └──▶ Head
//	           └──────────── Decoder ────────────┘
//
// [Decoder] is the two others in one struct of 120 bytes. [Response] reads one HTTP/1.1 response: status line, header
// fields, and the body by chunked coding, Content-Length, or until the connection's end. [Parser] turns body bytes, from
// wherever they come, into events as the HTML standard defines it (section 9.2), with any division into chunks giving
// the same events.
//
// # What a caller of the machines can rely on
//
// The zero value of each machine is ready; limits have defaults. A machine is for one goroutine at a time and holds no
// reference to what it was fed: slices handed out are part of the chunk or of a borrowed buffer, and are valid only
// during the handler's call. Between two events a machine holds its few words and the last event ID, and an event
// costs no allocation. Errors are final.
//
// # Speed
//
// A [Parser] beside two other packages, on 1,000 events in memory, in ns an event; the best of the five runs of
//
//	go test -run '^$' -bench Peers -count 5 ./client
//
// on 2 cores of an AMD EPYC, Linux 6.18, Go 1.26:
//
//	                          Parser   tmaxmax/go-sse v0.12.0   r3labs/sse v2.10.0
//	25 bytes, data alone        27              119                    1,550
//	72 bytes, three fields      68              295                    1,990
//	the same, CRLF              66              231                    4,310
//
// The others hand out copies, two to seven allocations an event; a Handler that keeps what it sees has to copy too.
// r3labs/sse is read by way of its client, with a transport that answers from memory, for it exports no parser.
//
// # How a stream ends
//
// Call End when the connection has ended. It tells an answer that was complete from one that was cut, as far as the
// server's framing can tell; Parser.Pending tells whether an event was cut. A partial event is never dispatched, and
// its id does not count for LastEventID. [CheckHead] and [RefusedError] are for answers that are no event stream.
package client
