package leakcheck

import (
	"testing"

	"github.com/sse-tool/sse-tool/loadgen"
)

func TestCompare(t *testing.T) {
	find := func(codes ...Code) (all []Finding) {
		for _, c := range codes {
			all = append(all, Finding{Code: c})
		}
		return all
	}
	before := &Report{Findings: find(NoRemove, Noise), Disconnects: []Row{{Name: loadgen.Close, Leaked: 5}, {Name: loadgen.Vanish}}}
	after := &Report{Findings: find(Noise, Late, Late), Disconnects: []Row{{Name: loadgen.Complete}, {Name: loadgen.Close, Leaked: 1}}}
	c := Compare(before, after)
	for name, got := range map[string][]Finding{"no-remove": c.Gone, "late late": c.New, "noise": c.Same} {
		codes := ""
		for _, f := range got {
			codes += " " + string(f.Code)
		}
		if codes != " "+name {
			t.Errorf("got%s, want %s", codes, name)
		}
	}
	if len(c.Disconnects) != 3 {
		t.Fatalf("%+v", c.Disconnects)
	}
	first, second, third := c.Disconnects[0], c.Disconnects[1], c.Disconnects[2]
	if first.Name != loadgen.Complete || first.Before != nil || first.After == nil {
		t.Errorf("%+v", first)
	}
	if second.Before.Leaked != 5 || second.After.Leaked != 1 {
		t.Errorf("%+v", second)
	}
	if third.Name != loadgen.Vanish || third.After != nil {
		t.Errorf("%+v", third)
	}
}
