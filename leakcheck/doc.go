// Package leakcheck proves that a server lets go of the sessions of streams
// that have left it, and of no others.
//
// [Run] is the whole of a check, in order: warm up, read the baseline, open,
// read at the plateau, have the streams leave, watch the probes until every
// session is back or its window has passed twice. What it saw is an [Evidence]:
// plain records, readings and sightings. [Judge] turns evidence into a [Report]
// and is a pure function: the same evidence gives the same verdict, at any time
// and on any machine.
//
// Sessions are counted and listed by a [Probe]; package probe has the kinds.
// Reports are written by package report.
//
// In a Go test, [Verify] makes a check of a server that runs there and fails the
// test unless it is clean; a [Func] asks the server's own code:
//
//	func TestSessionsComeBack(t *testing.T) {
//		chat := newChat()
//		s := httptest.NewServer(chat)
//		t.Cleanup(s.Close)
//		leakcheck.Verify(t, leakcheck.Config{
//			Plan:   loadgen.Plan{Request: loadgen.Request{URL: s.URL + "/events"}},
//			Probes: []leakcheck.Probe{leakcheck.Func{Count: chat.Sessions}},
//		})
//	}
package leakcheck
