package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// queryPath is where Prometheus answers instant queries.
const queryPath = "/api/v1/query"

// newPromQL makes the place of "URL#QUERY", the URL being that of a Prometheus
// server.
func newPromQL(rest string, a Access) (place, error) {
	address, query, err := cutURL(rest, "query")
	if err != nil {
		return place{}, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return place{}, errors.New("the URL cannot be read")
	}
	if !strings.HasSuffix(u.Path, queryPath) {
		u.Path = strings.TrimSuffix(u.Path, "/") + queryPath
	}
	parameters := u.Query()
	parameters.Set("query", query)
	u.RawQuery = parameters.Encode()
	f := newFetcher(u.String(), medium{name: "JSON of Prometheus' API", accept: "application/json"}, a)
	return place{
		where: client.Redact(address) + "#" + query, role: leakcheck.Sessions, closeIdle: f.closeIdle,
		read: func(ctx context.Context) (leakcheck.Sample, error) {
			return f.sum(ctx, func(ctx context.Context, r replica) (leakcheck.Sample, error) { return askPrometheus(ctx, r, query) })
		},
	}, nil
}

// promAnswer is an answer of Prometheus' HTTP API.
type promAnswer struct {
	Status    string `json:"status"`
	Error     string `json:"error"`
	ErrorType string `json:"errorType"`
	Data      struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	} `json:"data"`
}

func askPrometheus(ctx context.Context, r replica, query string) (leakcheck.Sample, error) {
	body, err := r.get(ctx, r.url)
	var refused *statusError
	if errors.As(err, &refused) { // what is wrong with a query comes with a status of its own
		var said promAnswer
		if json.Unmarshal(refused.body, &said) == nil && said.Error != "" {
			err = &Error{Err: fmt.Errorf("query %s: %s: %s", query, said.ErrorType, said.Error), hint: "try it in Prometheus' own page"}
		}
	}
	if err != nil {
		return leakcheck.Sample{}, err
	}
	sample, err := queried(body, query)
	if errors.As(err, new(absent)) {
		return sample, absent{&Error{Err: err, hint: "is it spelt as in Prometheus' own page? Where nothing means zero, write: QUERY or vector(0)"}}
	}
	return sample, err
}

// queried takes the answer to an instant query: a scalar, or a vector whose
// elements are summed.
func queried(body []byte, query string) (leakcheck.Sample, error) {
	var a promAnswer
	if err := json.Unmarshal(body, &a); err != nil || a.Status != "success" {
		return leakcheck.Sample{}, &Error{Err: errors.New("the answer is not that of Prometheus' HTTP API"), hint: "give the URL of a Prometheus server, such as http://host:9090"}
	}
	var values []promValue
	var err error
	switch a.Data.ResultType {
	case "scalar":
		values = make([]promValue, 1)
		err = json.Unmarshal(a.Data.Result, &values[0])
	case "vector":
		var vector []struct {
			Value promValue `json:"value"`
		}
		err = json.Unmarshal(a.Data.Result, &vector)
		for _, element := range vector {
			values = append(values, element.Value)
		}
	default:
		err = fmt.Errorf("gives a %s, neither a scalar nor a vector", a.Data.ResultType)
	}
	if err == nil && len(values) == 0 {
		return leakcheck.Sample{}, absent{fmt.Errorf("query %s gives no series", query)}
	}
	total := 0.0
	for _, v := range values {
		total += float64(v)
	}
	n := 0
	if err == nil {
		n, err = counted(total)
	}
	if err != nil {
		return leakcheck.Sample{}, &Error{Err: fmt.Errorf("query %s: %w", query, err), hint: "write a query that counts something, as sum(METRIC)"}
	}
	return leakcheck.Sample{Count: n}, nil
}

// promValue is a sample's value, which stands as a string behind its time.
type promValue float64

// UnmarshalJSON reads [TIME, "VALUE"].
func (v *promValue) UnmarshalJSON(raw []byte) error {
	var pair []any
	if err := json.Unmarshal(raw, &pair); err != nil || len(pair) != 2 {
		return errors.New("a value is no pair of time and number")
	}
	text, _ := pair[1].(string)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("a value is %q, no number", text)
	}
	*v = promValue(n)
	return nil
}
