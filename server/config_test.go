package server

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestConfigDefaults(t *testing.T) {
	cfg := DefaultConfig()
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	equal(t, "timeout", cfg.Timeout, 5*time.Minute)
	equal(t, "heartbeat", cfg.Heartbeat, 15*time.Second)
	equal(t, "write timeout", cfg.WriteTimeout, 10*time.Second)
	equal(t, "user timeout", cfg.UserTimeout, 10*time.Second)
	equal(t, "sweep", cfg.SweepEvery, time.Minute)
	equal(t, "idle timeout", cfg.IdleTimeout, 2*time.Minute)
	equal(t, "resume grace", cfg.ResumeGrace, 30*time.Second)
	equal(t, "resume bytes", cfg.ResumeBytes, 4096)
	equal(t, "resume replies", cfg.ResumeReplies, 4096)
	equal(t, "rate", cfg.ReplyRate, 20.0)
	equal(t, "length", cfg.ReplyLength, 120)
	equal(t, "a zero timeout stays", Config{}.WithDefaults().Timeout, 0)
	equal(t, "what is set stays", Config{Heartbeat: time.Second}.WithDefaults().Heartbeat, time.Second)
}

func TestConfigValidate(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Config)
		want  []string // one for each line
	}{
		{"for ever", func(c *Config) { c.Timeout = 0 }, nil},
		{"timeout", func(c *Config) { c.Timeout = -1 }, []string{"timeout -1ns: must not be negative"}},
		{"heartbeat", func(c *Config) { c.Heartbeat = 0 }, []string{"heartbeat 0s: must be at least 1ms"}},
		{"two lines", func(c *Config) { c.WriteTimeout, c.SweepEvery = -time.Second, time.Microsecond },
			[]string{"write timeout -1s: must be", "sweep interval 1µs: must be"}},
		{"user timeout", func(c *Config) { c.UserTimeout = 1000 * time.Hour }, []string{"user timeout 1000h0m0s: the kernel"}},
		{"idle timeout", func(c *Config) { c.IdleTimeout = 20 * time.Second }, []string{"idle timeout 20s: must be at least two heartbeats of 15s"}},
		{"rate", func(c *Config) { c.ReplyRate = math.NaN() }, []string{"reply rate NaN: must be from"}},
		{"length", func(c *Config) { c.ReplyLength = -1 }, []string{"reply length -1: must be from"}},
		{"resume", func(c *Config) { c.ResumeGrace, c.ResumeBytes = 0, -1 },
			[]string{"resume grace 0s: must be at least 1ms", "resume buffers, 4096 of -1 bytes: must be"}},
		{"defect", func(c *Config) { c.Defects = []Defect{NoRemove, "no-brain"} },
			[]string{`defect "no-brain": unknown; known are no-timeout, no-callbacks, no-comp`}},
		{"limits", func(c *Config) { c.MaxUserSessions = -1 }, []string{"limits of sessions 0, and -1 a user: must not be"}},
		{"read timeout", func(c *Config) { c.ReadTimeout = 0 }, []string{"read timeout 0s: must be"}},
		{"token", func(c *Config) { c.AdminToken = "two words" }, []string{"admin token: must be printable"}},
		{"origins", func(c *Config) { c.CORSOrigins = []string{"https://a.example", "b.example", "null"} },
			[]string{`origin "b.example": must be like`, `origin "null": must be like`}},
		{"tls", func(c *Config) { c.TLSCert = "cert.pem" }, []string{"tls: a certificate and its key"}},
		{"drain", func(c *Config) { c.Drain = -1 }, []string{"drain -1ns: must not be"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := DefaultConfig()
			c.spoil(&cfg)
			err := cfg.Validate()
			if err == nil {
				equal(t, "lines", 0, len(c.want))
				return
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("got %q", lines)
			}
			for i, want := range c.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("got %q, want %q", lines[i], want)
				}
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{Heartbeat: -1}); err == nil {
		t.Error("New took a negative heartbeat")
	}
}
