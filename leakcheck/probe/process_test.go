package probe

import "testing"

func TestProcessRefuses(t *testing.T) {
	for spec, words := range map[string][]string{
		"process:":         {`"" is no process's number`, "write it as process:4242#fds"},
		"process:x#fds":    {`"x" is no process's number`},
		"process:0#fds":    {`"0" is no process's number`},
		"process:-1#fds":   {`"-1" is no process's number`},
		"process:1":        {"fds, threads, sockets and rss"},
		"process:1#memory": {`not "memory"`},
	} {
		_, err := Parse(spec, Access{})
		told(t, err, words...)
	}
}

func TestParseStatus(t *testing.T) {
	for text, want := range map[string]procStatus{
		"Name:\tjava\nState:\tS (sleeping)\nThreads:\t41\nVmRSS:\t  123456 kB\n": {"S", 41, 123456 << 10},
		"Name:\tkthreadd\nState:\tS (sleeping)\nThreads:\t1\n":                   {"S", 1, 0},
		"Name:\tx\nState:\tZ (zombie)\nThreads:\t1\n":                            {"Z", 1, 0},
		"":             {},
		"State:\n::\n": {},
	} {
		if got := parseStatus(text); got != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
