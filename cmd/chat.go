package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// chatConfig is what chat's flags bind into.
type chatConfig struct {
	talk.Config
	request     requestFlags
	talk        client.Conversation
	temperature float64
	json        bool
	load        string
	save        outputFlag
}

// chatChild are the flags of the embedded server of chat: a user has minutes, and who leaves
// is let go of within seconds.
var chatChild = []string{
	"--timeout", "5m", "--heartbeat", "2s", "--write-timeout", "2s", "--user-timeout", "2s",
	"--sweep-every", "5s", "--idle-timeout", "10s",
}

// maxPrompt is how much of a prompt is read, in bytes.
const maxPrompt = 16 << 20

const askHint = "give the prompt behind the URL, or on stdin: echo hi | sse-tool chat"

func newChat() *cobra.Command {
	c := chatConfig{Config: talk.Config{Dialect: talk.Auto, Patience: 30 * time.Second}}
	cmd := &cobra.Command{
		Use:   "chat [URL [PROMPT]]",
		Short: "talk to a server that streams its answers",
		Long: `On a terminal, chat is a screen: a conversation, and the life of the stream that
carries it, with five ways to leave that stream and a look at when the server
lets go; ? shows its keys.

With PROMPT, or where stdin is no terminal, chat asks for one answer and writes
it to stdout as it comes. The prompt is PROMPT, or what stands on stdin.

URL is the base URL of a reference server, or the base or the endpoint of an
OpenAI-compatible or Anthropic one; without it a reference server is started for
as long as it takes.

--dialect auto goes by the URL, by what the server tells of itself, and by how
it answers. A key comes from the environment only: SSE_TOOL_CHAT_KEY for any
server, or OPENAI_API_KEY and ANTHROPIC_API_KEY for those of their dialects,
where --dialect or the URL says that it is one.

A stream that is lost is resumed with its last event ID where the server can do
that; else the answer ends there, what came of it stays, and the exit code is 2.

--json writes an object a line: kind is open, delta, comment, retry, reconnect,
error or end. --load goes on with a conversation from a file, --save writes it
with the answer: JSON or Markdown, by the file's name.

Exit codes: 0 the answer is complete; 2 wrong usage or a failure, an answer that
broke off too; 130 interrupted.`,
		Example: `  sse-tool chat
  echo hi | sse-tool chat
  sse-tool chat http://127.0.0.1:8080 'Why is the sky blue?'
  sse-tool chat --model llama3.2 http://127.0.0.1:11434/v1 'Say it in one word.' < /dev/null
  git diff | sse-tool chat --system 'Review this change.' --model gpt-4o https://api.openai.com
  sse-tool chat --load talk.md --save talk.md http://127.0.0.1:8080 'And at night?'`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(&c.Dialect, "dialect", "how the server is talked to: auto, sse-tool, openai, anthropic or text")
	f.StringVar(&c.talk.Model, "model", "", "the model to ask for (default: the server's own)")
	f.StringVar(&c.talk.System, "system", "", "the system prompt")
	f.StringVar(&c.talk.Session, "session", "", "the session to go on with, at a reference server (default: a new one)")
	f.IntVar(&c.talk.MaxTokens, "max-tokens", 0, "how long the answer may be (default: as the server has it; 4096 for anthropic)")
	f.Float64Var(&c.temperature, "temperature", 0, "the sampling temperature (default: the server's own)")
	f.BoolVar(&c.json, "json", false, "write a JSON object a line")
	f.StringVar(&c.load, "load", "", "go on with the conversation in this file (.json, .md)")
	f.Var(&c.save, "save", "write the conversation, with the answer, to this file (.json, .md)")
	f.DurationVar(&c.ReadTimeout, "read-timeout", 0, "take a stream that is silent for so long as lost (default: never)")
	f.DurationVar(&c.Patience, "reconnect-for", c.Patience, "how long a lost stream is tried to be had back")
	c.request.bindHeader(f)
	c.request.bindCaller(f)
	return cmd
}

func (c *chatConfig) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	if err := c.resolve(cmd, args); err != nil {
		return err
	}
	screen := c.onScreen(cmd, args)
	if !screen {
		if err := c.ask(ctx, cmd, args); err != nil {
			return err
		}
	}
	if len(args) == 0 {
		child, err := startChild(ctx, cmd, chatChild)
		if err != nil {
			return fmt.Errorf("start the reference server: %w", err)
		}
		defer child.stop()
		c.URL = child.url
	}
	config, err := c.Resolve(ctx)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return fmt.Errorf("chat: %w", err)
	}
	config.Key = talk.KeyFrom(os.Getenv, config.Target)
	if screen {
		return c.screen(ctx, cmd, config)
	}
	return c.answer(ctx, cmd, talk.Ask(ctx, config, c.talk))
}

