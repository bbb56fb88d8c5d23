package client

import "fmt"

// Problem names what is wrong with a response, so that callers can branch and reports can count.
type Problem string

const (
	ProblemNotHTTP        Problem = "not an HTTP response"
	ProblemTLS            Problem = "a TLS record in answer to plain HTTP: the server speaks https"
	ProblemVersion        Problem = "unsupported HTTP version"
	ProblemStatusLine     Problem = "malformed status line"
	ProblemField          Problem = "malformed header field"
	ProblemHeadTooLarge   Problem = "head too large"
	ProblemTransferCoding Problem = "unsupported transfer coding"
	ProblemContentLength  Problem = "invalid or conflicting content length"
	ProblemChunkLine      Problem = "malformed chunk line"
	ProblemChunkSize      Problem = "chunk size out of range"
	ProblemChunkTooLong   Problem = "chunk line too long"
	ProblemChunkEnd       Problem = "chunk does not end in CRLF"
	ProblemTrailer        Problem = "malformed trailer section"
	ProblemTrailerTooLong Problem = "trailer section too large"
)

// ProtocolError tells that the bytes of a connection are no HTTP/1.1 response, or one that this package does not read.
type ProtocolError struct {
	Problem Problem
	// Near is what was read there, cut short; empty where it would tell nothing.
	Near string
}

func (e *ProtocolError) Error() string {
	if e.Near == "" {
		return fmt.Sprintf("read response: %s", e.Problem)
	}
	return fmt.Sprintf("read response: %s: %q", e.Problem, e.Near)
}

func protocolError(p Problem, near []byte) *ProtocolError {
	const most = 64
	if len(near) > most {
		return &ProtocolError{Problem: p, Near: string(near[:most]) + "..."}
	}
	return &ProtocolError{Problem: p, Near: string(near)}
}
