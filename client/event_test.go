package client

import "testing"

func TestEventDone(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       bool
	}{
		{"done", "{}", true}, {"message_stop", "{}", true}, {"response.completed", "{}", true}, {"", "[DONE]", true}, {"", " [DONE]\n", true},
		{"", "done", false}, {"delta", `{"delta": "[DONE]"}`, false}, {"Done", "{}", false}, {"", "", false},
	} {
		if got := (Event{Name: []byte(tt.name), Data: []byte(tt.data)}).Done(); got != tt.want {
			t.Errorf("%q %q: %t", tt.name, tt.data, got)
		}
	}
}
