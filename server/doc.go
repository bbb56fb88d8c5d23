// Package server is the reference SSE chat server: what a server has to do so
// that no session outlives its client, in code that is short enough to read.
//
// A session (session.go) is what the server keeps for a stream: an entry in a
// map, a timer, an upstream that generates tokens, a connection. Clients leave
// in nine ways, and five defences give every session back:
//
//  1. A timeout that is not zero. newSession (session.go) gives each stream's
//     context a deadline. It is all that helps against a peer that goes on
//     acknowledging for a client that has gone.
//
//  2. Release on every end. Server.chat (chat.go) defers manager.finish
//     (manager.go), so completion, timeout, a disconnect, a failed write and a
//     panic take the same way out. Disconnects are noticed at once, because
//     the stream's context is made from the request's, which net/http cancels
//     when it reads the end of the connection.
//
//  3. A heartbeat, and a bound on how long it may stay unacknowledged.
//     conversation.run (chat.go) writes a comment after a silence; tune
//     (socket_linux.go) sets TCP_USER_TIMEOUT, which ends a connection whose
//     peer has vanished or has kept its window shut; writer.write (writer.go)
//     gives each write a deadline.
//
//  4. A release that releases everything. manager.release (manager.go)
//     removes the entry and cancels the context that stream, timer and
//     upstream share; finish waits until the upstream has stopped; newWriter
//     (writer.go) lets the end of the context cut a blocked write short; and
//     the connection closes with its stream (closeAfter, chat.go).
//
//  5. A sweep by last activity, compare-and-delete. manager.sweep (sweep.go)
//     ends what gave no sign of its client for a while, whatever its age;
//     activity (activity.go) takes for a sign what the client's kernel
//     acknowledged, never what we wrote. manager.release removes an entry only
//     if it is still this very session's: after a refresh it is not.
//
// # Who may do what
//
// The page (page.go) and the chat are for everybody who reaches the server.
// The sessions of all (status.go), the feed of those that open and close
// (feed.go), and the metrics (metrics.go) are for this machine, and for who has
// the admin token (admin.go). The address of a client is that of its connection
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
// Server.Serve (server.go) puts it together. A session costs three goroutines:
// net/http's two and the upstream's. The list of GET /sessions (status.go) is
// what the detector reads.
//
// A Defect (defect.go) leaves a part of a defence out, to prove that the
// detector sees it; each one is a few lines where the right code stands, found
// by its constant. Three of them need more: slow-reclaim has a queue (backlog.go),
// and early-abort and refresh-kills-successor wait (manager.pause), because on
// a fast machine the race that they copy is seldom lost.
package server
