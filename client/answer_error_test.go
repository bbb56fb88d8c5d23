package client

import (
	"strings"
	"testing"
	"unicode"
)

// errorBodies are bodies of refused requests, and what they say.
var errorBodies = []struct{ name, body, want string }{
	{"OpenAI", "{\n  \"error\": {\n    \"message\": \"Incorrect API key provided\",\n    \"type\": \"invalid_request_error\",\n    \"param\": null,\n    \"code\": \"invalid_api_key\"\n  }\n}\n", "Incorrect API key provided (invalid_request_error, invalid_api_key)"},
	{"Anthropic", `{"type":"error","error":{"type":"not_found_error","message":"model: claude-0"},"request_id":"req_01"}`, "model: claude-0 (not_found_error)"},
	{"vLLM", `{"object":"error","message":"The model x does not exist.","type":"NotFoundError","param":null,"code":404}`, "The model x does not exist. (NotFoundError, 404)"},
	{"llama.cpp", `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, "Loading model (unavailable_error, 503)"},
	{"Ollama", `{"error":{"message":"model \"x\" not found","type":"not_found_error","param":null,"code":null}}`, `model "x" not found (not_found_error)`},
	{"LiteLLM", `{"error":{"message":"Authentication Error","type":"auth_error","param":"None","code":"401"}}`, "Authentication Error (auth_error, 401)"},
	{"Gemini", `[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]`, "API key not valid. (400)"},
	{"FastAPI", `{"detail":"Not Found"}`, "Not Found"},
	{"FastAPI, validation", `{"detail":[{"type":"extra_forbidden","loc":["body","x"],"msg":"Extra inputs are not permitted"}]}`, "Extra inputs are not permitted (extra_forbidden)"},
	{"Mistral", `{"object":"error","message":{"detail":[{"msg":"Field required"}]},"type":"invalid_request_error"}`, "Field required (invalid_request_error)"},
	{"Spring", `{"timestamp":"2026-01-01","status":404,"error":"Not Found","message":"No endpoint GET /x."}`, "No endpoint GET /x."},
	{"type alone", `{"error":{"type":"overloaded_error"}}`, "overloaded_error"},
	{"a string", `"busy"`, "busy"},
	{"our own server", "message: 9000 bytes are too many, at most 8192\n", "message: 9000 bytes are too many, at most 8192"},
	{"nginx", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>", "502 Bad Gateway"},
	{"title over lines", "<!doctype html><TITLE lang=en>\n  Just a moment &amp; wait...\n</TITLE>", "Just a moment & wait..."},
	{"an empty title", "<html><title> </title>Busy", "<html><title> </title>Busy"},
	{"cut", `{"error":{"message":"You said \"no\" to al`, `You said "no" to al`},
	{"cut behind the message", `{"error":{"type":"x","message":"no","par`, "no"},
	{"cut within an escape", `{"error":{"message":"You \u00`, `You \u00`},
	{"an object of something else", `{"ok":false}`, `{"ok":false}`},
	{"a number", "404", "404"},
	{"two objects", `{"message":"a"}{"message":"b"}`, "a"},
	{"empty", "", ""},
	{"space", " \n", ""},
	{"much space first", strings.Repeat(" ", 5000) + "busy", "busy"},
	{"escape sequences", "\x1b[31mred\x00\x9b1m\xff\u202e", "[31mred �1m�"},
}

func TestErrorText(t *testing.T) {
	for _, c := range errorBodies {
		if got := ErrorText([]byte(c.body)); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestErrorTextIsBounded(t *testing.T) {
	long := strings.Repeat("ä", 1<<20)
	for _, body := range []string{
		long, `{"error":{"message":"` + long + `","type":"` + long + `","code":"` + long + `"}}`, `{"error":{"message":"` + long,
		"<title>" + long + "</title>", "<title>" + long, `{"code":` + strings.Repeat("1", 10_000) + "}", strings.Repeat(`{"error":`, 20_000),
	} {
		checkText(t, ErrorText([]byte(body)))
	}
}

func checkText(t *testing.T, text string) {
	t.Helper()
	if len(text) > 1000 {
		t.Errorf("%d bytes: %.80q", len(text), text)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("byte %d cannot be printed: %.80q", i, text[i:])
	}
}
