package report

import "time"

// Length is a time as the text report writes it: "0.2 ms", "54 ms", "2.01 s",
// "12 s", "1m40s".
func Length(d time.Duration) string { return length(d.Seconds()) }
