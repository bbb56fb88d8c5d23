// Package loadgen opens many streams, holds them, and has them leave as real
// clients do.
//
// A [Plan] says what load to make; its [Plan.Schedule] is a pure function of
// it. [Start] runs a plan: a pacer opens each [Slot] at its time, an engine
// carries the streams, and each stream leaves one plain [Record] behind. Nothing
// in here looks at the server's sessions or judges anything: that is package
// leakcheck.
//
// The ways to leave are functions of their own ([LeaveClose], [LeaveReset]),
// which work on any single connection.
package loadgen
