package client

import (
	"io"
	"time"
)

// told returns body such that OnRead is told of what comes.
func (c Config) told(body io.Reader) io.Reader {
	if c.OnRead == nil {
		return body
	}
	return told{c.OnRead, body}
}

type told struct {
	tell func(n int, at time.Time)
	body io.Reader
}

func (r told) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if n > 0 {
		r.tell(n, time.Now())
	}
	return n, err
}
