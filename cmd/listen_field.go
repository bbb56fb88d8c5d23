package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/sse-tool/sse-tool/client"
)

// fieldFlag is a jq filter for the data of events. It reaches neither the
// environment nor files.
type fieldFlag struct {
	text string
	code *gojq.Code
}

func (f *fieldFlag) Set(text string) error {
	query, err := gojq.Parse(text)
	if err == nil {
		f.code, err = gojq.Compile(query)
	}
	if err != nil {
		return hinted{fmt.Errorf("jq filter %s: %w", text, err), "write it as for jq: --field .delta, --field '.choices[0].delta.content // empty'"}
	}
	f.text = text
	return nil
}

func (f *fieldFlag) String() string { return f.text }

// Type names the flag's kind in a help text.
func (*fieldFlag) Type() string { return "jq" }

// What a filter may take for one event: it may have no end.
const (
	fieldTime  = time.Second
	fieldBytes = 16 << 20 // of its results
)

var errNoJSON = errors.New("the data is no JSON")

// results are what the filter gives of an event's data, a line each: strings as
// they are, anything else as JSON. What came before an error is given too.
func (f *fieldFlag) results(data []byte) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // an id of 20 digits stays what it is
	var doc any
	if !json.Valid(data) || dec.Decode(&doc) != nil {
		return nil, errNoJSON
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), fieldTime, fmt.Errorf("not done in %s", fieldTime))
	defer cancel()
	var out []byte
	for it := f.code.RunWithContext(ctx, doc); ; {
		v, more := it.Next()
		if !more {
			return out, nil
		}
		text, err := raw(v)
		switch {
		case ctx.Err() != nil:
			return out, context.Cause(ctx)
		case err != nil:
			return out, err
		case len(out)+len(text) > fieldBytes:
			return out, fmt.Errorf("it gives more than %d bytes for one event", fieldBytes)
		}
		out = append(append(out, text...), '\n')
	}
}

// raw is a result as it is written.
func raw(v any) ([]byte, error) {
	switch v := v.(type) {
	case error:
		return nil, v
	case string:
		return []byte(v), nil
	default:
		return gojq.Marshal(v)
	}
}

// fieldPrinter writes what a filter gives of each event's data, and says all
// else on stderr.
type fieldPrinter struct {
	notes
	w        io.Writer
	field    fieldFlag
	terminal bool
	without  int // events that gave an error
}

func (p *fieldPrinter) item(m moment) error {
	switch m.Kind {
	case client.KindEvent:
		return p.event(m.Event)
	case client.KindReconnect:
		fmt.Fprintf(p.notes.w, "%s\n", p.paint.in(yellow, printable(lossOf(m.Item))))
	case client.KindOpen, client.KindComment, client.KindRetry:
	}
	return nil
}

func (p *fieldPrinter) event(e client.Event) error {
	out, err := p.field.results(e.Data)
	if err != nil {
		p.fail(e, err)
	}
	if p.terminal {
		lines := strings.Split(string(out), "\n")
		for i := range lines {
			lines[i] = printable(lines[i])
		}
		out = []byte(strings.Join(lines, "\n"))
	}
	if len(out) == 0 {
		return nil
	}
	_, err = p.w.Write(out)
	return err
}

// fail tells of the first event of which the filter gave an error; the end
// counts them. The [DONE] of chat servers is none.
func (p *fieldPrinter) fail(e client.Event, err error) {
	if errors.Is(err, errNoJSON) && e.Done() {
		return
	}
	if p.without++; p.without == 1 {
		fmt.Fprintf(p.notes.w, "%s --field %s: %s\n", p.paint.in(yellow, "warning:"), printable(p.field.text), printable(err.Error()))
	}
}

func (p *fieldPrinter) end(e ending) error {
	err := p.notes.end(e)
	if p.without > 1 {
		fmt.Fprintf(p.notes.w, "%-12s%d events gave an error\n", "--field", p.without)
	}
	return err
}
