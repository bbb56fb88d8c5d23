// Package server is the reference SSE chat server: what a server has to do so
// that no session outlives its client, in code that is short enough to read.
//
// A session (session.go) is what the server keeps for a stream: an entry in a
// map, a timer, an upstream that generates tokens, a connection. Its life is
// the same whatever door its client came through: Server.converse
// (conversation.go) opens it, has a door tell its client, and gives it back. A
// door is how that is written: an event stream for EventSource (chat.go), a
// completion in the OpenAI dialect, streamed (chunks.go) or not (whole.go), a
// WebSocket (websocket.go).
//
// Clients leave in nine ways, and five defences give every session back
// (docs/defences.md links to each of their lines):
//
//  1. A timeout that is not zero. newSession (session.go) has a timer end
//     each stream's context. It is all that helps against a peer that goes on
//     acknowledging for a client that has gone.
//
//  2. Release on every end. Server.converse (conversation.go) defers
//     manager.finish (manager.go), so completion, timeout, a disconnect, a
//     failed write and a panic take the same way out. Disconnects are noticed
//     at once, because the stream's context is made from the request's, which
//     net/http cancels when it reads the end of the connection. It reads only
//     when the body was read, so a completion's is read first (openai.go); of a
//     connection that was upgraded it reads nothing, so socket.read
//     (websocket.go) does.
//
//  3. A heartbeat, and a bound on how long it may stay unacknowledged.
//     conversation.run (conversation.go) has the door write one after a
//     silence: a comment, a line feed before a JSON object, a ping. tune
//     (socket_linux.go) sets TCP_USER_TIMEOUT, which ends a connection whose
//     peer has vanished or has kept its window shut; writer.write (writer.go)
//     gives each write a deadline, and socket.heartbeat (websocket.go) each
//     pong.
//
//  4. A release that releases everything. manager.release (manager.go)
//     removes the entry and cancels the context that stream, timer and
//     upstream share; finish waits until the upstream has stopped; newWriter
//     (writer.go) lets the end of the context cut a blocked write short; and
//     the connection closes with its stream (closeAfter in chat.go,
//     socket.close).
//
//  5. A sweep by last activity, compare-and-delete. manager.sweep (sweep.go)
//     ends what gave no sign of its client for a while, whatever its age;
//     activity (activity.go) takes for a sign what the client's kernel
//     acknowledged, or a pong, never what we wrote. manager.release removes an
//     entry only if it is still this very session's: after a refresh it is not.
//
// # Resuming
//
// A client whose stream was lost comes back with Last-Event-ID. The newest
// tokens of its reply (reply.go) are kept for a grace period (replies.go), in
// bounded memory and without a session or an upstream; what follows them is
// generated anew where the upstream can do that (Resumer, resume.go). An
// EventSource that has everything is answered 204, on which it stops asking.
//
// # Who may do what
//
// The page (page.go) and the chat are for everybody who reaches the server.
// The sessions of all (status.go), the feed of those that open and close
// (feed.go), and the metrics (metrics.go) are for this machine, or else for who
// sends the admin token (admin.go). The address of a client is that of its connection
// unless a trusted proxy tells another (address.go). Pages of other sites may
// chat only if their origin is allowed (cors.go). How many sessions there may be
// is decided under the lock under which they open (capacity.go), and a server
// that is told to stop opens none, and says when to come back (drain.go).
//
// A watcher of the feed is no session, and has the same defences (watcher.go).
//
// Over HTTP/2 (protocol.go) the socket options bound the connection, and a
// write's deadline bounds one stream. The sign of a client is then what its
// kernel acknowledged of all streams of the connection.
//
// # Reading on
//
// Server.Serve (server.go) puts it together. The list of GET /sessions
// (status.go) is what the detector reads.
//
// A session costs three goroutines: the handler's, the upstream's, and the one
// with which net/http reads the connection. Idle it takes 31 KiB of heap and
// stacks (cost_test.go): 25 are net/http's, of which buffers and stacks take 10
// each; nearly 3 are the upstream's goroutine; 3 are its own. Each has a timer
// for its heartbeat: one shared by all would need a channel to each handler, and
// spare a tenth of a KiB.
//
// GET /sessions?list=0 tells how many sessions there are. With 15,000 it takes
// 55 us of a processor, the client's end included: a twentieth of a percent of a
// core for who asks ten times a second (heavy_test.go). The list of them takes 10
// ms each time.
//
// A Defect (defect.go) leaves a part of a defence out, to prove that the
// detector sees it; each one is a few lines where the right code stands, found
// by its constant. Some of them need more: slow-reclaim has a queue (backlog.go),
// worker-leak, fd-leak and memory-leak keep things (hoard.go), and early-abort
// and refresh-kills-successor wait (manager.pause), because on a fast machine
// the race that they copy is seldom lost.
package server
