package cmd

import (
	"errors"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// answerJSON writes an object a line.
type answerJSON struct{ jsonPrinter }

// kindDelta is what is added to an answer.
const kindDelta client.Kind = "delta"

type jsonAnswerOpen struct {
	jsonOpen
	Dialect talk.Dialect `json:"dialect"`
	Session string       `json:"session,omitempty"`
}

type jsonDelta struct {
	jsonLine
	Text      string `json:"text"`
	Reasoning string `json:"reasoning,omitempty"`
	ID        string `json:"id,omitempty"`
}

type jsonUsage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
}

type jsonAnswerEnd struct {
	jsonLine
	Reason     string       `json:"reason"`
	Answer     string       `json:"answer"`
	Reasoning  string       `json:"reasoning,omitempty"`
	Finish     string       `json:"finish,omitempty"`
	Dialect    talk.Dialect `json:"dialect"`
	Session    string       `json:"session,omitempty"`
	Usage      *jsonUsage   `json:"usage,omitempty"`
	Took       float64      `json:"took_s"`
	First      *float64     `json:"first_text_s,omitempty"`
	Rate       float64      `json:"deltas_per_s"`
	Deltas     int          `json:"deltas"`
	Events     int          `json:"events"`
	Comments   int          `json:"comments"`
	Bytes      int64        `json:"bytes"`
	Reconnects int          `json:"reconnects"`
}

func (p *answerJSON) update(u talk.Update) error {
	switch u.Kind {
	case client.KindOpen:
		return p.write(jsonAnswerOpen{
			jsonOpen{begin(u.Kind, u.At), client.Redact(u.URL), u.Head.Proto, u.Head.Status, u.Head.Header.Get("Content-Type")},
			u.Life.Dialect, u.Life.Session,
		})
	case client.KindEvent:
		if u.Text == "" && u.Reasoning == "" {
			return nil
		}
		return p.write(jsonDelta{begin(kindDelta, u.At), u.Text, u.Reasoning, string(u.Event.ID)})
	case client.KindComment, client.KindRetry, client.KindReconnect:
	}
	return p.item(moment{Item: u.Item})
}

func (p *answerJSON) end(e answerEnd) error {
	l := e.life
	line := jsonAnswerEnd{
		jsonLine: begin(kindEnd, e.at), Reason: "done", Answer: e.text, Reasoning: e.reasoning, Finish: l.Finish,
		Dialect: l.Dialect, Session: l.Session, Took: l.Took(e.at).Seconds(), Rate: l.Rate(e.at),
		Deltas: l.Deltas, Events: l.Events, Comments: l.Comments, Bytes: l.Bytes, Reconnects: l.Reconnects,
	}
	switch {
	case errors.Is(e.err, errInterrupted):
		line.Reason = "interrupted"
	case e.err != nil:
		line.Reason = "failed"
		if err := p.write(jsonError{begin(kindError, e.at), message(e.err)}); err != nil {
			return err
		}
	}
	if first, ok := l.FirstAfter(); ok {
		s := first.Seconds()
		line.First = &s
	}
	if l.Usage != (client.Usage{}) {
		line.Usage = &jsonUsage{l.Usage.PromptTokens, l.Usage.CompletionTokens}
	}
	return p.write(line)
}
