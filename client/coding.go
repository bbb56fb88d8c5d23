package client

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// compressed tells whether the content coding is gzip alone, the one that is undone.
func (h *Head) compressed() bool {
	codings := h.Header["Content-Encoding"]
	if len(codings) != 1 {
		return false
	}
	return strings.EqualFold(codings[0], "gzip") || strings.EqualFold(codings[0], "x-gzip") // RFC 9110 8.4.1.3
}

// uncoded is the head as it would be without the content coding that is undone.
func (h *Head) uncoded() *Head {
	if !h.compressed() {
		return h
	}
	plain := *h
	plain.Header = make(http.Header, len(h.Header))
	for name, values := range h.Header {
		if name != "Content-Encoding" {
			plain.Header[name] = values
		}
	}
	return &plain
}

// uncoded is the body with the content coding undone.
func uncoded(h *Head, body io.Reader) io.Reader {
	if h.compressed() {
		return &gunzip{body: bufio.NewReader(body)}
	}
	return body
}

// gunzip undoes gzip. What the server has flushed comes out at once, and so does what a member (RFC 1952 2.2) ends with:
// the header of the first member and of each next one, which a server may hold back until it has something to send, is
// waited for only by the Read that finds nothing else.
type gunzip struct {
	body   *bufio.Reader
	gzip   gzip.Reader
	within bool // a member
}

func (g *gunzip) Read(p []byte) (int, error) {
	for {
		if !g.within {
			if err := g.gzip.Reset(g.body); err != nil {
				return 0, g.explain(err)
			}
			g.gzip.Multistream(false)
			g.within = true
		}
		n, err := g.gzip.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, g.explain(err)
		}
		g.within = false
		if n > 0 {
			return n, nil
		}
	}
}

func (g *gunzip) explain(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("undo gzip: %w", err)
}
