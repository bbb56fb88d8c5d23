package talk

import "github.com/sse-tool/sse-tool/client"

// The environment's variables that hold a key. The first is for whatever server is talked to, the others are for
// those of their dialect.
const (
	KeyVariable          = "SSE_TOOL_CHAT_KEY"
	OpenAIKeyVariable    = "OPENAI_API_KEY"
	AnthropicKeyVariable = "ANTHROPIC_API_KEY"
)

// KeyFrom is the key for a target that an environment has, by os.Getenv for one. A key that is meant for the servers of
// a dialect goes to no server that is only guessed to be one.
func KeyFrom(getenv func(string) string, t Target) client.Key {
	if key := getenv(KeyVariable); key != "" {
		return client.Key(key)
	}
	switch {
	case t.Sure && t.Dialect == OpenAI:
		return client.Key(getenv(OpenAIKeyVariable))
	case t.Sure && t.Dialect == Anthropic:
		return client.Key(getenv(AnthropicKeyVariable))
	}
	return ""
}
