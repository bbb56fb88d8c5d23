package client

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What the server has flushed comes at once, although the stream goes on.
func TestGzipIsReadEventByEvent(t *testing.T) {
	for _, coding := range []string{"gzip", "x-gzip", "GZIP"} {
		next := make(chan struct{})
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", coding)
			begin(w, "") // the head alone: nothing of the coding
			z := gzip.NewWriter(w)
			for range next {
				io.WriteString(z, "data: "+strings.Repeat("long ", 20)+"\n\n")
				_ = z.Flush()
				send(w, "")
			}
			z.Close()
		})
		s, err := Open(t.Context(), Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if item, err := s.Next(); err != nil || item.Head.Header.Get("Content-Encoding") != coding {
			t.Errorf("%+v, %v: the head does not tell of the coding", item.Head, err)
		}
		for range 3 {
			next <- struct{}{}
			if item, err := s.Next(); err != nil || len(item.Event.Data) != 100 {
				t.Fatalf("%q, %v", item.Event.Data, err)
			}
		}
		close(next)
		if _, err := s.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("the end is %v", err)
		}
	}
}

// Some servers compress each event by itself.
func TestGzipIsReadMemberByMember(t *testing.T) {
	next := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		begin(w, "")
		for range next {
			for _, part := range []string{"", "data: one event\n\n"} {
				z := gzip.NewWriter(w)
				io.WriteString(z, part)
				z.Close()
			}
			send(w, "")
		}
	})
	s, err := Open(t.Context(), Config{URL: url, ReadTimeout: 10 * time.Second})
	if err != nil {
		close(next)
		t.Fatal(err)
	}
	defer s.Close()
	_, _ = s.Next()
	for range 3 {
		next <- struct{}{}
		if item, err := s.Next(); err != nil || string(item.Event.Data) != "one event" {
			t.Errorf("%q, %v", item.Event.Data, err)
		}
	}
	close(next)
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
}

func TestGzipThatIsNone(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"plain":      {"data: no gzip\n\n", "undo gzip: gzip: invalid header"},
		"cut header": {"\x1f\x8b\x08", "undo gzip: unexpected EOF"},
		"empty":      {"", "EOF"},
	} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			begin(w, c.body)
		})
		s, err := Open(t.Context(), Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		got, err := drain(s.Next)
		if len(got) != 1 || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v, with %+v", name, err, got)
		}
	}
}

func TestGzipWithAnotherCoding(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Encoding"] = []string{"gzip", "br"}
		begin(w, "")
	})
	if _, err := Open(t.Context(), Config{URL: url}); !isType[*ContentEncodingError](err) {
		t.Errorf("the error is %v", err)
	}
}

// A small answer may stand for a large one: the limit counts what came out.
func TestGzipWithinTheLimit(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		begin(w, "")
		z := gzip.NewWriter(w)
		io.WriteString(z, "data: "+strings.Repeat("x", 1<<20))
		z.Close()
	})
	s, err := Open(t.Context(), Config{URL: url, MaxEventBytes: 1 << 16})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(s.Next); !isType[*EventTooLargeError](err) {
		t.Errorf("the end is %v", err)
	}
}

// Each byte of a compressed stream is a sign of life, whether or not it gives one of an event.
func TestGzipIsWatchedByItsBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		io.WriteString(z, "data: one event\n\n")
		z.Close()
		c := servePipes(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			begin(w, "")
			for packed.Len() > 0 {
				time.Sleep(9 * time.Second)
				send(w, string(packed.Next(1)))
			}
		})
		c.ReadTimeout = 10 * time.Second
		s, err := Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := drain(s.Next)
		if !errors.Is(err, io.EOF) {
			t.Errorf("the end is %v", err)
		}
		sameLines(t, "items", lines(got), []string{message("one event")})
	})
}
