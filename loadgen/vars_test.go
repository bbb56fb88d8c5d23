package loadgen

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestReadVars(t *testing.T) {
	got, err := ReadVars(strings.NewReader("\ufeffuser, token\nann,\"a,b\"\n\nbob,\"say \"\"hi\"\"\"\n"))
	want := Vars{Columns: []string{"user", "token"}, Rows: [][]string{{"ann", "a,b"}, {"bob", `say "hi"`}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":      {"", "no row below"},
		"no row":       {"user,token\n", "no row below"},
		"a ragged row": {"user,token\nann\n", "wrong number of fields"},
		"an open text": {"user\n\"ann\n", "quote"},
		"one twice":    {"user,user\na,b\n", `two columns are named "user"`},
		"ours":         {"id\na\n", `may not be named "id"`},
		"no name":      {"user,\na,b\n", `"" is no name`},
		"braces":       {"{{user}}\na\n", "is no name"},
	} {
		if _, err := ReadVars(strings.NewReader(tt.text)); err == nil || !strings.HasPrefix(err.Error(), "vars: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Stream 7 has the second of five rows.
func TestVarsInRequests(t *testing.T) {
	vars := Vars{Columns: []string{"user", "text"}, Rows: [][]string{
		{"0", ""}, {"1", ""}, {"a&b/ü", "say \"hi\"\n{{n}}"}, {"3", ""}, {"4", ""},
	}}
	r := Request{
		URL: "http://h/{{user}}?u={{user}}&n={{n}}", Header: http.Header{"X-User": {"{{user}} {{id}}"}},
		Body: []byte(`{"prompt": "{{text}}", "id": "{{id}}"}`), Vars: vars,
	}
	if err := r.WithDefaults().Validate(); err != nil {
		t.Fatal(err)
	}
	got, body := sent(t, r, nil)
	if want := "/a%26b%2F%C3%BC?u=a%26b%2F%C3%BC&n=7"; got.RequestURI != want {
		t.Errorf("the target is %s, want %s", got.RequestURI, want)
	}
	if h := got.Header.Get("X-User"); h != "a&b/ü id-7" {
		t.Errorf("the header is %q", h)
	}
	if want := `{"prompt": "say \"hi\"\n{{n}}", "id": "id-7"}`; body != want {
		t.Errorf("the body is %s, want %s", body, want)
	}
	r.Body = []byte("prompt={{text}}")
	if _, body := sent(t, r, nil); body != "prompt=say \"hi\"\n{{n}}" {
		t.Errorf("the body is %q", body)
	}
}

func TestPlaceholderWithoutColumn(t *testing.T) {
	vars := Vars{Columns: []string{"user"}, Rows: [][]string{{"ann"}}}
	for name, r := range map[string]Request{
		"url":    {URL: "http://h/{{usr}}", Vars: vars},
		"header": {URL: "http://h", Header: http.Header{"Authorization": {"Bearer {{usr}}"}}, Vars: vars},
		"body":   {URL: "http://h", Body: []byte("{{usr}}"), Vars: vars},
	} {
		var missing *NoColumnError
		if err := r.WithDefaults().Validate(); !errors.As(err, &missing) || missing.Name != "usr" || !strings.Contains(missing.Hint(), "user") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := Request{URL: "http://h", Body: []byte("{{ template }} {{usr}}")}
	if err := r.WithDefaults().Validate(); err != nil {
		t.Errorf("without rows: %v", err)
	}
}

// Whoever comes back has the row of the stream before it, and {{n}} too.
func TestVarsOfASuccessor(t *testing.T) {
	t.Parallel()
	users := make(chan string, 100)
	s := serve(t, func(c *rawConn) {
		users <- c.request.URL.Query().Get("user")
		holdOpen(c)
	})
	p := small(s.url()+"?user={{user}}-{{n}}", 4, Refresh)
	p.Request.Vars = Vars{Columns: []string{"user"}, Rows: [][]string{{"a"}, {"b"}, {"c"}}}
	l := start(t, p)
	await(t, "all streams to leave", l.Left())
	eventually(t, "the successors to open", func() bool { return Count(l.AppendRecords(nil)).Controls == 4 })
	seen := map[string]int{}
	for range 8 {
		seen[<-users]++
	}
	if want := map[string]int{"a-0": 2, "b-1": 2, "c-2": 2, "a-3": 2}; !reflect.DeepEqual(seen, want) {
		t.Errorf("asked for %v", seen)
	}
}
