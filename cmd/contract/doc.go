// Package contract serves the test-service protocol of the public SSE contract tests
// (github.com/launchdarkly/sse-contract-tests, docs/service_spec.md) on [client.Follow]. Their program asks for a stream
// from a server of its own, and is told by callbacks what the client read.
package contract
