package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// flagError is what pflag makes of a value that a flag does not take.
func flagError(t *testing.T, v pflag.Value, text string) error {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	flags.Var(v, "the-flag", "")
	err := flags.Parse([]string{"--the-flag", text})
	if err == nil {
		t.Fatalf("%q is taken", text)
	}
	return err
}

func TestMessage(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("storm: it rains"), "storm: it rains"},
		{errors.Join(errors.New("one"), errors.New("two")), "one; two"},
		{flagError(t, new(rateFlag), "fast"), `--the-flag: "fast" is no rate`},
		{flagError(t, new(headerFlag), "s3cret"), `--the-flag: a header is written "Name: value"`},
		{flagError(t, new(reportsFlag), "xml=x"), `--the-flag: unknown report format "xml"`},
	} {
		if got := message(c.err); got != c.want {
			t.Errorf("%v is said %q, want %q", c.err, got, c.want)
		}
	}
}

func TestHint(t *testing.T) {
	const help = "--help lists what there is"
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("nobody knows"), ""},
		{fmt.Errorf("storm: %w", leakcheck.ErrNoProbe), "tell where its sessions are counted: --probe json:URL#JQ, such as --probe json:http://host/health#.active; sse-tool probe --list has more"},
		{fmt.Errorf("storm: %w", &client.StatusError{}), "give the stream's own URL, with -X, -H and -d where it needs them; curl -N shows what it answers"},
		{fmt.Errorf("storm: %w", &client.StatusError{Status: 302}), "it leads elsewhere: give the URL that its Location names (curl -sI shows it)"},
		{fmt.Errorf("storm: %w", &client.StatusError{Status: 401}), "give what it asks for: -H 'Authorization: Bearer TOKEN', or -b 'session=...'"},
		{fmt.Errorf("storm: %w", &client.StatusError{Status: 429}), "it takes no more for now: come later, or with fewer"},
		{&client.ContentEncodingError{ContentEncoding: "br"}, "have the server, or what stands in front of it, leave the stream uncompressed: nobody asked for it"},
		{fmt.Errorf("storm: %w", &client.ContentTypeError{}), "give the stream's own URL, with -X, -H and -d where it needs them; curl -N shows what it answers"},
		{fmt.Errorf("storm: %w", &client.ProtocolError{}), "see that the URL's scheme (http, https) and port are those of an HTTP/1.1 server"},
		{errors.New("listen: open http://host: malformed HTTP response \"SSH-2.0\""), "see that the URL's scheme (http, https) and port are those of an HTTP/1.1 server"},
		{fmt.Errorf("storm: %w", refused), "nothing listens there: start the server, or `sse-tool serve`"},
		{fmt.Errorf("listen: %w", syscall.EADDRINUSE), "something listens there already: take another --addr; port 0 picks one that is free"},
		{fmt.Errorf("look up: %w", &net.DNSError{}), "see that the host's name is right"},
		{fmt.Errorf("storm: %w", context.DeadlineExceeded), "the server did not answer in time"},
		{errors.New(`unknown command "x" for "sse-tool"`), help},
		{errors.New("unknown flag: --x"), help},
		{errors.New("accepts at most 1 arg(s), received 2"), help},
		{flagError(t, new(headerFlag), "x"), help},
		{usageError{errors.New("poll: 0s")}, help},
		{fmt.Errorf("serve: %w", usageError{errors.New("poll: 0s")}), help},
		// An error's own way out comes first.
		{flagError(t, new(rateFlag), "fast"), "write a rate as 20/s, 90/m or 0.5/s"},
		{flagError(t, new(loadgen.Mix), "clsoe"), "the ways are complete, close, half-close, reset, early, refresh, stall, overstay, vanish"},
		{flagError(t, new(leakcheck.Windows), "soon"), "write a window as 5s or 1m30s, for one way as close=5s, or as timeout: what is left of the server's own"},
		{hinted{refused, "knock louder"}, "knock louder"},
	} {
		if got := hint(c.err); got != c.want {
			t.Errorf("%v: hint %q, want %q", c.err, got, c.want)
		}
	}
}
