//go:build heavy

package server

import "testing"

func TestHeavyConnectsAndDrops(t *testing.T) { connectAndDrop(t, 50_000) }

// What a session may cost: a bare net/http handler takes 25 KiB of it.
func TestHeavyCost(t *testing.T) { costs(t, 15_000, 32) }
