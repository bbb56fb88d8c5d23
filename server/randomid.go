package server

import (
	"crypto/rand"
	"encoding/hex"
)

// sessionIDSize is that of the ids which the server chooses.
const sessionIDSize = 32

// randomID is an id of so many hexadecimal digits, an even number. It is not to be
// guessed: who knows a session's id may cancel it, who knows a reply's may read it.
func randomID(digits int) string {
	b := make([]byte, digits/2)
	_, _ = rand.Read(b) // never fails, since Go 1.24
	return hex.EncodeToString(b)
}
