package client

import "unicode/utf8"

// decoded returns v as the UTF-8 decoder of the Encoding Standard gives it. Only what is invalid costs a copy. valid
// tells that v is known to need none.
func decoded(v []byte, valid bool) []byte {
	if valid || utf8.Valid(v) {
		return v
	}
	out := make([]byte, 0, len(v)+2*utf8.UTFMax)
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		if r == utf8.RuneError && n == 1 {
			n = maximalSubpart(v)
		}
		out = utf8.AppendRune(out, r)
		v = v[n:]
	}
	return out
}

// maximalSubpart returns how many bytes of b, which begins with an ill-formed sequence, one U+FFFD stands for: the
// longest beginning of a well-formed sequence, or one byte (Encoding 8.1.1; Unicode 3.9, table 3-7). package utf8
// would give one for each byte.
func maximalSubpart(b []byte) int {
	need, lo, hi := 0, byte(0x80), byte(0xBF)
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		need = 1
	case c >= 0xE0 && c <= 0xEF:
		need = 2
	case c >= 0xF0 && c <= 0xF4:
		need = 3
	}
	switch b[0] {
	case 0xE0:
		lo = 0xA0
	case 0xED:
		hi = 0x9F
	case 0xF0:
		lo = 0x90
	case 0xF4:
		hi = 0x8F
	}
	n := 1
	for n <= need && n < len(b) && lo <= b[n] && b[n] <= hi {
		n++
		lo, hi = 0x80, 0xBF
	}
	return n
}
