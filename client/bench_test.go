package client

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const benchEvents = 1000

// benchStreams are streams of benchEvents events as chat servers send them.
var benchStreams = []struct{ name, stream string }{
	{"small", strings.Repeat("data: {\"delta\":\"token\"}\n\n", benchEvents)},
	{"fields", numbered("id: %d\nevent: delta\ndata: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\n\n")},
	{"crlf", numbered("id: %d\r\nevent: delta\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\r\n\r\n")},
	{"lines", strings.Repeat("data: line one\ndata: line two\ndata: line three\n\n", benchEvents)},
	{"cjk", strings.Repeat("data: {\"delta\":\"你好，世界\"}\n\n", benchEvents)},
	{"comments", strings.Repeat(": ping\n\n", benchEvents)},
}

func numbered(format string) string {
	var b strings.Builder
	for i := range benchEvents {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// cuts returns s in chunks of size bytes, or of one event each for size zero.
func cuts(s string, size int) [][]byte {
	b := []byte(s)
	if size == 0 {
		end := []byte("\n\n")
		if bytes.Contains(b, []byte("\r\n\r\n")) {
			end = []byte("\r\n\r\n")
		}
		return bytes.SplitAfter(b, end)
	}
	var chunks [][]byte
	for len(b) > size {
		chunks, b = append(chunks, b[:size]), b[size:]
	}
	return append(chunks, b)
}

func BenchmarkParser(b *testing.B) {
	for _, s := range benchStreams {
		for _, size := range []int{0, 4096, 16} {
			b.Run(fmt.Sprintf("%s/chunk=%d", s.name, size), func(b *testing.B) {
				chunks := cuts(s.stream, size)
				var p Parser
				var got count
				b.ReportAllocs()
				b.SetBytes(int64(len(s.stream)))
				for b.Loop() {
					for _, chunk := range chunks {
						if err := p.Feed(chunk, &got); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchEvents, "ns/event")
			})
		}
	}
}

// encode puts each event into a chunk of the chunked coding, as servers that flush do.
func encode(stream string) [][]byte {
	chunks := cuts(stream, 0)
	for i, c := range chunks {
		chunks[i] = fmt.Appendf(nil, "%x\r\n%s\r\n", len(c), c)
	}
	return chunks[:benchEvents] // without what follows the last event: it would be the last chunk
}

func BenchmarkDecoder(b *testing.B) {
	for _, s := range benchStreams {
		b.Run(s.name, func(b *testing.B) {
			var d Decoder
			var got count
			if _, err := d.Feed([]byte(streamHead), &got); err != nil {
				b.Fatal(err)
			}
			chunks := encode(s.stream)
			b.ReportAllocs()
			b.SetBytes(int64(len(s.stream)))
			for b.Loop() {
				for _, chunk := range chunks {
					if _, err := d.Feed(chunk, &got); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchEvents, "ns/event")
		})
	}
}

func BenchmarkResponseHead(b *testing.B) {
	head := []byte(streamHead)
	b.ReportAllocs()
	b.SetBytes(int64(len(head)))
	for b.Loop() {
		var r Response
		if _, err := r.Feed(head, new(count)); err != nil {
			b.Fatal(err)
		}
	}
}

// An event costs no allocation, wherever the chunks end.
func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has sync.Pool drop what it is given")
	}
	for _, s := range benchStreams {
		for _, size := range []int{0, 4096, 1, 7, 16, 100} {
			chunks := cuts(s.stream, size)
			var p Parser
			var got count
			if n := testing.AllocsPerRun(20, func() { feedChunks(t, &p, chunks, &got) }); n > 0 {
				t.Errorf("parser, %s in chunks of %d: %v allocations in %d events", s.name, size, n, benchEvents)
			}
		}
		var d Decoder
		var got count
		feedConn(t, &d, [][]byte{[]byte(streamHead)}, &got)
		chunks := encode(s.stream)
		if n := testing.AllocsPerRun(20, func() { feedConn(t, &d, chunks, &got) }); n > 0 {
			t.Errorf("decoder, %s: %v allocations in %d events", s.name, n, benchEvents)
		}
	}
}

func feedChunks(t *testing.T, p *Parser, chunks [][]byte, h Handler) {
	for _, chunk := range chunks {
		if err := p.Feed(chunk, h); err != nil {
			t.Fatal(err)
		}
	}
}

func feedConn(t *testing.T, d *Decoder, chunks [][]byte, h StreamHandler) {
	for _, chunk := range chunks {
		if _, err := d.Feed(chunk, h); err != nil {
			t.Fatal(err)
		}
	}
}
