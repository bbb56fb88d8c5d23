//go:build !linux

package server

import "testing"

func vanish(t *testing.T, _ *peer)     { t.Skip("needs a socket filter") }
func tryVanish(*testing.T, *peer) bool { return false }
func (r *running) stall(t *testing.T)  { t.Skip("needs a small window and TCP_USER_TIMEOUT") }

func (r *running) tryStall(*testing.T, entrance, string) bool { return false }
