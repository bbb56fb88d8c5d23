package loadgen

import (
	"net/url"
	"sync"
	"testing"
	"time"
)

// A refresh asks for the same again, under an id of its own, and the successor
// stays until the load is released.
func TestRefreshHasASuccessor(t *testing.T) {
	t.Parallel()
	const streams = 10
	var mu sync.Mutex
	asked := map[string][]string{} // the ids of the streams that asked for a path
	s := serve(t, func(c *rawConn) {
		mu.Lock()
		page := c.request.URL.Path + "?" + c.request.URL.RawQuery
		asked[page] = append(asked[page], c.id())
		mu.Unlock()
		holdOpen(c)
	})
	p := small(s.url()+"/{{id}}", streams, Refresh)
	p.Shape = map[Disconnect]url.Values{Refresh: {"session": {"{{id}}"}}}
	l := start(t, p)
	await(t, "all streams to leave", l.Left())
	eventually(t, "the successors to open", func() bool { return Count(l.AppendRecords(nil)).Controls == streams })
	records := l.AppendRecords(nil)
	mu.Lock()
	defer mu.Unlock()
	first, last := 0, 0
	for _, r := range records[streams:] {
		if r.Succeeds == "" || !r.Control() || !r.Live() {
			t.Fatalf("the successor is %+v", r)
		}
		ids := asked["/stream/"+r.Succeeds+"?session="+r.Succeeds]
		if len(ids) != 2 || ids[0] != r.Succeeds || ids[1] != r.ID {
			t.Errorf("%s was asked for by %q", r.Succeeds, ids)
		}
		if old := find(records, r.Succeeds); old.End != Left {
			t.Errorf("its predecessor is %+v", old)
		} else if r.Opened < old.Ended {
			first++
		} else {
			last++
		}
	}
	if first != streams/2 || last != streams/2 {
		t.Errorf("%d opened before the old one closed and %d after", first, last)
	}
	eventually(t, "the old connections to be closed", func() bool { return s.open() == streams })
}

func find(records []Record, id string) Record {
	for _, r := range records {
		if r.ID == id {
			return r
		}
	}
	return Record{}
}

// A successor that does not open does not keep its predecessor from leaving.
func TestRefreshOfAServerThatRefuses(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	s := serve(t, func(c *rawConn) {
		mu.Lock()
		again := seen[c.request.URL.Path]
		seen[c.request.URL.Path] = true
		mu.Unlock()
		if !again {
			holdOpen(c)
		}
	})
	began := time.Now()
	for _, r := range run(t, small(s.url()+"/{{id}}", 4, Refresh))[:4] {
		if r.End != Left {
			t.Errorf("the record is %+v", r)
		}
	}
	if took := time.Since(began); took > openFirstFor {
		t.Errorf("it took %s", took)
	}
}
