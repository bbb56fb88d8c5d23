package client

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

// What OnRead is told of is what came over the connection: with its coding, and with what makes no item.
func TestOnReadIsToldOfAllBytes(t *testing.T) {
	const text = "id: 1\n\nfoo: bar\ndata: a\n\ndata: not whole"
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { begin(w, text) })
	coded := 0
	zipped := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		begin(w, "")
		z := gzip.NewWriter(counter{w, &coded})
		io.WriteString(z, text)
		z.Close()
	})
	total := func(url string) int {
		n, last := 0, time.Now()
		s, err := Open(t.Context(), Config{URL: url, OnRead: func(more int, at time.Time) {
			if at.Before(last) {
				t.Errorf("bytes came at %v, after those of %v", at, last)
			}
			n, last = n+more, at
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := drain(s.Next); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		return n
	}
	if n := total(plain); n != len(text) {
		t.Errorf("%d bytes of %d", n, len(text))
	}
	if n := total(zipped); n != coded {
		t.Errorf("%d bytes of %d, with the coding", n, coded)
	}
}

type counter struct {
	w io.Writer
	n *int
}

func (c counter) Write(p []byte) (int, error) {
	*c.n += len(p)
	return c.w.Write(p)
}
