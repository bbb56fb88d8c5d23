package client

import (
	"net/http"
	"strings"
	"testing"
)

func TestCheckHead(t *testing.T) {
	const stream = "text/event-stream"
	cases := []struct {
		status       int
		reason       string
		types, codes []string
		want         string
	}{
		// HTML 9.2.2: status 200 and Content-Type text/event-stream.
		{200, "OK", []string{stream}, nil, ""},
		{200, "OK", []string{"Text/Event-Stream ; charset=utf-8"}, nil, ""},
		{200, "OK", []string{stream + ";charset=UTF-8;charset=x;;=;"}, nil, ""},
		{200, "OK", []string{stream}, []string{"identity"}, ""},
		{200, "OK", []string{stream}, []string{""}, ""},
		{200, "OK", nil, nil, "response has no content type, not text/event-stream"},
		{200, "OK", []string{"text/html; charset=utf-8"}, nil, `response has content type "text/html; charset=utf-8", not text/event-stream`},
		{200, "OK", []string{"text/event-stream2"}, nil, `response has content type "text/event-stream2", not text/event-stream`},
		{200, "OK", []string{stream, "text/html"}, nil, `response has content type "text/event-stream, text/html", not text/event-stream`},
		{200, "OK", []string{stream, stream}, nil, ""},
		{200, "OK", []string{"text/html", stream + "; charset=utf-8"}, nil, ""},
		{200, "OK", []string{stream, ""}, nil, ""},
		{200, "OK", []string{stream + "; x=y", "text/html"}, nil, `response has content type "text/event-stream; x=y, text/html", not text/event-stream`},
		{200, "OK", []string{"text/"}, nil, `response has content type "text/", not text/event-stream`},
		{200, "OK", []string{stream}, []string{"gzip"}, `response has content encoding "gzip", not identity`},
		{200, "OK", []string{stream}, []string{"identity", "br"}, `response has content encoding "br", not identity`},
		{204, "No Content", nil, nil, "response has status 204 No Content"},
		{404, "", []string{stream}, nil, "response has status 404 Not Found"},
		{503, "Slow Down", nil, nil, "response has status 503 Slow Down"},
		{799, "", nil, nil, "response has status 799"},
	}
	for _, c := range cases {
		header := http.Header{}
		if c.types != nil {
			header["Content-Type"] = c.types
		}
		if c.codes != nil {
			header["Content-Encoding"] = c.codes
		}
		got := ""
		if err := CheckHead(&Head{Status: c.status, Reason: c.reason, Header: header}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%d %v %v:\n got %s\nwant %s", c.status, c.types, c.codes, got, c.want)
		}
	}
}

func TestRefusedErrorText(t *testing.T) {
	refused := &RefusedError{Err: &StatusError{Status: 503}}
	if got := refused.Error(); got != "response has status 503 Service Unavailable" {
		t.Error(got)
	}
	for body, want := range map[string]string{
		"":                      "",
		"busy\n":                `: "busy"`,
		`{"error": "no slots"}`: `: "no slots"`,
		"<!doctype html><html><head><title>Log in &amp; chat</title></head><body>" + strings.Repeat("<p>", 100): `: "Log in & chat"`,
	} {
		refused.Body = nil
		refused.add([]byte(body))
		if got := refused.Error(); got != "response has status 503 Service Unavailable"+want {
			t.Errorf("%.20q: %s", body, got)
		}
	}
}
