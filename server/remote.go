package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/sse-tool/sse-tool/client"
)

// Remote is an Upstream that has an OpenAI-compatible server write the replies:
// each is a request of its own, on a connection of its own, which is closed as
// soon as its session has ended. Of a prompt it sends the conversation, and Tokens as
// the bound on the reply's length: zero leaves that to the server, whose replies have
// an end. URL has to be set. It may be used by several goroutines.
type Remote struct {
	// URL is the server's: its address, the base of its API ("http://host/v1"), or
	// the endpoint itself.
	URL string
	// Model is the name of the model to ask for. Empty leaves it to the server.
	Model string
	// Key is the API key. Empty sends none. It is in no error.
	Key client.Key
}

// Validate tells what is wrong with the URL.
func (r Remote) Validate() error {
	_, err := r.request(Prompt{Message: "?"})
	return err
}

// Generate implements Upstream. A reply that the server cut is an error.
func (r Remote) Generate(ctx context.Context, p Prompt, emit func(token string) error) error {
	req, err := r.request(p)
	if err != nil {
		return err
	}
	stream, err := client.Open(ctx, client.Config{URL: req.URL, Method: req.Method, Header: req.Header, Body: req.Body})
	if err != nil {
		return r.hidden(err)
	}
	defer stream.Close()
	answer := openAI().NewAnswer()
	for event, err := range stream.Events() {
		if err != nil {
			return r.hidden(err)
		}
		delta, err := answer.Read(event)
		if delta.Text != "" {
			if err := emit(delta.Text); err != nil {
				return err
			}
		}
		if err != nil {
			return r.hidden(err)
		}
		if delta.Done {
			return nil
		}
	}
	return answer.End()
}

func (r Remote) request(p Prompt) (*client.ChatRequest, error) {
	said := p.Messages
	if said == nil {
		said = []client.Message{{Role: client.RoleUser, Text: p.Message}}
	}
	return openAI().Request(r.URL, client.Conversation{Model: r.Model, Messages: said, MaxTokens: p.Tokens, Key: r.Key})
}

// hidden is an error without the key, which a server may quote.
func (r Remote) hidden(err error) error {
	if r.Key == "" {
		return err
	}
	return errors.New(r.Key.Hide(err.Error()))
}

func openAI() client.Dialect {
	d, err := client.DialectByName("openai")
	if err != nil {
		panic(fmt.Sprintf("server: %v", err)) // it is one of those that there are
	}
	return d
}
