package server

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// methods serves one path by method. Others get 405 with what is allowed (RFC
// 9110, section 15.5.6).
type methods map[string]http.HandlerFunc

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if serve, ok := m[r.Method]; ok {
		serve(w, r)
		return
	}
	allowed := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	w.Header().Set("Allow", allowed)
	http.Error(w, fmt.Sprintf("method %s: not here; allowed are %s", r.Method, allowed), http.StatusMethodNotAllowed)
}

// endpoints is what somebody who asks for a wrong path is told.
const endpoints = "GET / (the page), GET /sse/chat, POST /v1/chat/completions, GET /v1/models, GET /ws/chat, GET /sessions, GET or DELETE /sessions/{id}, GET /sessions/feed, GET /metrics, GET /healthz"

func notFound(w http.ResponseWriter, r *http.Request) {
	http.Error(w, fmt.Sprintf("path %s: unknown; there are %s", r.URL.EscapedPath(), endpoints), http.StatusNotFound)
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}