// resolve takes the flags that do not bind by themselves, and the URL.
func (c *chatConfig) resolve(cmd *cobra.Command, args []string) error {
	f := cmd.Flags()
	if err := aboveZero(f, "max-tokens", "read-timeout", "reconnect-for"); err != nil {
		return usageError{err}
	}
	if f.Changed("temperature") {
		c.talk.Temperature = &c.temperature
	}
	var err error
	c.Header, c.Addresses = c.request.fields(), c.request.resolve
	if c.TLS, err = c.request.tls(); err != nil {
		return usageError{err}
	}
	if err := c.checkFiles(); err != nil {
		return err
	}
	if len(args) > 0 {
		c.URL = args[0]
		if err := c.Validate(); err != nil {
			return hinted{fmt.Errorf("chat: %w", err), "give the server's URL first, and the prompt behind it or on stdin"}
		}
	}
	return nil
}

// checkFiles reads the conversation to go on with, and sees that the new one can be written.
func (c *chatConfig) checkFiles() error {
	if c.save != "" {
		if _, err := talk.FormatOf(string(c.save)); err != nil {
			return fmt.Errorf("--save: %w", err)
		}
		if err := c.save.check("--save"); err != nil {
			return err
		}
	}
	if c.load == "" {
		return nil
	}
	loaded, err := talk.Load(c.load)
	switch {
	case errors.As(err, new(*talk.FormatError)):
		return fmt.Errorf("--load: %w", err)
	case err != nil:
		return hinted{fmt.Errorf("--load: %w", err), "give a file that --save wrote, or Markdown with a text below ## User"}
	}
	c.talk = prefer(c.talk, loaded)
	return nil
}

// prefer is a conversation from a file, with what was typed in place of what it has.
func prefer(typed, c client.Conversation) client.Conversation {
	if typed.Model != "" {
		c.Model = typed.Model
	}
	if typed.System != "" {
		c.System = typed.System
	}
	if typed.Session != "" {
		c.Session = typed.Session
	}
	if typed.MaxTokens != 0 {
		c.MaxTokens = typed.MaxTokens
	}
	if typed.Temperature != nil {
		c.Temperature = typed.Temperature
	}
	return c
}

// ask puts the prompt at the end of the conversation.
func (c *chatConfig) ask(ctx context.Context, cmd *cobra.Command, args []string) error {
	prompt := ""
	switch {
	case len(args) == 2:
		prompt = args[1]
	case isTerminalIn(cmd.InOrStdin()) && isTerminal(cmd.OutOrStdout()) && !c.json:
		return hinted{errors.New("chat: nothing is asked, and a terminal with TERM=dumb shows no screen"), askHint}
	case isTerminalIn(cmd.InOrStdin()):
		return hinted{errors.New("chat: nothing is asked"), askHint}
	default:
		var err error
		if prompt, err = readPrompt(ctx, cmd.InOrStdin()); err != nil {
			return err
		}
	}
	messages := c.talk.Messages
	switch {
	case strings.TrimSpace(prompt) != "":
		c.talk.Messages = append(messages, client.Message{Role: client.RoleUser, Text: prompt})
	case len(messages) == 0 || messages[len(messages)-1].Role != client.RoleUser:
		return hinted{errors.New("chat: the prompt is empty"), "give it behind the URL, or on stdin: echo hi | sse-tool chat"}
	}
	return nil
}

// readPrompt reads all of an input, less the ends of lines behind it. What reads ends with the process at the latest:
// nothing can wake it.
func readPrompt(ctx context.Context, in io.Reader) (string, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(in, maxPrompt+1))
		done <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", errInterrupted
	case r := <-done:
		switch {
		case r.err != nil:
			return "", fmt.Errorf("chat: read stdin: %w", r.err)
		case len(r.text) > maxPrompt:
			return "", usageError{fmt.Errorf("chat: the prompt is larger than %d MiB", maxPrompt>>20)}
		}
		return strings.TrimRight(string(r.text), "\r\n"), nil
	}
}

// isTerminalIn tells whether an input is a terminal.
func isTerminalIn(r io.Reader) bool {
	f, ok := r.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
