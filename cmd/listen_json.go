package cmd

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/loadgen"
)

// jsonPrinter writes an object a line, each in one write.
type jsonPrinter struct{ w io.Writer }

// The kinds of --json that are no item's.
const (
	kindWarning client.Kind = "warning"
	kindError   client.Kind = "error"
	kindEnd     client.Kind = "end"
)

// jsonAt is how all times are written: RFC 3339 with nanoseconds, in UTC.
const jsonAt = "2006-01-02T15:04:05.000000000Z07:00"

// jsonLine is what every line has. The lines of a kind embed it.
type jsonLine struct {
	Kind client.Kind `json:"kind"`
	At   string      `json:"at"`
}

type jsonOpen struct {
	jsonLine
	URL         string `json:"url"` // without what may be secret
	Proto       string `json:"proto"`
	Status      int    `json:"status"`
	ContentType string `json:"content_type"`
}

type jsonEvent struct {
	jsonLine
	Event string `json:"event"`
	Data  string `json:"data"`
	ID    string `json:"id"`
}

type jsonComment struct {
	jsonLine
	Comment string `json:"comment"`
}

type jsonRetry struct {
	jsonLine
	Retry float64 `json:"retry_s"`
}

type jsonReconnect struct {
	jsonLine
	Error   string  `json:"error,omitempty"` // none: the server ended it in good order
	Cut     bool    `json:"cut"`
	Attempt int     `json:"attempt"`
	Delay   float64 `json:"delay_s"`
}

type jsonWarning struct {
	jsonLine
	Code    warningCode `json:"code"`
	Warning string      `json:"warning"`
}

type jsonError struct {
	jsonLine
	Error string `json:"error"`
}

type jsonEnd struct {
	jsonLine
	Reason     reason             `json:"reason"`
	Took       float64            `json:"took_s"`
	Events     int                `json:"events"`
	Shown      int                `json:"shown"`
	Comments   int                `json:"comments"`
	Bytes      int64              `json:"bytes"`
	Reconnects int                `json:"reconnects"`
	First      *float64           `json:"first_event_s,omitempty"`
	Gaps       *loadgen.Quantiles `json:"gap_s,omitempty"`
	Heartbeats *loadgen.Quantiles `json:"heartbeat_gap_s,omitempty"`
	Silence    float64            `json:"longest_silence_s"`
}

func begin(kind client.Kind, at time.Time) jsonLine {
	return jsonLine{Kind: kind, At: at.UTC().Format(jsonAt)}
}

func (p *jsonPrinter) item(m moment) error {
	line := begin(m.Kind, m.At)
	switch m.Kind {
	case client.KindOpen:
		return p.write(jsonOpen{line, client.Redact(m.URL), m.Head.Proto, m.Head.Status, m.Head.Header.Get("Content-Type")})
	case client.KindEvent:
		return p.write(jsonEvent{line, nameOf(m.Event), string(m.Event.Data), string(m.Event.ID)})
	case client.KindComment:
		return p.write(jsonComment{line, m.Comment})
	case client.KindRetry:
		return p.write(jsonRetry{line, m.Delay.Seconds()})
	case client.KindReconnect:
	}
	lost := jsonReconnect{jsonLine: line, Cut: m.Cut, Attempt: m.Attempt, Delay: m.Delay.Seconds()}
	if m.Err != nil {
		lost.Error = message(m.Err)
	}
	return p.write(lost)
}

func (p *jsonPrinter) warn(at time.Time, w warning) error {
	return p.write(jsonWarning{begin(kindWarning, at), w.code, w.text})
}

func (p *jsonPrinter) end(e ending) error {
	if !e.good() && e.err != nil && e.reason != endedInterrupted {
		if err := p.write(jsonError{begin(kindError, e.at), message(e.err)}); err != nil {
			return err
		}
	}
	t := e.tally
	end := jsonEnd{
		jsonLine: begin(kindEnd, e.at), Reason: e.reason, Took: e.at.Sub(t.started).Seconds(), Events: t.events, Shown: t.shown,
		Comments: t.comments, Bytes: e.bytes, Reconnects: t.reconnects, Silence: e.silence.Seconds(),
	}
	if t.events > 0 {
		first := t.first.Seconds()
		end.First = &first
	}
	if q := t.gaps.Quantiles(); q.Count > 0 {
		end.Gaps = &q
	}
	if q := t.heartbeats.Quantiles(); q.Count > 0 {
		end.Heartbeats = &q
	}
	return p.write(end)
}

func (p *jsonPrinter) write(line any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return err
	}
	_, err := io.WriteString(p.w, printableJSON(b.String()))
	return err
}
