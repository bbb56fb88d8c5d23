package contract

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStatus(t *testing.T) {
	s := newSuite(t)
	var got struct {
		Name         string
		Capabilities []string
	}
	if err := json.NewDecoder(s.do(http.MethodGet, s.service+"/", "").Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bom", "comments", "headers", "last-event-id", "post", "read-timeout", "report", "restart"} {
		if !slices.Contains(got.Capabilities, name) {
			t.Errorf("no %s in %q", name, got.Capabilities)
		}
	}
	if got.Name != "sse-tool" {
		t.Errorf("name %q", got.Name)
	}
}

func TestRefusals(t *testing.T) {
	s := newSuite(t)
	stream := s.create(nil)
	urls := `"streamUrl": "http://127.0.0.1:1/", "callbackUrl": "http://127.0.0.1:1/"`
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		says                     string
	}{
		{"no JSON", "POST", "/", "stream, please", 400, "request body: "},
		{"no URL", "POST", "/", `{"callbackUrl": "http://127.0.0.1:1/"}`, 400, "streamUrl and callbackUrl are both needed"},
		{"no callback", "POST", "/", `{"streamUrl": "http://127.0.0.1:1/"}`, 400, "streamUrl and callbackUrl are both needed"},
		{"another scheme", "POST", "/", `{"streamUrl": "ftp://127.0.0.1/", "callbackUrl": "http://127.0.0.1:1/"}`, 400, "http://"},
		{"another scheme for callbacks", "POST", "/", `{"streamUrl": "http://127.0.0.1:1/", "callbackUrl": "127.0.0.1"}`, 400, "callbackUrl: "},
		{"delay below zero", "POST", "/", `{` + urls + `, "initialDelayMs": -1}`, 400, "retry: negative"},
		{"timeout below zero", "POST", "/", `{` + urls + `, "readTimeoutMs": -1}`, 400, "read timeout: negative"},
		{"no such method", "POST", "/", `{` + urls + `, "method": "GE T"}`, 400, `method: "GE T" is none`},
		{"no such field", "POST", "/", `{` + urls + `, "headers": {"a b": "c"}}`, 400, "no name of a field"},
		{"no such command", "POST", stream[len(s.service):], `{"command": "dance"}`, 400, `command: "dance" is none`},
		{"no command", "POST", stream[len(s.service):], ``, 400, "request body: "},
		{"command to nobody", "POST", "/streams/77", `{"command": "restart"}`, 404, ""},
		{"end of nobody", "DELETE", "/streams/77", "", 404, ""},
		{"no such place", "GET", "/elsewhere", "", 404, ""},
		{"no such verb", "PUT", "/", "", 405, ""},
	} {
		resp := s.do(c.method, s.service+c.path, c.body)
		var said strings.Builder
		if err := resp.Write(&said); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != c.status || !strings.Contains(said.String(), c.says) {
			t.Errorf("%s: %s", c.name, said.String())
		}
	}
}

// A web page elsewhere cannot have a browser use the service.
func TestCrossOriginIsRefused(t *testing.T) {
	s := newSuite(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.service, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "http://elsewhere.example")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Error(resp.Status)
	}
}

// DELETE of the root ends the service and its streams.
func TestStop(t *testing.T) {
	s := newSuite(t)
	s.create(nil)
	v := s.visit()
	if resp := s.do(http.MethodDelete, s.service, ""); resp.StatusCode != http.StatusNoContent {
		t.Error(resp.Status)
	}
	ends(t, s, v)
}

// So does the end of the context.
func TestContextEnds(t *testing.T) {
	s := newSuite(t)
	s.create(nil)
	v := s.visit()
	s.stop()
	ends(t, s, v)
}

func ends(t *testing.T, s *suite, v *visit) {
	t.Helper()
	if err := s.wait(); err != nil {
		t.Error(err)
	}
	select {
	case <-v.Context().Done():
	case <-time.After(soon):
		t.Error("the stream stays")
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(s.service, "http://")); err == nil {
		c.Close()
		t.Error("it still accepts")
	}
	if len(s.messages) > 0 || s.logs.String() != "" {
		t.Errorf("it ended with %d messages and logged %q", len(s.messages), s.logs)
	}
}
