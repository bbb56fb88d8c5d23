package probe

import (
	"fmt"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// kinds are the kinds of probe, by the word before the first colon of a
// specification.
var kinds = []struct {
	name string
	form string
	make func(rest string, role leakcheck.Role, a Access) (leakcheck.Probe, error)
}{
	{"json", "json:URL#JQ", newJSON},
}

// Parse makes the probe of a specification, "[ROLE=]KIND:…". The role is
// sessions where none stands.
func Parse(spec string, a Access) (leakcheck.Probe, error) {
	role, rest := cutRole(spec)
	word, rest, ok := strings.Cut(rest, ":")
	if ok {
		for _, k := range kinds {
			if k.name == word {
				p, err := k.make(rest, role, a)
				if err != nil {
					return nil, fmt.Errorf("probe %s: %w", word, err)
				}
				return p, nil
			}
		}
	}
	return nil, &Error{Err: fmt.Errorf("probe %q is of no known kind", loadgen.Redact(word)), hint: "probes are written " + strings.Join(forms(), ", ")}
}

// cutRole parts a role from the rest of a specification.
func cutRole(spec string) (leakcheck.Role, string) {
	for _, role := range leakcheck.Roles() {
		if rest, ok := strings.CutPrefix(spec, string(role)+"="); ok {
			return role, rest
		}
	}
	return leakcheck.Sessions, spec
}

func forms() []string {
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = k.form
	}
	return all
}

// NoProbe is the hint for a server that shows its sessions nowhere we know.
const NoProbe = "tell where its sessions are counted: --probe json:URL#JQ, such as --probe json:http://host/health#.active"
