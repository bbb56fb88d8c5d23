package probe

import "testing"

func TestSelector(t *testing.T) {
	series := map[string]string{"path": "/chat", "quote": `a"b`, "code": "200"}
	for text, want := range map[string]bool{
		`m`:                                  true,
		`m{}`:                                true,
		`m{path="/chat"}`:                    true,
		`m{path="/cha"}`:                     false,
		`m{path=~"/cha"}`:                    false, // it has to match the whole
		`m{path=~"/cha."}`:                   true,
		`m{path=~"/x|/chat"}`:                true,
		`m{path!="/chat"}`:                   false,
		`m{path!~"/c.*"}`:                    false,
		`m{ path = "/chat" , code="200" , }`: true,
		`m{path="/chat",code="404"}`:         false,
		`m{quote="a\"b"}`:                    true,
		`m{missing=""}`:                      true,
		`m{missing!=""}`:                     false,
		`m{path="/ch.t"}`:                    false, // no expression
	} {
		s, err := newSelector(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := s.matches(series); s.metric != "m" || got != want {
			t.Errorf("%s: metric %q, matches %t", text, s.metric, got)
		}
	}
	for _, text := range []string{"", "{}", `{a="b"}`, "1m", "m{", "m}", "m{a}", "m{a=b}", `m{a="b" c="d"}`, `m{a="b"`, `m{=~"b"}`, `m{a=~"("}`, "m n", "m-n", `m{a="b"} 1`} {
		if s, err := newSelector(text); err == nil {
			t.Errorf("%s: %+v", text, s)
		}
	}
}
