package cmd

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// contract NAME stream URL: asks a conformance service in the background for a
// stream, and waits until it has told the first event. contract NAME stop: tells
// it to end.
func contractCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && (len(args) == 3 && args[1] == "stream" || len(args) == 2 && args[1] == "stop"), "contract NAME stream URL|stop")
	p := processOf(ts, args[0])
	p.wait(ts, "its first line", func() bool { return strings.Contains(p.stdout.String(), "\n") })
	service := strings.TrimSpace(p.stdout.String())
	if args[1] == "stop" {
		askService(ts, http.MethodDelete, service, "", http.StatusNoContent)
		return
	}
	told := make(chan string, 1)
	callbacks := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		select {
		case told <- r.URL.Path + " " + string(body):
		default: // the first is enough
		}
	}))
	ts.Defer(callbacks.Close)
	body, err := json.Marshal(map[string]string{"streamUrl": args[2], "callbackUrl": callbacks.URL})
	ts.Check(err)
	askService(ts, http.MethodPost, service, string(body), http.StatusCreated)
	select {
	case got := <-told:
		if !strings.HasPrefix(got, `/1 {"kind":"event","event":{"type":"session","data":"{`) {
			ts.Fatalf("it told %s", got)
		}
	case <-time.After(patience):
		ts.Fatalf("it told nothing within %v", patience)
	}
}

func askService(ts *testscript.TestScript, method, url, body string, want int) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	ts.Check(err)
	req.Close = true // the service's end is not to wait for us
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	resp.Body.Close()
	if resp.StatusCode != want {
		ts.Fatalf("%s %s: %s", method, url, resp.Status)
	}
}
