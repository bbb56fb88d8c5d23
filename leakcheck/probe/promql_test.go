package probe

import (
	"net/http"
	"testing"
)

// What is wrong with a query is told in Prometheus' own words.
func TestPromQLRefused(t *testing.T) {
	base := answering(t, 400, "application/json", string(answer(t, "prometheus-error.json")))
	_, err := read(t.Context(), t, parse(t, "promql:"+base+"#sum("))
	told(t, err, "query sum(: bad_data: invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis")
}

func TestPromQLQuery(t *testing.T) {
	queries := make(chan *http.Request, 1)
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		queries <- r
		_, _ = w.Write(answer(t, "prometheus-scalar.json"))
	})
	if _, err := read(t.Context(), t, parse(t, "promql:"+base+"/prom/?tenant=a#sum(x{a=\"#1\"}) + 1")); err != nil {
		t.Fatal(err)
	}
	r := <-queries
	if r.URL.Path != "/prom/api/v1/query" || r.FormValue("query") != `sum(x{a="#1"}) + 1` || r.FormValue("tenant") != "a" {
		t.Errorf("asked for %s", r.URL)
	}
}

func TestPromQLOtherAnswers(t *testing.T) {
	for body, word := range map[string]string{
		`{"status":"success","data":{"resultType":"matrix","result":[]}}`:                    "gives a matrix",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"0.5"]}]}}`: "gives 0.5, which counts nothing",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"NaN"]}]}}`: "which counts nothing",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1]}]}}`:       "no pair of time and number",
		`{"status":"success","data":{"resultType":"scalar","result":[1,2]}}`:                 `"", no number`,
		`{"status":"error"}`: "not that of Prometheus' HTTP API",
		`[]`:                 "not that of Prometheus' HTTP API",
	} {
		_, err := read(t.Context(), t, parse(t, "promql:"+answering(t, 200, "application/json", body)+"#q"))
		told(t, err, word)
	}
}
