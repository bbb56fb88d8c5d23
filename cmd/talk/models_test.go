package talk

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

func TestModels(t *testing.T) {
	t.Parallel()
	var asked *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/models" {
			http.NotFound(w, r)
			return
		}
		asked = r
		w.Write([]byte(`{"object":"list","data":[{"id":"m-2"},{"id":"m-1","object":"model"}]}`))
	}))
	t.Cleanup(s.Close)
	for _, c := range []struct {
		config Config
		header string
	}{
		{Config{URL: s.URL + "/v1", Dialect: OpenAI, Key: "secret"}, "Authorization"},
		{Config{URL: s.URL + "/v1/chat/completions?a=b", Dialect: OpenAI, Key: "secret"}, "Authorization"},
		{Config{URL: s.URL, Dialect: Anthropic, Key: "secret"}, "X-Api-Key"},
		{Config{URL: s.URL, Dialect: OpenAI, Header: http.Header{"X-Own": {"1"}}}, "X-Own"},
	} {
		c.config.Target = Target{Dialect: c.config.Dialect, Sure: true}
		names, err := c.config.Models(t.Context())
		if err != nil || !slices.Equal(names, []string{"m-2", "m-1"}) || asked.Header.Get(c.header) == "" {
			t.Errorf("%s at %s: %q, %v, asked with %v", c.config.Dialect, c.config.URL, names, err, asked)
		}
	}
	if _, err := (Config{URL: s.URL + "/elsewhere/v1", Dialect: OpenAI, Target: Target{Dialect: OpenAI}}).Models(t.Context()); err == nil {
		t.Error("a server without a list has models")
	}
	if _, err := (Config{URL: s.URL, Target: Target{Dialect: Own}}).Models(t.Context()); !errors.Is(err, ErrNoModels) {
		t.Errorf("the own dialect: %v", err)
	}
}
