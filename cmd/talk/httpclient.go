package talk

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sse-tool/sse-tool/client"
)

// httpClient makes single requests, as the streams are made.
func (c Config) httpClient() *http.Client {
	dialer := net.Dialer{Timeout: listTimeout}
	return &http.Client{
		Timeout:       listTimeout,
		CheckRedirect: client.CheckRedirect,
		Transport: &http.Transport{
			Proxy:             http.ProxyFromEnvironment,
			TLSClientConfig:   c.TLS.Clone(),
			IdleConnTimeout:   time.Second,
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				for name, ip := range c.Addresses {
					if strings.EqualFold(name, addr) {
						_, port, _ := net.SplitHostPort(addr)
						addr = net.JoinHostPort(ip, port)
					}
				}
				return dialer.DialContext(ctx, network, addr)
			},
		},
	}
}
