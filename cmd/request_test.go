package cmd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func requestOf(t *testing.T, args ...string) (*requestFlags, error) {
	t.Helper()
	var r requestFlags
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	r.bind(f)
	return &r, f.Parse(args)
}

func TestRequestFlags(t *testing.T) {
	r, err := requestOf(t, "-H", "X-A: 1", "-b", "a=1", "--cookie", "b=2; c=3", "--resolve", "h:80:127.0.0.1", "--resolve", "h:443:[::1]")
	if err != nil {
		t.Fatal(err)
	}
	if h := r.fields(); h.Get("X-A") != "1" || h.Get("Cookie") != "a=1; b=2; c=3" || len(r.header) != 1 {
		t.Errorf("the fields are %q", h)
	}
	if r.resolve["h:80"] != "127.0.0.1" || r.resolve["h:443"] != "::1" {
		t.Errorf("the addresses are %q", r.resolve)
	}
	for _, args := range [][]string{
		{"-b", "cookies.txt"}, {"-b", "a=1\r\nX: 2"},
		{"--resolve", "h"}, {"--resolve", "h:80"}, {"--resolve", "h:80:localhost"}, {"--resolve", ":80:127.0.0.1"},
	} {
		if _, err := requestOf(t, args...); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

// A server that asks for a certificate of ours, and has one that only --cacert
// knows.
func TestRequestFlagsTLS(t *testing.T) {
	ca, clients, pair := certificates(t)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, Certificates: []tls.Certificate{pair}}
	srv.StartTLS()
	defer srv.Close()
	both, alone := filepath.Join(ca, "both.pem"), filepath.Join(ca, "key.pem")
	for _, tt := range []struct {
		args []string
		want string // of the error; empty is none
	}{
		{[]string{"--cacert", both, "--cert", both}, ""},
		{[]string{"--cacert", both, "--cert", both, "--key", alone}, ""},
		{[]string{"-k", "--cert", both}, ""},
		{[]string{"--cert", both}, "unknown authority"},
		{[]string{"--cacert", both}, "certificate required"},
	} {
		r, err := requestOf(t, tt.args...)
		if err != nil {
			t.Fatal(err)
		}
		config, err := r.tls()
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{TLSClientConfig: config}
		resp, err := (&http.Client{Transport: transport}).Get(srv.URL)
		if err == nil {
			resp.Body.Close()
		}
		transport.CloseIdleConnections()
		if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q: %v, want %q", tt.args, err, tt.want)
		}
	}
	for want, args := range map[string][]string{
		"--cacert: open ":                      {"--cacert", filepath.Join(ca, "none")},
		"--cacert: no certificate in PEM form": {"--cacert", alone},
		"--cert: open ":                        {"--cert", filepath.Join(ca, "none")},
		"--key: there is no --cert":            {"--key", alone},
	} {
		r, err := requestOf(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.tls(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", args, err, want)
		}
	}
}

// certificates writes a certificate for 127.0.0.1 that signs itself, with its
// key (both.pem), and the key alone (key.pem), into a folder.
func certificates(t *testing.T) (folder string, pool *x509.CertPool, pair tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	folder = t.TempDir()
	for name, text := range map[string][]byte{"both.pem": append(certPEM, keyPEM...), "key.pem": keyPEM} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	if pair, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	return folder, pool, pair
}
