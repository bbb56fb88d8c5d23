package server

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// certify writes a certificate for 127.0.0.1 and its key into files.
func certify(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private))
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	roots = x509.NewCertPool()
	roots.AddCert(must(x509.ParseCertificate(der)))
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(private))), roots
}

// speaker is a client that speaks one protocol, over one connection if it can.
type speaker struct {
	*http.Client
	base string
}

func (r *running) speak(t *testing.T, scheme string, set func(*http.Protocols), roots *x509.CertPool) speaker {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Protocols: new(http.Protocols)}
	set(transport.Protocols)
	t.Cleanup(transport.CloseIdleConnections)
	return speaker{&http.Client{Transport: transport}, scheme + "://" + r.addr}
}

// open opens a stream and reads its first event.
func (c speaker) open(t *testing.T, path string) (resp *http.Response, body *bufio.Reader, leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	resp, err := c.Do(must(http.NewRequestWithContext(ctx, "GET", c.base+path, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	body = bufio.NewReader(resp.Body)
	for line := ""; line != "event: session\n"; {
		if line, err = body.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return resp, body, cancel
}

// The same server, whatever a connection speaks.
func TestProtocols(t *testing.T) {
	cert, key, roots := certify(t)
	for _, c := range []struct {
		name   string
		scheme string
		proto  string
		set    func(*http.Protocols)
	}{
		{"HTTP/1.1", "http", "HTTP/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }},
		{"HTTP/1.1 over TLS", "https", "HTTP/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }},
		{"HTTP/2 over TLS", "https", "HTTP/2.0", func(p *http.Protocols) { p.SetHTTP2(true) }},
		{"HTTP/2 in the clear", "http", "HTTP/2.0", func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := quick()
			if c.scheme == "https" {
				cfg.TLSCert, cfg.TLSKey = cert, key
			}
			r := start(t, cfg)
			client := r.speak(t, c.scheme, c.set, roots)
			resp, _, leave := client.open(t, chat("session=leaves"))
			equal(t, "protocol", resp.Proto, c.proto)
			equal(t, "session", resp.Header.Get("X-Session-Id"), "leaves")
			_, stays, _ := client.open(t, chat("session=stays"))
			equal(t, "sign of the client", r.sessions.get("stays").activity.conn != nil, runtime.GOOS == "linux")

			leave()
			eventually(t, "who leaves is gone", func() bool { return r.active() == 1 })
			equal(t, "disconnected", r.lost(), 1)
			for line := ""; !strings.HasPrefix(line, "event: delta"); {
				line = must(stays.ReadString('\n'))
			}
			r.sessions.release(r.sessions.get("stays"), CloseTimeout)
			if _, err := io.Copy(io.Discard, stays); err != nil {
				t.Errorf("a stream that the server ends: %v", err)
			}
			eventually(t, "no upstream is left", func() bool { return r.sessions.upstreams.Load() == 0 })
		})
	}
}

// Over HTTP/2 a client that stops reading closes its stream's window. The
// deadline of a write ends that stream, and no other of the connection.
func TestStallOverHTTP2(t *testing.T) {
	cfg := quick()
	cfg.WriteTimeout = 300 * time.Millisecond
	r := start(t, cfg)
	client := r.speak(t, "http", func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, nil)
	transport := client.Transport.(*http.Transport)
	transport.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10}
	_, other, _ := client.open(t, chat("session=other"))
	client.open(t, chat("session=stalled", "size=4096", "rate=500"))
	eventually(t, "the stalled stream ends", func() bool { return r.sessions.get("stalled") == nil })
	for range 20 {
		must(other.ReadString('\n'))
	}
	equal(t, "active", r.active(), 1)
}

func TestNewWithoutItsCertificate(t *testing.T) {
	cfg := DefaultConfig()
	cfg.TLSCert, cfg.TLSKey = "nowhere.pem", "nowhere.pem"
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "nowhere.pem") {
		t.Errorf("got %v", err)
	}
}
