//go:build heavy

package server

import "testing"

func TestHeavyConnectsAndDrops(t *testing.T) { connectAndDrop(t, 50_000) }
