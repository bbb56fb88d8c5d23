package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// The OpenAI chat-completions dialect: the form of its errors and the list of
// models. completion.go reads a request; chunks.go and whole.go answer it,
// streamed or not.

// modelName is the built-in model's. Requests may name any other, which is
// then the one that answers: a gateway in front has its own names.
const modelName = "sse-tool"

// apiError is an error in the dialect's form.
type apiError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`

	status int
}

func (e *apiError) Error() string { return e.Message }

// badRequest is an error that the client made. An empty param is none.
func badRequest(status int, param, format string, args ...any) *apiError {
	e := &apiError{Message: fmt.Sprintf(format, args...), Type: "invalid_request_error", status: status}
	if param != "" {
		e.Param = &param
	}
	return e
}

// serverError is one that the server made.
func serverError(status int, message string) *apiError {
	return &apiError{Message: message, Type: "server_error", status: status}
}

// appendAPIError appends e as an object {"error": ...}.
func appendAPIError(dst []byte, e *apiError) []byte {
	return appendJSON(dst, map[string]*apiError{"error": e})
}

func (e *apiError) write(w http.ResponseWriter) {
	setJSONHeaders(w.Header())
	w.WriteHeader(e.status)
	_, _ = w.Write(append(appendAPIError(nil, e), '\n'))
}

// completions is POST /v1/chat/completions. The body is read before anything
// else: net/http notices that a client has gone only once it was.
func (s *Server) completions(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodPost) {
		return
	}
	v, c, err := s.completionOf(w, r)
	// So that a session's descriptor is given back with it, and nobody waits for
	// the rest of a body that is refused.
	closeAfter(w.Header(), r)
	if err != nil {
		err.write(w)
		return
	}
	full := s.converse(r.Context(), v, func(sess *session) door {
		w.Header().Set("X-Session-Id", v.ID)
		out := newWriter(sess.stream, w, s.cfg.patience())
		if c.stream {
			setStreamHeaders(w.Header(), r)
			return &chunks{completion: c, out: out}
		}
		setJSONHeaders(w.Header())
		return &whole{completion: c, out: out, w: w}
	})
	if full != nil {
		w.Header().Set("Retry-After", retryAfter)
		serverError(refusedStatus(full), full.Error()).write(w)
	}
}

// completionOf reads a request, or says why it cannot be served.
func (s *Server) completionOf(w http.ResponseWriter, r *http.Request) (*visit, *completion, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, nil, s.unread(err)
	}
	v, err := s.visitor(r, "openai")
	if err != nil {
		return nil, nil, badRequest(http.StatusBadRequest, "", "%v", err)
	}
	c, wrong := parseCompletion(body)
	if wrong != nil {
		return nil, nil, wrong
	}
	c.id, c.created = "chatcmpl-"+v.ID, nowUnix()
	if v.User == "" {
		v.User = c.user
	}
	v.prompt.Message, v.prompt.Messages = c.message, c.messages
	if longest := v.prompt.Tokens; c.maxTokens > 0 && (longest == 0 || c.maxTokens < longest) {
		v.prompt.Tokens, c.cut = c.maxTokens, true
	}
	return v, c, nil
}

// unread says why a body could not be read.
func (s *Server) unread(err error) *apiError {
	switch tooLarge := (*http.MaxBytesError)(nil); {
	case errors.As(err, &tooLarge):
		return badRequest(http.StatusRequestEntityTooLarge, "", "the body is larger than %d bytes", tooLarge.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return badRequest(http.StatusRequestTimeout, "", "the body did not come within %v", s.cfg.ReadTimeout)
	}
	return badRequest(http.StatusBadRequest, "", "the body cannot be read")
}

// models is GET /v1/models: clients ask for it before they show a choice.
func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet) {
		return
	}
	setJSONHeaders(w.Header())
	_ = json.NewEncoder(w).Encode(map[string]any{
		"object": "list",
		"data": []map[string]any{
			{"id": modelName, "object": "model", "created": s.started.Unix(), "owned_by": "sse-tool"},
		},
	})
}

// allowed reports whether the request has that method, or answers that it has
// to.
func allowed(w http.ResponseWriter, r *http.Request, method string) bool {
	if r.Method == method {
		return true
	}
	w.Header().Set("Allow", method)
	badRequest(http.StatusMethodNotAllowed, "", "method %s: not here; allowed is %s", r.Method, method).write(w)
	return false
}

// notInDialect answers for all other paths under /v1/.
func notInDialect(w http.ResponseWriter, r *http.Request) {
	badRequest(http.StatusNotFound, "", "path %s: unknown; there are POST /v1/chat/completions, GET /v1/models", r.URL.EscapedPath()).write(w)
}
