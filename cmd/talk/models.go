package talk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sse-tool/sse-tool/client"
)

// ErrNoModels says that a dialect has no list of models.
var ErrNoModels = errors.New("the dialect has no list of models")

// maxModels is how much of a list of models is read, in bytes.
const maxModels = 4 << 20

// Models asks the server of a resolved config which models it has: for the dialects of chat completions and of messages,
// at the same place as the endpoint. It takes five seconds at the most. The names are in the server's order.
func (c Config) Models(ctx context.Context) ([]string, error) {
	if d := c.Target.Dialect; d != OpenAI && d != Anthropic {
		return nil, ErrNoModels
	}
	req, err := c.modelsRequest(ctx)
	if err != nil {
		return nil, err
	}
	asker := c.httpClient()
	asker.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // with the key to nobody else
	resp, err := asker.Do(req)
	if err != nil {
		var quoted *url.Error
		if errors.As(err, &quoted) {
			err = quoted.Err
		}
		return nil, fmt.Errorf("list models: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("list models: the server answered %s", resp.Status)
	}
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxModels)).Decode(&list); err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	var names []string
	for _, m := range list.Data {
		names = append(names, m.ID)
	}
	return names, nil
}

// modelsRequest is a request for an answer, turned to the list beside that endpoint.
func (c Config) modelsRequest(ctx context.Context) (*http.Request, error) {
	spoken, err := c.Target.Dialect.spoken()
	if err != nil {
		return nil, err
	}
	chat, err := spoken.Request(c.URL, client.Conversation{Messages: []client.Message{{Role: client.RoleUser, Text: "?"}}, Key: c.Key})
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(chat.URL)
	if err != nil {
		return nil, errors.New("list models: the URL cannot be read")
	}
	path := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/chat/completions"), "/messages")
	u.Path, u.RawPath = path+"/models", ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("list models: the URL cannot be read")
	}
	req.Header = chat.Header
	req.Header.Del("Content-Type")
	req.Header.Set("Accept", "application/json")
	for name, values := range c.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, nil
}
