package client

import (
	"errors"
	"io"
	"strings"
	"testing"
)

var answerSeeds = []string{
	openAIStream,
	anthropicStream,
	"event: session\ndata: {\"session_id\":\"me\"}\n\nid: 1\nevent: delta\ndata: {\"delta\":\"a\"}\n\nevent: done\ndata: {\"tokens\":1}\n\n",
	"event: failed\ndata: {\"error\":\"the upstream failed\",\"tokens\":2}\n\nevent: done\ndata: {}\n\n",
	"data: Once\n\nevent: end\ndata\n\ndata: more\n\n",
	"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Over\\u001bloaded\"}}\n\ndata: [DONE]\n\n",
	"data: {\"error\":[[{\"msg\":{\"error\":\"x\",\"code\":1e999}}]]}\n\n",
	"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":[]}},null,{}],\"usage\":[]}\n\ndata: [DONE]\n\ndata: {\n\n",
}

// In each dialect any division of a stream reads alike, what came after the end or an error adds nothing, and an error
// is a short line.
func FuzzAnswer(f *testing.F) {
	for _, s := range answerSeeds {
		f.Add([]byte(s), []byte{1})
		f.Add([]byte(s), []byte{100, 0, 9})
	}
	f.Fuzz(func(t *testing.T, stream, cuts []byte) {
		for _, d := range Dialects() {
			lines := readStream(d, []string{string(stream)})
			sameLines(t, d.Name()+" in parts", readStream(d, fuzzCuts(stream, cuts)), lines)
			check := checkedAnswer{t: t, answer: d.NewAnswer()}
			if err := new(Parser).Feed(stream, &check); err != nil {
				t.Fatal(err)
			}
			check.end(d)
		}
	})
}

// checkedAnswer is a Handler that feeds an Answer and fails where it breaks a promise.
type checkedAnswer struct {
	count
	t      *testing.T
	answer *Answer
	done   bool
	err    error
}

func (c *checkedAnswer) Event(e Event) {
	d, err := c.answer.Read(e)
	switch {
	case c.err != nil && (!errors.Is(err, c.err) || d != Delta{}):
		c.t.Errorf("after an error %+v, %v", d, err)
	case c.done && (err != nil || d != Delta{AfterDone: true}):
		c.t.Errorf("after done %+v, %v", d, err)
	case !c.done && d.AfterDone:
		c.t.Errorf("after done before it: %+v", d)
	case err != nil && d.Done:
		c.t.Errorf("done, and %v", err)
	}
	c.done, c.err = c.done || d.Done, err
}

func (c *checkedAnswer) end(d Dialect) {
	err := c.answer.End()
	switch {
	case c.err != nil && !errors.Is(err, c.err):
		c.t.Errorf("%s: %v, then %v at the end", d.Name(), c.err, err)
	case c.err == nil && errors.Is(err, io.ErrUnexpectedEOF) == (c.done || d.Name() == "text"):
		c.t.Errorf("%s: done %t, %v at the end", d.Name(), c.done, err)
	}
	if err != nil {
		checkText(c.t, err.Error())
	}
}

// Whatever a body is, and wherever it was cut, what it says is a short printable line.
func FuzzErrorText(f *testing.F) {
	for _, c := range errorBodies {
		f.Add([]byte(c.body), uint16(20))
	}
	f.Fuzz(func(t *testing.T, body []byte, cut uint16) {
		checkText(t, ErrorText(body))
		checkText(t, ErrorText(body[:min(len(body), int(cut))]))
		if text := ErrorText(body); strings.TrimSpace(text) != text {
			t.Errorf("space around %q", text)
		}
	})
}
