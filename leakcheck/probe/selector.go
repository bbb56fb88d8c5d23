package probe

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// selector says which series are meant, as in PromQL: metric{label="v",other!~"r"}.
type selector struct {
	metric   string
	matchers []matcher
}

// matcher is what one label has to be.
type matcher struct {
	label string
	equal bool // or unlike
	value *regexp.Regexp
}

var (
	metricName  = regexp.MustCompile(`^[A-Za-z_:][A-Za-z0-9_:]*`)
	matcherHead = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*`)
)

func isMetric(name string) bool { return name != "" && metricName.FindString(name) == name }

func newSelector(text string) (selector, error) {
	s := selector{metric: metricName.FindString(text)}
	rest := strings.TrimSpace(text[len(s.metric):])
	if s.metric == "" || (rest != "" && (rest[0] != '{' || rest[len(rest)-1] != '}')) {
		return s, fmt.Errorf("%q is no metric, nor one with labels", text)
	}
	if rest == "" {
		return s, nil
	}
	rest = rest[1 : len(rest)-1]
	for strings.TrimSpace(rest) != "" {
		head := matcherHead.FindStringSubmatch(rest)
		if head == nil {
			return s, fmt.Errorf("a label is written label=%q, not %s", "value", rest)
		}
		rest = rest[len(head[0]):]
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return s, fmt.Errorf("the value of label %s does not stand in quotes", head[1])
		}
		rest = strings.TrimSpace(rest[len(quoted):])
		if after, ok := strings.CutPrefix(rest, ","); ok {
			rest = after
		} else if rest != "" {
			return s, fmt.Errorf("no comma before %s", rest)
		}
		m, err := newMatcher(head[1], head[2], quoted)
		if err != nil {
			return s, err
		}
		s.matchers = append(s.matchers, m)
	}
	return s, nil
}

func newMatcher(label, operator, quoted string) (matcher, error) {
	value, err := strconv.Unquote(quoted)
	if err != nil {
		return matcher{}, fmt.Errorf("the value of label %s: %w", label, err)
	}
	if !strings.HasSuffix(operator, "~") {
		value = regexp.QuoteMeta(value)
	}
	re, err := regexp.Compile("^(?s:" + value + ")$")
	if err != nil {
		return matcher{}, fmt.Errorf("the value of label %s: %w", label, err)
	}
	return matcher{label, operator[0] == '=', re}, nil
}

// matches tells whether a series is meant. A label that it lacks is empty.
func (s selector) matches(labels map[string]string) bool {
	for _, m := range s.matchers {
		if m.value.MatchString(labels[m.label]) != m.equal {
			return false
		}
	}
	return true
}
