// Package chat is the screen of sse-tool chat: a conversation in a terminal, and
// the life of the stream that carries it.
//
// It is a Bubble Tea program. Settings say what it talks to, the model and its
// updates are pure (time comes in as messages, and all that waits is a command),
// and the views make text of a model. What a server sends is shown only once it
// was made harmless: see prose and sgrOnly.
package chat
