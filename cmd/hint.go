package cmd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
)

// message is an error in one line. A flag's own error is said without pflag's
// frame around it.
func message(err error) string {
	var flag *pflag.InvalidValueError
	if errors.As(err, &flag) {
		return "--" + flag.GetFlag().Name + ": " + flagCause(flag.Unwrap()).Error()
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// flagCause is what is wrong with a flag's value, without the words of strconv.
func flagCause(err error) error {
	var number *strconv.NumError
	switch {
	case errors.As(err, &number) && number.Func == "ParseBool":
		return fmt.Errorf("%q is neither true nor false", number.Num)
	case number != nil:
		return fmt.Errorf("%q is no number, or too large a one", number.Num)
	}
	if text, ok := strings.CutPrefix(err.Error(), "time: "); ok { // of time.ParseDuration, which has no type for it
		return errors.New(text)
	}
	return err
}

// hint is the way out of an error; empty where none is known. An error may have
// one of its own (a Hint method).
func hint(err error) string {
	var own interface{ Hint() string }
	var dns *net.DNSError
	var status *client.StatusError
	var flag *pflag.InvalidValueError
	switch {
	case errors.As(err, &own):
		return own.Hint()
	case errors.Is(err, leakcheck.ErrNoProbe):
		return probe.NoProbe
	case errors.As(err, &status):
		return statusHint(status.Status)
	case errors.As(err, new(*client.ContentTypeError)):
		return streamURL
	case errors.As(err, new(*client.ContentEncodingError)):
		return "have the server, or what stands in front of it, leave the stream uncompressed: nobody asked for it"
	case errors.As(err, new(*client.EventTooLargeError)):
		return "--max-event-bytes takes larger ones"
	case errors.As(err, new(*client.ProtocolError)), strings.Contains(err.Error(), "malformed HTTP"): // of net/http, which has no type for it
		return "see that the URL's scheme (http, https) and port are those of an HTTP/1.1 server"
	case errors.As(err, new(tls.RecordHeaderError)):
		return "what listens there speaks no TLS: is it an http:// URL?"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return "-k (--insecure) does not check the server's certificate"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: start the server, or `sse-tool serve`"
	case errors.Is(err, syscall.EADDRINUSE):
		return "something listens there already: take another --addr; port 0 picks one that is free"
	case errors.As(err, &dns):
		return "see that the host's name is right"
	case errors.Is(err, context.DeadlineExceeded):
		return "the server did not answer in time"
	case isUsage(err) && errors.As(err, new(*fs.PathError)):
		return "see that the file is there and can be read"
	case errors.As(err, &flag) && flag.GetFlag().Value.Type() == "duration":
		return "write a time as 5s, 300ms or 1m30s"
	case isUsage(err):
		return helpLists
	default:
		return ""
	}
}

const streamURL = "give the stream's own URL, with -X, -H and -d where it needs them; curl -N shows what it answers"

// statusHint is the way out where a server answers with another status than 200.
func statusHint(status int) string {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return "it leads elsewhere: give the URL that its Location names (curl -sI shows it)"
	case http.StatusUnauthorized, http.StatusForbidden:
		return "give what it asks for: -H 'Authorization: Bearer TOKEN', or -b 'session=...'"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "it takes no more for now: come later, or with fewer"
	default:
		return streamURL
	}
}

// isUsage tells cobra's own errors, which have no types.
func isUsage(err error) bool {
	for _, start := range []string{"unknown command", "unknown flag", "unknown shorthand flag", "accepts ", "flag needs an argument"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return errors.As(err, new(*pflag.InvalidValueError)) || errors.As(err, new(usageError))
}

// usageError is an error in what was typed, without a way out of its own.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// hinted is an error with a way out of its own.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// Hint is the way out.
func (e hinted) Hint() string { return e.hint }
