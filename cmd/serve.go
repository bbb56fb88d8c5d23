package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/server"
)

// serveConfig is what serve's flags bind into.
type serveConfig struct {
	server.Config
	addr          string
	upstream      server.Remote
	replyRate     rateFlag
	logFormat     string
	defects       []string
	listDefects   bool
	proxies       []string
	exitWithStdin bool
}

func newServe() *cobra.Command {
	c := serveConfig{Config: server.DefaultConfig()}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "run the reference SSE chat server",
		Long: `serve runs a chat server that does what a chat back end must do: a timeout, a
release on every end, heartbeats with a bound on their acknowledgement, and a
sweep that spares the living. Its sessions are listed at /sessions, told as
they open and close at /sessions/feed, and counted at /metrics; a chat page
stands at /. All but the page and the chat is for this machine alone, as long
as there is no admin token.

The first line on stdout is the server's base URL, printed once it accepts.
The same chat is behind three doors: GET /sse/chat (for EventSource, resumable
by Last-Event-ID), POST /v1/chat/completions (the OpenAI dialect, streamed or
not) and GET /ws/chat (WebSocket).
The replies are the built-in model's, or with --upstream those of a server that
speaks OpenAI's chat completions. Its key is taken from the environment:
SSE_TOOL_UPSTREAM_KEY, or else OPENAI_API_KEY.

Each --defect leaves one thing out, as real servers do, to show what a leak
looks like; --list-defects tells of each what is left out, what shows, and
where it was seen:

` + defectNames(),
		Example: `  sse-tool serve
  sse-tool serve --addr 127.0.0.1:0 --timeout 15s --heartbeat 1s
  sse-tool serve --defect no-remove     # and watch it leak: sse-tool storm URL`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.listDefects {
				return unwritten("serve", writeDefects(cmd.OutOrStdout()))
			}
			return c.run(cmd)
		},
	}
	c.replyRate = rateFlag(c.ReplyRate)
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&c.addr, "addr", "127.0.0.1:8080", "where to listen; port 0 picks one")
	f.DurationVar(&c.Timeout, "timeout", c.Timeout, "the longest life of a stream; 0 is for ever")
	f.DurationVar(&c.Heartbeat, "heartbeat", c.Heartbeat, "the silence after which a comment is sent")
	f.DurationVar(&c.WriteTimeout, "write-timeout", c.WriteTimeout, "how long one write may take")
	f.DurationVar(&c.UserTimeout, "user-timeout", c.UserTimeout, "how long sent data may stay unacknowledged (TCP_USER_TIMEOUT)")
	f.DurationVar(&c.SweepEvery, "sweep-every", c.SweepEvery, "how often idle sessions are swept")
	f.DurationVar(&c.IdleTimeout, "idle-timeout", c.IdleTimeout, "how long a session may show no sign of its client")
	f.DurationVar(&c.ResumeGrace, "resume-grace", c.ResumeGrace, "how long a reply whose stream was lost can be resumed")
	f.Var(&c.replyRate, "reply-rate", "how many tokens a second a reply has")
	f.IntVar(&c.ReplyLength, "reply-length", c.ReplyLength, "how many tokens a reply has; one of --upstream has as many as that gives, unless this is said")
	f.StringVar(&c.upstream.URL, "upstream", "", "the OpenAI-compatible server that writes the replies (default: the built-in model)")
	f.StringVar(&c.upstream.Model, "model", "", "the model to ask it for")
	f.StringVar(&c.logFormat, "log-format", "text", "how logs are written on stderr: text or json")
	c.operationFlags(f)
	f.StringArrayVar(&c.defects, "defect", nil, "leave one thing out (repeat)")
	f.BoolVar(&c.listDefects, "list-defects", false, "list the defects, and the real bugs that they copy")
	f.BoolVar(&c.exitWithStdin, "exit-with-stdin", false, "end when the standard input does")
	_ = f.MarkHidden("exit-with-stdin") // for the child that storm starts
	return cmd
}

func (c *serveConfig) run(cmd *cobra.Command) error {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	if err := c.resolve(cmd); err != nil {
		return usageError{err}
	}
	s, err := server.New(c.Config)
	if err != nil {
		return err
	}
	ln, err := server.Listen(ctx, c.addr)
	if err != nil {
		return notListening(c.addr, err)
	}
	if c.exitWithStdin {
		// This goroutine ends with the process at the latest: nothing can wake a
		// read of a terminal.
		go func() {
			_, _ = io.Copy(io.Discard, cmd.InOrStdin())
			cancel()
		}()
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), baseURL(c.scheme(), ln.Addr())); err != nil {
		return errors.Join(unwritten("serve", err), ln.Close()) // whoever waits for it would wait for ever
	}
	return s.Serve(ctx, ln) // a signal is how a server is stopped: that is no failure
}

// resolveUpstream takes the upstream, whose replies are as long as it makes them
// unless somebody gave a length.
func (c *serveConfig) resolveUpstream(lengthGiven bool) error {
	if c.upstream.URL == "" {
		if c.upstream.Model != "" {
			return errors.New("--model: there is no --upstream that would have it")
		}
		return nil
	}
	if err := c.upstream.Validate(); err != nil {
		return hinted{fmt.Errorf("--upstream: %w", err), "give the server's address, or the base of its API, such as http://127.0.0.1:11434/v1"}
	}
	c.upstream.Key = client.Key(cmp.Or(os.Getenv("SSE_TOOL_UPSTREAM_KEY"), os.Getenv("OPENAI_API_KEY")))
	c.Upstream = c.upstream
	if !lengthGiven {
		c.ReplyLength = 0 // the model ends its replies
	}
	return nil
}

// scheme is that of the server's URLs.
func (c *serveConfig) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

// baseURL is where a client on this machine reaches a listener.
func baseURL(scheme string, a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("%s://localhost:%d", scheme, tcp.Port)
	}
	return scheme + "://" + a.String()
}

// resolve takes the flags that do not bind by themselves.
func (c *serveConfig) resolve(cmd *cobra.Command) error {
	logs := cmd.ErrOrStderr()
	c.ReplyRate = float64(c.replyRate)
	if err := c.resolveUpstream(cmd.Flags().Changed("reply-length")); err != nil {
		return err
	}
	switch c.logFormat {
	case "text":
		c.Logger = slog.New(slog.NewTextHandler(logs, nil))
	case "json":
		c.Logger = slog.New(slog.NewJSONHandler(logs, nil))
	default:
		return fmt.Errorf("--log-format: %q is neither text nor json", c.logFormat)
	}
	if err := c.resolveOperation(); err != nil {
		return err
	}
	for _, name := range c.defects {
		d, err := server.ParseDefect(name)
		if err != nil {
			return unknownDefect(name, err)
		}
		c.Defects = append(c.Defects, d)
	}
	return c.Validate()
}

// notListening says why nothing can listen at an address, and what would.
func notListening(addr string, err error) error {
	err = fmt.Errorf("listen on %s: %w", addr, plain(err))
	switch {
	case errors.As(err, new(*net.AddrError)), errors.As(err, new(*net.DNSError)):
		return hinted{err, "write --addr as host:port, such as 127.0.0.1:8080; port 0 picks one"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return hinted{err, "give an address of this machine, or none for all of them: --addr :8080"}
	case errors.Is(err, fs.ErrPermission):
		return hinted{err, "take a port that needs no privilege: one above 1023"}
	default:
		return usageError{err}
	}
}

// plain takes the addresses off a network error that names them already.
func plain(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
