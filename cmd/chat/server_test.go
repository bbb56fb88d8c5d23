package chat

import (
	"context"
	"testing"

	"github.com/sse-tool/sse-tool/cmd/talk"
)

// resolved is a config for a server.
func resolved(t testing.TB, url string) talk.Config {
	t.Helper()
	c, err := talk.Config{URL: url}.Resolve(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}
