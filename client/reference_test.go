package client

import (
	"math/big"
	"strings"
	"time"
)

// interpretation is what a whole stream gives.
type interpretation struct {
	lines  []string
	lastID string
}

// interpret follows the standard's text step by step, on a whole stream and without any care for speed: the oracle for
// Parser.
func interpret(stream []byte) interpretation {
	var got interpretation
	var data, name, id string
	text := strings.TrimPrefix(decodeUTF8(stream), "\uFEFF")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	for {
		line, rest, ended := strings.Cut(text, "\n")
		if !ended {
			return got // pending data is discarded
		}
		text = rest
		if line == "" {
			got.lastID = id
			if data != "" {
				got.lines = append(got.lines, event(name, strings.TrimSuffix(data, "\n"), got.lastID))
			}
			data, name = "", ""
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case strings.HasPrefix(line, ":"):
			got.lines = append(got.lines, comment(value))
		case field == "event":
			name = value
		case field == "data":
			data += value + "\n"
		case field == "id" && !strings.Contains(value, "\x00"):
			id = value
		case field == "retry" && value != "" && strings.Trim(value, "0123456789") == "":
			got.lines = append(got.lines, retry(saturated(value)))
		}
	}
}

func saturated(ms string) time.Duration {
	n, _ := new(big.Int).SetString(ms, 10)
	n.Mul(n, big.NewInt(int64(time.Millisecond)))
	if !n.IsInt64() {
		return 1<<63 - 1
	}
	return time.Duration(n.Int64())
}

// decodeUTF8 is the UTF-8 decoder of Encoding 8.1.1, a byte at a time.
func decodeUTF8(b []byte) string {
	var out strings.Builder
	needed, point := 0, rune(0)
	lower, upper := byte(0x80), byte(0xBF)
	for i := 0; i < len(b); i++ {
		c := b[i]
		if needed > 0 {
			if c < lower || c > upper {
				needed, lower, upper = 0, 0x80, 0xBF
				out.WriteRune('\uFFFD')
				i-- // the byte is read anew
				continue
			}
			lower, upper = 0x80, 0xBF
			point = point<<6 | rune(c&0x3F)
			if needed--; needed == 0 {
				out.WriteRune(point)
			}
			continue
		}
		switch {
		case c < 0x80:
			out.WriteByte(c)
		case c >= 0xC2 && c <= 0xDF:
			needed, point = 1, rune(c&0x1F)
		case c >= 0xE0 && c <= 0xEF:
			if c == 0xE0 {
				lower = 0xA0
			}
			if c == 0xED {
				upper = 0x9F
			}
			needed, point = 2, rune(c&0xF)
		case c >= 0xF0 && c <= 0xF4:
			if c == 0xF0 {
				lower = 0x90
			}
			if c == 0xF4 {
				upper = 0x8F
			}
			needed, point = 3, rune(c&0x7)
		default:
			out.WriteRune('\uFFFD')
		}
	}
	if needed > 0 {
		out.WriteRune('\uFFFD')
	}
	return out.String()
}
