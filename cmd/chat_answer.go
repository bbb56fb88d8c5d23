package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// answerPrinter shows an answer as it comes. An error is one of the output.
type answerPrinter interface {
	update(u talk.Update) error
	end(e answerEnd) error
}

// answerEnd is how an answer ended, and all of it.
type answerEnd struct {
	at              time.Time
	text, reasoning string
	life            talk.Life
	err             error // nil: it is complete
}

// answer reads the answer, has it shown, and keeps it.
func (c *chatConfig) answer(ctx context.Context, cmd *cobra.Command, r *talk.Reply) error {
	defer r.Close()
	out := c.answerPrinter(ctx, cmd)
	var text, reasoning strings.Builder
	end := answerEnd{}
	var output error
	for output == nil {
		u, err := r.Next()
		text.WriteString(u.Text)
		reasoning.WriteString(u.Reasoning)
		end.life = u.Life
		if err != nil {
			end.err = err
			break
		}
		output = out.update(u)
	}
	end.at, end.text, end.reasoning = time.Now(), text.String(), reasoning.String()
	if errors.Is(end.err, io.EOF) {
		end.err = nil
	}
	if ctx.Err() != nil {
		end.err = errInterrupted
	}
	if output == nil {
		output = out.end(end)
	}
	return c.concludeAnswer(ctx, cmd, end, output)
}

// concludeAnswer saves what came, and makes of it what the command ends with.
func (c *chatConfig) concludeAnswer(ctx context.Context, cmd *cobra.Command, end answerEnd, output error) error {
	saved := c.saveWith(end)
	var err error
	switch {
	case output != nil && errors.Is(output, errBlocked) && ctx.Err() != nil:
		err = errInterrupted
	case errors.Is(output, syscall.EPIPE), errors.Is(output, io.ErrClosedPipe): // who read has seen enough
		err = nil
	case output != nil:
		err = unwritten("chat", output)
	case errors.Is(end.err, errInterrupted):
		err = errInterrupted
	case end.err != nil:
		err = fmt.Errorf("chat: %w", end.err)
	}
	return conclude(cmd, err, saved)
}

// saveWith saves the conversation with the answer, as far as it came.
func (c *chatConfig) saveWith(end answerEnd) error {
	if c.save == "" {
		return nil
	}
	whole := c.talk
	if end.text != "" {
		whole.Messages = append(whole.Messages, client.Message{Role: client.RoleAssistant, Text: end.text})
	}
	if end.life.Session != "" {
		whole.Session = end.life.Session
	}
	if err := talk.Save(string(c.save), whole); err != nil {
		return fmt.Errorf("--save: %w", err)
	}
	return nil
}

func (c *chatConfig) answerPrinter(ctx context.Context, cmd *cobra.Command) answerPrinter {
	out := &patient{ctx: ctx, w: cmd.OutOrStdout()}
	if c.json {
		return &answerJSON{jsonPrinter{w: out}}
	}
	return &answerText{w: out, notes: notes{w: cmd.ErrOrStderr(), paint: paintFor(cmd.ErrOrStderr())}, terminal: isTerminal(cmd.OutOrStdout())}
}

// answerText writes the answer's text, and its losses beside it.
type answerText struct {
	w        io.Writer
	notes    notes
	terminal bool // on which what the text would do to it is spelled out
	open     bool // the last line has no end
}

func (p *answerText) update(u talk.Update) error {
	if u.Kind == client.KindReconnect {
		if err := p.endLine(); err != nil {
			return err
		}
		fmt.Fprintln(p.notes.w, printable(lossOf(u.Item)))
	}
	if u.Text == "" {
		return nil
	}
	p.open = !strings.HasSuffix(u.Text, "\n")
	text := u.Text
	if p.terminal {
		text = printableText(text)
	}
	_, err := io.WriteString(p.w, text)
	return err
}

// endLine ends the line that the text has left open, on a terminal, where a note would stand behind it.
func (p *answerText) endLine() error {
	if !p.open || !p.terminal {
		return nil
	}
	p.open = false
	_, err := io.WriteString(p.w, "\n")
	return err
}

// end ends the last line, as a text's lines end.
func (p *answerText) end(answerEnd) error {
	if !p.open {
		return nil
	}
	_, err := io.WriteString(p.w, "\n")
	return err
}
