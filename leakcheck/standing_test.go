package leakcheck

import (
	"strings"
	"testing"
)

func TestStanding(t *testing.T) {
	for _, tt := range []struct {
		standing
		says string
	}{
		{standing{}, ""},
		{standing{gone: 3}, "the connections of 3 sessions that stayed are gone"},
		{standing{there: 2, gone: 1}, "2 are still there, left by their clients and not closed, and 1 are gone"},
		{standing{there: 2, unread: 2, ignored: 1}, "has not read that the clients have left"},
		{standing{there: 2, ignored: 2}, "the handler has not asked it"},
	} {
		if got := tt.String(); !strings.Contains(got, tt.says) || (tt.says == "" && got != "") {
			t.Errorf("%+v: %q", tt.standing, got)
		}
	}
}
