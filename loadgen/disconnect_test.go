package loadgen

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseDisconnect(t *testing.T) {
	for _, d := range Disconnects() {
		if got, err := ParseDisconnect(string(d)); got != d || err != nil {
			t.Errorf("ParseDisconnect(%q) = %q, %v", d, got, err)
		}
	}
	for _, name := range []string{"", "clsoe", "Close", " close", "control"} {
		d, err := ParseDisconnect(name)
		var unknown *UnknownDisconnectError
		if d != "" || !errors.As(err, &unknown) || unknown.Name != name {
			t.Errorf("ParseDisconnect(%q) = %q, %v, want an *UnknownDisconnectError", name, d, err)
		}
	}
}

func TestUnknownDisconnectErrorNamesTheWays(t *testing.T) {
	err := &UnknownDisconnectError{Name: "clsoe"}
	if !strings.Contains(err.Error(), `"clsoe"`) {
		t.Errorf("the error does not quote the name: %s", err)
	}
	for _, d := range Disconnects() {
		if !strings.Contains(err.Hint(), string(d)) {
			t.Errorf("the hint does not name %s: %s", d, err.Hint())
		}
	}
}

func TestDisconnectsCannotBeChangedByACaller(t *testing.T) {
	want := slices.Clone(Disconnects())
	Disconnects()[0] = "changed"
	if !slices.Equal(Disconnects(), want) {
		t.Errorf("Disconnects() = %v", Disconnects())
	}
}
