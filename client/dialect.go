package client

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// Dialect is how one kind of server is asked for a chat answer, and how the answer reads. There are four, see
// Dialects; they hold no state and may be used by several goroutines.
type Dialect interface {
	// Name is "chat", "openai", "anthropic" or "text".
	Name() string
	// Request asks for the next answer of a conversation, as a stream. base is the http or https URL that a user
	// knows: the server's, or that of the endpoint itself; its query is kept. What the dialect has no place for is left
	// out of the request. An error quotes neither a password nor a key.
	Request(base string, c Conversation) (*ChatRequest, error)
	// NewAnswer returns the reader of one answer.
	NewAnswer() *Answer
}

// Dialects returns all of them: our own server's /sse/chat, OpenAI's chat completions, which most servers of language
// models speak, Anthropic's messages, and events whose data is the text itself.
func Dialects() []Dialect {
	return []Dialect{chatDialect{}, openAIDialect{}, anthropicDialect{}, textDialect{}}
}

// DialectByName returns the dialect of that name. The error names all that there are.
func DialectByName(name string) (Dialect, error) {
	var names []string
	for _, d := range Dialects() {
		if d.Name() == name {
			return d, nil
		}
		names = append(names, d.Name())
	}
	return nil, fmt.Errorf("dialect %q: there are %s", name, strings.Join(names, ", "))
}

// DetectDialect tells by a URL which dialect its server speaks. ok is false where nothing in the URL tells, as for a
// server's bare address.
func DetectDialect(base string) (d Dialect, ok bool) {
	u, err := parseBase(base)
	if err != nil {
		return nil, false
	}
	switch host := u.Hostname(); {
	case strings.Contains(base, messagePlace):
		return textDialect{}, true
	case endsIn(u, "/sse/chat"):
		return chatDialect{}, true
	case endsIn(u, "/chat/completions"):
		return openAIDialect{}, true
	case endsIn(u, "/messages"), host == "api.anthropic.com", strings.Contains(u.Path+"/", "/anthropic/"):
		return anthropicDialect{}, true
	case isVersion(u), host == openAIHost, strings.Contains(u.Path+"/", "/openai/"):
		return openAIDialect{}, true
	}
	return nil, false
}

// DetectAnswer tells by a response's content type and the first event of its stream in which dialect it answers. What
// is none of the others is text.
func DetectAnswer(contentType string, first Event) Dialect {
	if mediaType, _, _ := strings.Cut(contentType, ";"); strings.EqualFold(strings.TrimSpace(mediaType), "text/plain") {
		return textDialect{}
	}
	if isDone(first.Data) {
		return openAIDialect{}
	}
	var seen struct {
		SessionID *string         `json:"session_id"`
		Type      string          `json:"type"`
		Object    string          `json:"object"`
		Choices   json.RawMessage `json:"choices"`
		Error     any             `json:"error"`
	}
	if readObject(first.Data, &seen) != nil {
		return textDialect{}
	}
	switch {
	case string(first.Name) == "session" && seen.SessionID != nil:
		return chatDialect{}
	case seen.Type == "ping", seen.Type == "error", strings.HasPrefix(seen.Type, "message_"):
		return anthropicDialect{}
	case seen.Choices != nil, seen.Object == "error", isTold(seen.Error):
		return openAIDialect{}
	}
	return textDialect{}
}

// endsIn tells whether u's path ends in suffix; slashes at its end do not count.
func endsIn(u *url.URL, suffix string) bool {
	return strings.HasSuffix(strings.TrimRight(u.Path, "/"), suffix)
}

var versionSegment = regexp.MustCompile(`^v[0-9]`)

// isVersion tells whether u's path ends in an API's version: v1, v1beta.
func isVersion(u *url.URL) bool {
	return versionSegment.MatchString(path.Base(u.Path))
}
