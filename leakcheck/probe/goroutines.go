package probe

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sse-tool/sse-tool/client"
	"github.com/sse-tool/sse-tool/leakcheck"
)

// newGoroutines makes the place of "URL", the goroutine profile of Go's
// net/http/pprof as text. A URL without debug= is asked for debug=1, the cheaper
// one: it groups goroutines by their stacks.
func newGoroutines(rest string, a Access) (place, error) {
	if err := checkURL(rest); err != nil {
		return place{}, err
	}
	u, err := url.Parse(withPath(rest, "/debug/pprof/goroutine"))
	if err != nil {
		return place{}, errors.New("the URL cannot be read")
	}
	if !u.Query().Has("debug") {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&debug=1", "&")
	}
	f := newFetcher(u.String(), medium{name: "a goroutine profile", accept: "text/plain"}, a)
	return place{
		where: client.Redact(u.String()), role: leakcheck.Workers, closeIdle: f.closeIdle,
		read: func(ctx context.Context) (leakcheck.Sample, error) { return f.body(ctx, goroutines) },
	}, nil
}

var (
	profileTotal = regexp.MustCompile(`^goroutine profile: total (\d+)$`)
	profileGroup = regexp.MustCompile(`^(\d+) @( 0x[0-9a-f]+)*$`)
	profileFrame = regexp.MustCompile(`^#\t0x[0-9a-f]+\t(\S+)\+0x[0-9a-f]+\t+(\S+):(\d+)$`)
	stackHead    = regexp.MustCompile(`^goroutine \d+ .*\[.*:$`)
	stackPlace   = regexp.MustCompile(`^\t(\S+):(\d+)( \+0x[0-9a-f]+)?$`)
)

// goroutines counts the goroutines of a profile, debug=1 or debug=2, by the
// places that their stacks are named for.
func goroutines(_ context.Context, body []byte) (leakcheck.Sample, error) {
	s := leakcheck.Sample{Parts: map[string]int{}}
	group, frames := 0, []frame(nil)
	function := "" // of a stack of debug=2, whose place comes with the next line
	end := func() {
		if group > 0 {
			s.Parts[nameOf(frames)] += group
			s.Count += group
		}
		group, frames, function = 0, nil, ""
	}
	known := false
	scanner := bufio.NewScanner(bytes.NewReader(body))
	scanner.Buffer(nil, len(body)+1)
	for scanner.Scan() {
		text := scanner.Text()
		switch m := profileFrame.FindStringSubmatch(text); {
		case m != nil:
			frames = append(frames, frame{m[1], m[2], m[3]})
		case profileTotal.MatchString(text):
			known = true
		case profileGroup.MatchString(text):
			end()
			n, _, _ := strings.Cut(text, " ")
			many, _ := strconv.ParseInt(n, 10, 32) // the most there can be, where it says more
			group = int(many)
		case stackHead.MatchString(text):
			end()
			known, group = true, 1
		case stackPlace.MatchString(text) && function != "":
			if m := stackPlace.FindStringSubmatch(text); function != "runtime.goexit" { // debug=1 leaves it out
				frames = append(frames, frame{function, m[1], m[2]})
			}
			function = ""
		case group > 0 && !strings.HasPrefix(text, "created by "):
			function = text
			if arguments := strings.LastIndexByte(text, '('); arguments >= 0 {
				function = text[:arguments]
			}
		}
	}
	end()
	if !known {
		return leakcheck.Sample{}, &Error{Err: errors.New("the answer is no goroutine profile as text"), hint: "give the URL of net/http/pprof: http://host:6060/debug/pprof/goroutine?debug=1"}
	}
	s.Parts = largest(s.Parts)
	return s, nil
}

// frame is a function in a stack, and where in it the goroutine is.
type frame struct{ function, file, line string }

// nameOf is what a stack, its innermost frame first, is known by: the innermost
// function that is not of Go's own library, else the outermost one.
func nameOf(frames []frame) string {
	if len(frames) == 0 {
		return "(no stack)"
	}
	name := frames[len(frames)-1]
	for _, f := range frames {
		if !ofLibrary(f.function) {
			name = f
			break
		}
	}
	return name.function + " " + path.Base(strings.ReplaceAll(name.file, `\`, "/")) + ":" + name.line
}

// library are the first elements of those packages of Go's own in which
// goroutines wait.
var library = []string{
	"bufio", "bytes", "compress", "context", "crypto", "database", "encoding", "fmt", "internal", "io", "log", "net", "os",
	"reflect", "runtime", "sync", "syscall", "testing", "time", "vendor",
}

func ofLibrary(function string) bool {
	element := function[:max(0, strings.IndexAny(function, "./"))]
	return slices.Contains(library, element)
}

// mostParts is how many parts a sample names.
const mostParts = 50

// largest keeps the largest parts.
func largest(parts map[string]int) map[string]int {
	if len(parts) <= mostParts {
		return parts
	}
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(parts[b], parts[a]), cmp.Compare(a, b))
	})
	for _, name := range names[mostParts:] {
		delete(parts, name)
	}
	return parts
}
