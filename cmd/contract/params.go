package contract

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// params is the body of "create stream". What the suite leaves out is null, missing or empty.
type params struct {
	StreamURL      string            `json:"streamUrl"`
	CallbackURL    string            `json:"callbackUrl"`
	Tag            string            `json:"tag"`
	InitialDelayMS *milliseconds     `json:"initialDelayMs"`
	ReadTimeoutMS  *milliseconds     `json:"readTimeoutMs"`
	LastEventID    string            `json:"lastEventId"`
	Headers        map[string]string `json:"headers"`
	Method         string            `json:"method"`
	Body           string            `json:"body"`
}

type milliseconds int64

// duration is longest for what a time.Duration does not hold.
func (ms milliseconds) duration() time.Duration {
	const most = milliseconds(math.MaxInt64 / time.Millisecond)
	return time.Duration(min(ms, most)) * time.Millisecond
}

// config is what the client has to be told.
func (p params) config() (client.Config, error) {
	if p.StreamURL == "" || p.CallbackURL == "" {
		return client.Config{}, errors.New("streamUrl and callbackUrl are both needed")
	}
	if _, err := client.ParseURL(p.CallbackURL); err != nil {
		return client.Config{}, fmt.Errorf("callbackUrl: %w", err)
	}
	c := client.Config{URL: p.StreamURL, Method: p.Method, LastEventID: p.LastEventID, Header: http.Header{}}
	for name, value := range p.Headers {
		c.Header.Set(name, value)
	}
	if p.Body != "" {
		c.Body = []byte(p.Body)
	}
	if p.InitialDelayMS != nil {
		c.Retry = p.InitialDelayMS.duration()
		if c.Retry == 0 {
			c.Retry = 1 // the least: zero would be the default
		}
	}
	if p.ReadTimeoutMS != nil {
		c.ReadTimeout = p.ReadTimeoutMS.duration()
	}
	c = c.WithDefaults()
	return c, c.Validate()
}
