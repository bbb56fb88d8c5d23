package loadgen

import (
	"iter"
	"time"
)

// Bucket counts the times that are above From and up to To, in seconds.
type Bucket struct {
	From  float64 `json:"from_s"`
	To    float64 `json:"to_s"`
	Count int     `json:"count"`
}

// Buckets counts times, given in ascending order with how often each was seen, in
// buckets whose bounds grow as 1, 2, 5, 10 from a tenth of a millisecond on. Empty
// ones are left out.
func Buckets(times iter.Seq2[time.Duration, int]) []Bucket {
	var all []Bucket
	var from time.Duration
	to, i := bucketBound(0), 0
	open := false // the last of all is the bucket up to to
	for t, n := range times {
		for t > to {
			i++
			from, to, open = to, bucketBound(i), false
		}
		if !open {
			all = append(all, Bucket{From: from.Seconds(), To: to.Seconds()})
			open = true
		}
		all[len(all)-1].Count += n
	}
	return all
}

// bucketBound is the upper bound of bucket i.
func bucketBound(i int) time.Duration {
	const first = 100 * time.Microsecond
	to := []time.Duration{first, 2 * first, 5 * first}[i%3]
	for range i / 3 {
		to *= 10
	}
	return to
}
