package client

import "testing"

// Every sequence of up to four bytes from the borders of the ranges of Unicode's table 3-7, against the decoder of the
// Encoding Standard.
func TestDecoded(t *testing.T) {
	borders := []byte{'A', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
		0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF}
	var try func(b []byte)
	try = func(b []byte) {
		if got, want := string(decoded(b, false)), decodeUTF8(b); got != want {
			t.Errorf("% x: %q, want %q", b, got, want)
		}
		for _, c := range borders {
			if len(b) < 4 {
				try(append(b, c))
			}
		}
	}
	try(nil)
}
