package probe

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// Parse makes the probe of a specification, "[ROLE=]KIND:…". Where no role
// stands it is the kind's own: [leakcheck.Workers] for goroutines and threads,
// [leakcheck.Descriptors] and [leakcheck.Memory] for a process's, else
// [leakcheck.Sessions]. A URL in place of the kind, "[ROLE=]http://host", is that of a
// reference server: see [Own].
func Parse(spec string, a Access) (leakcheck.Probe, error) {
	role, rest := cutRole(spec)
	if isURL := strings.HasPrefix(rest, "http://") || strings.HasPrefix(rest, "https://"); isURL && !strings.Contains(rest, "#") {
		return parseOwn(role, rest, a)
	}
	word, rest, _ := strings.Cut(rest, ":")
	for _, k := range kinds {
		if k.Name != word {
			continue
		}
		p, err := k.make(rest, a)
		if err != nil {
			return nil, fmt.Errorf("probe %s: %w", word, hinted(err, k))
		}
		if role == "" {
			role = p.role
		}
		return &figure{place: p, series: leakcheck.Series{Name: string(role), Role: role, Spec: line(word + ":" + p.where)}}, nil
	}
	return nil, &Error{Err: fmt.Errorf("probe %q is of no known kind", client.Redact(word)), hint: "probes are written " + strings.Join(forms(), ", ") + "; a reference server's as http://host:port"}
}

// hinted gives an error the kind's example where it has no hint of its own.
func hinted(err error, k Kind) error {
	if own := new(Error); errors.As(err, &own) && own.hint != "" {
		return err
	}
	return &Error{Err: err, hint: "write it as " + k.Example}
}

// cutRole parts a role from the rest of a specification; empty is none.
func cutRole(spec string) (leakcheck.Role, string) {
	for _, role := range leakcheck.Roles() {
		if rest, ok := strings.CutPrefix(spec, string(role)+"="); ok {
			return role, rest
		}
	}
	return "", spec
}

func forms() []string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = k.Form
	}
	return all
}

// cutURL parts "URL#WHAT" at the first #; what names the second part. The error
// quotes neither.
func cutURL(rest, what string) (address, behind string, err error) {
	address, behind, _ = strings.Cut(rest, "#")
	if behind == "" {
		return "", "", fmt.Errorf("no %s after the URL", what)
	}
	return address, behind, checkURL(address)
}

func checkURL(address string) error {
	if u, err := url.Parse(address); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("no http:// or https:// URL")
	}
	return nil
}

// withPath gives a URL that names no path of its own the place's usual one.
func withPath(address, path string) string {
	u, err := url.Parse(address)
	if err != nil || strings.Trim(u.Path, "/") != "" {
		return address
	}
	u.Path = path
	return u.String()
}

// NoProbe is the hint for a server that shows its sessions nowhere we know.
const NoProbe = "tell where its sessions are counted: --probe json:URL#JQ, such as --probe json:http://host/health#.active; sse-tool probe --list has more"
