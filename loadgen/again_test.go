package loadgen

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer string
		want   Again
		err    string
	}{
		"a stream": {headOf("x"), Again{Status: 200, Stream: true}, ""},
		"204":      {"HTTP/1.1 204 No Content\r\n\r\n", Again{Status: 204}, "status 204"},
		"no stream": {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", Again{Status: 200},
			"text/html"},
		"nothing": {"", Again{}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen, left := make(chan *http.Request, 2), make(chan error, 2)
			s := serve(t, func(c *rawConn) {
				seen <- c.request
				if c.id() != "t-0" {
					fmt.Fprint(c, tt.answer)
					if tt.answer != "" {
						left <- c.gone()
					}
					return
				}
				c.head()
				c.chunk("id: 7\ndata: a\n\n")
				c.last()
				_ = c.gone()
			})
			p := small(s.url()+"?n={{n}}&id={{id}}", 1, Complete)
			p.Request.Header = http.Header{"last-event-id": {"3"}}
			l := start(t, p)
			await(t, "the stream to complete", l.Left())
			a := l.Again(t.Context(), 0)
			requests := collect(t, "requests", seen, 2)
			first, second := requests[0], requests[1]
			if first.URL.String() != second.URL.String() || second.Header.Get(StreamIDHeader) != "t-again" {
				t.Errorf("asked %s, then %s as %q", first.URL, second.URL, second.Header.Get(StreamIDHeader))
			}
			if was, is := first.Header["Last-Event-Id"], second.Header["Last-Event-Id"]; fmt.Sprint(was, is) != "[3] [7]" {
				t.Errorf("Last-Event-ID was %q, then %q", was, is)
			}
			if a.Asked == 0 || !strings.Contains(a.Err, tt.err) || (tt.err == "") != (a.Err == "") {
				t.Errorf("%+v", a)
			}
			if a.Asked, a.Err = 0, ""; a != tt.want {
				t.Errorf("%+v, want %+v", a, tt.want)
			}
			if tt.answer != "" {
				if err := collect(t, "ends", left, 1)[0]; !isFIN(err) {
					t.Errorf("the server sees %v", err)
				}
			}
			if n := len(l.AppendRecords(nil)); n != 1 {
				t.Errorf("%d records", n)
			}
		})
	}
}

func TestAgainGivesUp(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *rawConn) {
		if c.id() == "t-0" {
			c.head()
			c.last()
		}
		_ = c.gone()
	})
	l := start(t, small(s.url(), 1, Complete))
	await(t, "the stream to complete", l.Left())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if a := l.Again(ctx, 0); a.Status != 0 || a.Stream || a.Err == "" {
		t.Errorf("%+v", a)
	}
	eventually(t, "the connections to be closed", func() bool { return s.open() == 0 })
}

func TestByEventSource(t *testing.T) {
	for name, tt := range map[string]struct {
		request Request
		want    bool
	}{
		"plain":             {Request{}, true},
		"GET":               {Request{Method: "GET"}, true},
		"a body":            {Request{Body: []byte("{}")}, false},
		"an empty body":     {Request{Body: []byte{}}, false},
		"a GET with a body": {Request{Method: "GET", Body: []byte("{}")}, false},
		"POST":              {Request{Method: "POST"}, false},
		"HEAD":              {Request{Method: "HEAD"}, false},
		"a cookie":          {Request{Header: http.Header{"cookie": {"a=b"}, "Origin": {"http://h"}, "sec-fetch-mode": {"cors"}}}, true},
		"a key":             {Request{Header: http.Header{"X-Api-Key": {"k"}}}, false},
		"a token":           {Request{Header: http.Header{"authorization": {"Bearer t"}}}, false},
		"a password":        {Request{Header: http.Header{"Authorization": {"basic dTpw"}}}, true},
		"a stream's id":     {Request{Header: http.Header{"x-stream-id": {"a-{{id}}"}}}, true},
	} {
		if got := tt.request.ByEventSource(); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
