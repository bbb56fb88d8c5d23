package cmd

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// requestFlags are the flags that say what is asked for, in curl's words.
type requestFlags struct {
	method   string
	header   headerFlag
	data     dataFlag
	cookie   cookieFlag
	insecure bool
	cacert   string
	cert     string
	key      string
	resolve  resolveFlag
}

func (r *requestFlags) bind(f *pflag.FlagSet) {
	f.StringVarP(&r.method, "method", "X", "", "the request's method (default GET, or POST with --data)")
	r.bindHeader(f)
	f.VarP(&r.data, "data", "d", "the request's body, or @ and the file that has it")
	r.bindCaller(f)
}

// bindHeader binds the one for any field.
func (r *requestFlags) bindHeader(f *pflag.FlagSet) {
	f.VarP(&r.header, "header", "H", `a header field, "Name: value" (repeat)`)
}

// bindCaller binds those that say who asks, and of whom.
func (r *requestFlags) bindCaller(f *pflag.FlagSet) {
	f.VarP(&r.cookie, "cookie", "b", `cookies, "name=value; name=value" (repeat)`)
	r.bindTLS(f)
	f.Var(&r.resolve, "resolve", "connect to this address for a host, host:port:address (repeat)")
}

// bindTLS binds those that say whom to trust.
func (r *requestFlags) bindTLS(f *pflag.FlagSet) {
	f.BoolVarP(&r.insecure, "insecure", "k", false, "do not check the server's certificate")
	f.StringVar(&r.cacert, "cacert", "", "the file of the certificates to trust, in place of the system's")
	f.StringVar(&r.cert, "cert", "", "the file of the client's own certificate")
	f.StringVar(&r.key, "key", "", "the file of its key (default: that of --cert)")
}

// fields is the request's header; nil is none.
func (r *requestFlags) fields() http.Header {
	h := http.Header(r.header).Clone()
	if len(r.cookie) > 0 {
		if h == nil {
			h = http.Header{}
		}
		h.Add("Cookie", r.cookie.String())
	}
	return h
}

// tls is how https is spoken; nil is as usual.
func (r *requestFlags) tls() (*tls.Config, error) {
	if !r.insecure && r.cacert == "" && r.cert == "" && r.key == "" {
		return nil, nil
	}
	config := &tls.Config{InsecureSkipVerify: r.insecure}
	if r.cacert != "" {
		pem, err := os.ReadFile(r.cacert)
		if err != nil {
			return nil, fmt.Errorf("--cacert: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--cacert: no certificate in PEM form in %s", r.cacert)
		}
	}
	switch {
	case r.cert == "" && r.key != "":
		return nil, errors.New("--key: there is no --cert whose key it would be")
	case r.cert != "":
		key := r.key
		if key == "" {
			key = r.cert
		}
		own, err := tls.LoadX509KeyPair(r.cert, key)
		if err != nil {
			return nil, fmt.Errorf("--cert: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}

// cookieFlag is what goes into the Cookie field.
type cookieFlag []string

func (c *cookieFlag) Set(text string) error {
	if !strings.Contains(text, "=") || strings.ContainsAny(text, "\r\n") {
		return errors.New("write cookies as name=value; a file of them is not read") // a value may be secret
	}
	*c = append(*c, text)
	return nil
}

func (c *cookieFlag) String() string { return strings.Join(*c, "; ") }

// Type names the flag's kind in a help text.
func (*cookieFlag) Type() string { return "cookies" }

// resolveFlag has the address to connect to by host and port.
type resolveFlag map[string]string

func (r *resolveFlag) Set(text string) error {
	host, rest, _ := strings.Cut(text, ":")
	port, addr, ok := strings.Cut(rest, ":")
	addr = strings.TrimSuffix(strings.TrimPrefix(addr, "["), "]")
	if !ok || host == "" || port == "" || net.ParseIP(addr) == nil {
		return fmt.Errorf("%q is not host:port:address, such as chat.example:443:127.0.0.1", text)
	}
	if *r == nil {
		*r = resolveFlag{}
	}
	(*r)[net.JoinHostPort(host, port)] = addr
	return nil
}

func (r *resolveFlag) String() string { return "" }

// Type names the flag's kind in a help text.
func (*resolveFlag) Type() string { return "host:port:address" }
