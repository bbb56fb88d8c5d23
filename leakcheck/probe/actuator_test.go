package probe

import (
	"net/http"
	"strings"
	"testing"
)

// spring is an actuator whose metric comes into being with its first request.
func spring(t *testing.T, metrics map[string]string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /actuator/metrics", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(answer(t, "spring-names.json")) })
	mux.HandleFunc("GET /actuator/metrics/{name}", func(w http.ResponseWriter, r *http.Request) {
		body, ok := metrics[strings.TrimPrefix(r.URL.RequestURI(), "/actuator/metrics/")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(body))
	})
	return serve(t, mux.ServeHTTP)
}

func TestActuatorBeforeTheFirstRequest(t *testing.T) {
	metrics := map[string]string{}
	base := spring(t, metrics)
	p := parse(t, "actuator:"+base+"#http.server.requests.active?tag=uri:/chat")
	if got, err := read(t.Context(), t, p); err != nil || got.Count != 0 {
		t.Errorf("no metric yet: %+v, %v", got, err)
	}
	metrics["http.server.requests.active"] = string(answer(t, "spring-active.json"))
	if got, err := read(t.Context(), t, p); err != nil || got.Count != 0 {
		t.Errorf("no such value of its tag yet: %+v, %v", got, err)
	}
	metrics["http.server.requests.active?tag=uri%3A%2Fchat"] = string(answer(t, "spring-active.json"))
	if got, err := read(t.Context(), t, p); err != nil || got.Count != 13 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestActuatorTellsWhatIsThere(t *testing.T) {
	base := spring(t, map[string]string{
		"chat.sessions": `{"name":"chat.sessions","measurements":[{"statistic":"MAX","value":2}],"availableTags":[{"tag":"uri","values":["/"]}]}`,
		"half":          `{"measurements":[{"statistic":"VALUE","value":1.5}]}`,
		"page":          "pong",
	})
	for spec, words := range map[string][]string{
		"#chat.session":               {`no metric "chat.session" there`, "nearest there: chat.sessions"},
		"#http.server.request.active": {"nearest there: http.server.requests.active"},
		"#chat.sessions":              {"has none of the statistics ACTIVE_TASKS, VALUE, COUNT", "there are MAX"},
		"#chat.sessions?tag=path:/":   {`has no tag "path"`, "there are uri"},
		"#half":                       {"VALUE gives 1.5, which counts nothing"},
		"#page":                       {"not that of an actuator"},
	} {
		_, err := read(t.Context(), t, parse(t, "actuator:"+base+spec))
		told(t, err, words...)
	}
}
