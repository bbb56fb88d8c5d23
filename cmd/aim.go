package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/leakcheck/probe"
	"github.com/sse-tool/sse-tool/loadgen"
)

// aim points the run at a URL: it finds out whose server that is and where its
// sessions are read.
func (c *checkConfig) aim(ctx context.Context, address string) error {
	access := probe.Access{TLS: c.Plan.Request.TLS, Header: http.Header(c.asks), Target: address, Resolve: c.Plan.Request.Resolve}
	c.Plan.Request.URL = address
	if err := c.Plan.WithDefaults().Validate(); err != nil {
		if errors.As(err, new(*loadgen.NoColumnError)) {
			return err
		}
		return hinted{err, "a stream's URL begins with http:// or https://"}
	}
	if c.direct.url != "" {
		direct := c.Plan.WithDefaults()
		direct.Request.URL = c.direct.url
		if err := direct.Validate(); err != nil {
			return hinted{fmt.Errorf("--direct: %w", err), "a stream's URL begins with http:// or https://"}
		}
	}
	for _, spec := range c.probes {
		p, err := probe.Parse(spec, access)
		if err != nil {
			return err
		}
		c.Probes = append(c.Probes, p)
	}
	server := cmp.Or(c.direct.url, address) // a proxy in front of it may not show its sessions
	own := probe.Detect(ctx, server, access)
	if own == nil {
		if err := c.seek(ctx, server, access); err != nil {
			return err
		}
		return c.Fit(!c.paced)
	}
	answer, err := own.Read(ctx)
	if err != nil {
		return err
	}
	c.Server = answer.Server
	if err := c.Fit(!c.paced); err != nil {
		return err
	}
	if c.deep {
		own = own.All()
	}
	if c.reads(leakcheck.Upstreams) { // they are another server's
		own = own.Without(leakcheck.Upstreams)
	}
	if !c.reads(leakcheck.Sessions) {
		c.Probes = append([]leakcheck.Probe{own}, c.Probes...)
	}
	c.Plan, c.Endless = shape(c.Plan)
	c.Endless = c.Endless && !c.Server.Remote
	return nil
}

// seek looks for the sessions of a foreign server at the usual places, unless a probe
// of sessions was given. server is the URL of a stream of it.
func (c *checkConfig) seek(ctx context.Context, server string, access probe.Access) error {
	if c.seeks == nil || c.reads(leakcheck.Sessions) {
		return nil
	}
	plan := c.Plan
	plan.Request.URL = server
	found, err := findProbe(ctx, plan, access, c.seeks)
	if err != nil {
		return err
	}
	c.Probes = append([]leakcheck.Probe{found.Probe}, c.Probes...)
	return nil
}

// reads tells whether one of the probes reads a role.
func (c *checkConfig) reads(role leakcheck.Role) bool {
	return slices.ContainsFunc(c.Probes, func(p leakcheck.Probe) bool {
		return slices.ContainsFunc(p.Series(), func(s leakcheck.Series) bool { return s.Role == role })
	})
}
