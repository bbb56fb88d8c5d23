package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
)

// listenConfig is what listen's flags bind into.
type listenConfig struct {
	client.Config
	request   requestFlags
	reconnect bool
	insist    bool // --reconnect was typed: an answer that is done is asked for again too
	maxEvents int
	limit     time.Duration
	events    []string
	field     fieldFlag
	json      bool
	expect    expectations
}

func newListen() *cobra.Command {
	c := listenConfig{Config: client.Config{}.WithDefaults()}
	cmd := &cobra.Command{
		Use:     "listen URL",
		Aliases: []string{"tail"},
		Short:   "read one stream, for a person or a script",
		Long: `listen reads one event stream and shows what comes: how long after the event
before it, name, id and data of each event, comments, losses and reconnections,
and in the end, on stderr, a summary. It warns of what is wrong with the stream.
The base URL of a reference server means its /sse/chat.

It connects again as an EventSource does, with the last event ID, until the
server answers with status 204. An answer that says that it is done (an event
named done, message_stop or response.completed, data of [DONE]) and ends is
over; --reconnect asks for it again all the same.

--json writes an object a line: kind is open, event, comment, retry, warning,
error, reconnect or end. --field writes what a jq filter gives of each event's
data, strings as they are.

Exit codes: 0 the stream ended in good order, or with what --max-events or --for
asked for; 1 an expectation was not met; 2 wrong usage or a failure; 130
interrupted.`,
		Example: `  sse-tool listen http://127.0.0.1:8080
  sse-tool listen --json --max-events 10 http://127.0.0.1:9000/events
  sse-tool listen --event delta --field .delta 'http://127.0.0.1:8080/sse/chat?message=hi'
  sse-tool listen -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' -d @request.json https://chat.example/v1/chat/completions
  sse-tool listen --for 1m --expect-heartbeat 15s --expect-events 1 http://127.0.0.1:9000/events`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&c.json, "json", false, "write a JSON object a line")
	f.Var(&c.field, "field", "write what this jq filter gives of each event's data")
	f.StringArrayVar(&c.events, "event", nil, "show the events of this name alone, no comments and no retry (repeat; message is one without a name)")
	f.IntVar(&c.maxEvents, "max-events", 0, "end after so many events that are shown")
	f.DurationVar(&c.limit, "for", 0, "end after this time")
	f.DurationVar(&c.expect.heartbeat, "expect-heartbeat", 0, "fail when nothing comes for longer while connected, a tenth (at least 100ms) allowed")
	f.DurationVar(&c.expect.gap, "expect-gap", 0, "fail when the next event takes longer, a tenth (at least 100ms) allowed")
	f.IntVar(&c.expect.events, "expect-events", 0, "fail with fewer events that are shown")
	f.BoolVar(&c.reconnect, "reconnect", true, "connect again when the stream is lost")
	f.DurationVar(&c.Retry, "retry", c.Retry, "how long to wait before that, until the server says")
	f.DurationVar(&c.ReadTimeout, "read-timeout", 0, "take a stream that is silent for so long as lost (default: never)")
	f.StringVar(&c.LastEventID, "last-event-id", "", "the last event ID to begin with")
	f.IntVar(&c.MaxEventBytes, "max-event-bytes", c.MaxEventBytes, "how large an event may be")
	c.request.bind(f)
	return cmd
}

func (c *listenConfig) run(cmd *cobra.Command, address string) error {
	ctx := cmd.Context()
	if err := c.resolve(cmd.Flags()); err != nil {
		return usageError{err}
	}
	limited := ctx
	if c.limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, c.limit, errTimeUp)
		defer cancel()
	}
	if err := c.aim(limited, address); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	l := newListener(*c, c.printer(limited, cmd.OutOrStdout(), cmd.ErrOrStderr()))
	return l.conclude(ctx, l.readAll(limited))
}

// resolve takes the flags that do not bind by themselves.
func (c *listenConfig) resolve(f *pflag.FlagSet) error {
	if c.json && c.field.code != nil {
		return errors.New("--json and --field both say what is written: give one of them")
	}
	err := aboveZero(f, "max-events", "for", "expect-heartbeat", "expect-gap", "expect-events", "retry", "read-timeout", "max-event-bytes")
	if err != nil {
		return err
	}
	c.insist = c.reconnect && f.Changed("reconnect")
	c.Method, c.Header, c.Resolve = c.request.method, c.request.fields(), c.request.resolve
	c.Body = c.request.data
	c.TLS, err = c.request.tls()
	return err
}

// aim finds out which stream a URL means.
func (c *listenConfig) aim(ctx context.Context, address string) error {
	c.URL = address
	u, err := client.ParseURL(address)
	if err != nil {
		return hinted{err, "a stream's URL begins with http:// or https://"}
	}
	if isBase(u) && c.detect(ctx) {
		u.Path = chatPath
		c.URL = u.String()
	}
	if err := c.WithDefaults().Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

// detect asks whether the URL's server is a reference server, which may take no
// longer than any silence.
func (c *listenConfig) detect(ctx context.Context) bool {
	if c.ReadTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.ReadTimeout)
		defer cancel()
	}
	return probe.Detect(ctx, c.URL, probe.Access{TLS: c.TLS, Resolve: c.Resolve}) != nil
}
