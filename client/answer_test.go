package client

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// transcript is a Handler that feeds an Answer and writes down, a line an event, what it reads.
type transcript struct {
	answer *Answer
	lines  []string
}

func (t *transcript) Comment([]byte)      {}
func (t *transcript) Retry(time.Duration) {}

func (t *transcript) Event(e Event) {
	d, err := t.answer.Read(e)
	scrub(e.Data)
	if line := describe(d, err); line != "" {
		t.lines = append(t.lines, line)
	}
}

func describe(d Delta, err error) string {
	var parts []string
	for _, p := range []struct{ name, value string }{
		{"session", d.Session}, {"reasoning", d.Reasoning}, {"text", d.Text}, {"finish", d.Finish},
	} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf("%s %q", p.name, p.value))
		}
	}
	if d.Usage != nil {
		parts = append(parts, fmt.Sprintf("usage %d+%d", d.Usage.PromptTokens, d.Usage.CompletionTokens))
	}
	if d.Done {
		parts = append(parts, "done")
	}
	if d.AfterDone {
		parts = append(parts, "after done")
	}
	if err != nil {
		parts = append(parts, err.Error())
	}
	return strings.Join(parts, ", ")
}

// readStream returns what dialect reads from a stream that comes in these chunks; its last line is how it ended.
func readStream(d Dialect, chunks []string) []string {
	t := transcript{answer: d.NewAnswer()}
	var p Parser
	for _, chunk := range chunks {
		if err := p.Feed([]byte(chunk), &t); err != nil {
			t.lines = append(t.lines, err.Error())
		}
	}
	end := "complete"
	if err := t.answer.End(); err != nil {
		end = "end: " + err.Error()
	}
	return append(t.lines, end)
}

// answerCase is a stream as a server sends it, and what an Answer reads in it.
type answerCase struct {
	name   string
	stream string
	want   []string
}

const cut = "end: read answer: stream ended before %s: unexpected EOF"

func testAnswers(t *testing.T, d Dialect, cases []answerCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sameLines(t, "whole", readStream(d, []string{c.stream}), c.want)
			sameLines(t, "bytewise", readStream(d, strings.SplitAfter(c.stream, "")), c.want)
		})
	}
}

func TestAnswerErrorsAreFinal(t *testing.T) {
	a := openAIDialect{}.NewAnswer()
	_, err := a.Read(Event{Data: []byte(`{"error":"out of memory"}`)})
	var told *AnswerError
	if !errors.As(err, &told) || *told != (AnswerError{Message: "out of memory"}) {
		t.Fatalf("got %#v", err)
	}
	for _, data := range []string{"[DONE]", `{"choices":[{"delta":{"content":"x"}}]}`, "!"} {
		if d, again := a.Read(Event{Data: []byte(data)}); !errors.Is(again, err) || d != (Delta{}) {
			t.Errorf("after an error %q gives %+v, %v", data, d, again)
		}
	}
	if !errors.Is(a.End(), err) {
		t.Errorf("end: %v", a.End())
	}
}

func TestAnswerEndMayBeAskedAtAnyTime(t *testing.T) {
	for _, d := range Dialects()[:3] {
		if err := d.NewAnswer().End(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: an answer without an event ends with %v", d.Name(), err)
		}
	}
	a := chatDialect{}.NewAnswer()
	for _, name := range []string{"delta", "done"} {
		if a.End() == nil {
			t.Errorf("complete before %s", name)
		}
		if _, err := a.Read(Event{Name: []byte(name), Data: []byte("{}")}); err != nil {
			t.Error(err)
		}
	}
	if err := a.End(); err != nil {
		t.Error(err)
	}
}

func TestAnswerQuotesTheBeginningOfWhatIsNotJSON(t *testing.T) {
	page := "<html>" + strings.Repeat("ä", 1<<20)
	for _, d := range Dialects()[:3] {
		_, err := d.NewAnswer().Read(Event{Name: map[string][]byte{"chat": []byte("delta")}[d.Name()], Data: []byte(page)})
		if err == nil || !strings.HasPrefix(err.Error(), `read answer: event is not a JSON object: "<html>ää`) || len(err.Error()) > 200 {
			t.Errorf("%s: %.200v", d.Name(), err)
		}
	}
}
