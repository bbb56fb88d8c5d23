package server

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
)

// protocols are what a connection may speak: HTTP/1.1, and HTTP/2 over TLS or,
// if the client knows beforehand, in the clear.
func protocols() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return &p
}

// http2 bounds an HTTP/2 connection as the socket options bound it on Linux:
// what they do for a stream of HTTP/1.1 they do here for all streams of the
// connection, and a write's own deadline ends one alone.
func (s *Server) http2() *http.HTTP2Config {
	if s.cfg.defective(NoWriteDeadline) {
		return nil
	}
	return &http.HTTP2Config{
		SendPingTimeout:  s.cfg.Heartbeat, // of silence from the client
		PingTimeout:      s.cfg.UserTimeout,
		WriteByteTimeout: s.cfg.WriteTimeout,
	}
}

// loadTLS reads the certificate, if there is one.
func (c Config) loadTLS() (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("tls certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

// serve accepts on ln until it is closed.
func (s *Server) serve(hs *http.Server, ln net.Listener) error {
	if s.tls == nil {
		return hs.Serve(ln)
	}
	hs.TLSConfig = s.tls
	return hs.ServeTLS(ln, "", "")
}
