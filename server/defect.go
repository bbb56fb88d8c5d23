package server

import (
	"fmt"
	"slices"
	"strings"
)

// A Defect is a part of a defence that is left out on purpose, to prove that
// the detector finds it. Its name is the code of the finding it must give.
//
// Each one stands where the right code stands: search for the constant.
type Defect string

const (
	NoCallbacks Defect = "no-callbacks" // finish and newSession
	NoRemove    Defect = "no-remove"    // manager.release
)

// DefectInfo describes a Defect in two lines.
type DefectInfo struct {
	Name   Defect
	Lacks  string // what is left out
	Effect string // what shows from outside
}

// Defects returns all known defects, by name.
func Defects() []DefectInfo {
	return []DefectInfo{
		{NoCallbacks, "release on every end: neither completion, nor timeout, nor error, nor a failed write gives the session back",
			"every way of leaving waits for the sweep, and the upstream generates for nobody until then"},
		{NoRemove, "removal from the session map: a session is cancelled, but its entry stays",
			"the list keeps ids whose upstreams, workers and descriptors are gone; neither the sweep nor DELETE removes them"},
	}
}

// ParseDefect returns the defect of that name, or an error that lists the
// known ones.
func ParseDefect(name string) (Defect, error) {
	var known []string
	for _, d := range Defects() {
		if string(d.Name) == name {
			return d.Name, nil
		}
		known = append(known, string(d.Name))
	}
	return "", fmt.Errorf("defect %q: unknown; known are %s", name, strings.Join(known, ", "))
}

// defective tells whether d was asked for.
func (c Config) defective(d Defect) bool { return slices.Contains(c.Defects, d) }
