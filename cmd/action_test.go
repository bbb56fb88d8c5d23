package cmd

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"go.yaml.in/yaml/v4"
)

const actionFolder = "../.github/actions/leakcheck"

// action is a composite action as GitHub's runner takes it.
type action struct {
	Inputs map[string]struct {
		Description string
		Default     string
	}
	Outputs map[string]struct {
		Description string
		Value       string
	}
	Runs struct {
		Using string
		Steps []struct {
			ID               string
			Uses             string
			If               string
			Shell            string
			Run              string
			WorkingDirectory string `yaml:"working-directory"`
			Env              map[string]string
		}
	}
}

func readAction(t *testing.T) action {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(actionFolder, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// runner runs an action's scripts as GitHub's does, in a folder of its own.
type runner struct {
	t       *testing.T
	action  action
	folder  string
	environ []string
	summary string
}

func newRunner(t *testing.T) *runner {
	if runtime.GOOS == "windows" {
		t.Skip("the runner's bash has other paths there")
	}
	return &runner{t: t, action: readAction(t), folder: t.TempDir()}
}

var expression = regexp.MustCompile(`\$\{\{\s*([a-z_.-]+)\s*\}\}`)

// run runs the steps that have scripts until one fails, and returns the code and the
// outputs of the action, with what it said.
func (r *runner) run(inputs map[string]string) (code int, outputs map[string]string, said string) {
	r.t.Helper()
	path, err := filepath.Abs(actionFolder)
	if err != nil {
		r.t.Fatal(err)
	}
	context := map[string]string{"github.action_path": path, "runner.temp": r.folder}
	for name, input := range r.action.Inputs {
		context["inputs."+name] = input.Default
	}
	for name, value := range inputs {
		if _, ok := r.action.Inputs[name]; !ok {
			r.t.Fatalf("there is no input %s", name)
		}
		context["inputs."+name] = value
	}
	evaluate := func(text string) string {
		return expression.ReplaceAllStringFunc(text, func(e string) string {
			name := expression.FindStringSubmatch(e)[1]
			value, ok := context[name]
			if !ok && !strings.HasPrefix(name, "steps.") {
				r.t.Fatalf("the runner knows no %s", name)
			}
			return value
		})
	}
	r.summary = filepath.Join(r.folder, "summary.md")
	for _, step := range r.action.Runs.Steps {
		if step.Run == "" || code != 0 {
			continue
		}
		output := filepath.Join(r.folder, "output."+step.ID)
		_ = os.Remove(output)
		c := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		c.Dir = filepath.Join(r.folder, evaluate(step.WorkingDirectory))
		c.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+r.summary)
		for name, value := range step.Env {
			c.Env = append(c.Env, name+"="+evaluate(value))
		}
		c.Env = append(c.Env, r.environ...)
		out, err := c.CombinedOutput()
		if err != nil && !errors.As(err, new(*exec.ExitError)) {
			r.t.Fatal(err)
		}
		code, said = c.ProcessState.ExitCode(), said+string(out)
		text, _ := os.ReadFile(output) // a step may have no outputs
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			context["steps."+step.ID+".outputs."+name] = value
		}
	}
	outputs = map[string]string{}
	for name, output := range r.action.Outputs {
		outputs[name] = evaluate(output.Value)
	}
	return code, outputs, said
}

func TestAction(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program, and storms with it")
	}
	t.Parallel()
	var odd atomic.Value
	foreign := newForeign("")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if value := r.Header.Get("X-Odd"); value != "" {
			odd.Store(value)
		}
		foreign.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	r := newRunner(t)
	quick := "-n 2 --hold 300ms --poll 50ms --disconnect close"
	probe := "json:" + server.URL + "/count#.active\n\n  \n"

	// It builds what it is a part of.
	code, outputs, said := r.run(map[string]string{
		"url": server.URL + "/events?a=$(touch pwned)`touch pwned`", "probe": probe, "fail-if": "opened<100%\ntook>1h\n",
		"args": quick + "\n  -H 'X-Odd: \"a\"  $HOME $(touch pwned)'",
	})
	if code != 0 || outputs["verdict"] != "clean" || outputs["exit-code"] != "0" {
		t.Fatalf("exit code %d, %v:\n%s", code, outputs, said)
	}
	for _, name := range []string{"report", "html", "junit"} {
		if info, err := os.Stat(outputs[name]); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if summary, _ := os.ReadFile(r.summary); strings.Count(string(summary), "## ✅ clean: ") != 1 {
		t.Errorf("the summary is %s", summary)
	}
	if odd.Load() != `"a"  $HOME $(touch pwned)` {
		t.Errorf("the header came as %q", odd.Load())
	}
	if _, err := os.Stat(filepath.Join(r.folder, "pwned")); err == nil {
		t.Error("an input was run")
	}
	if !strings.Contains(said, "held: opened is 100% (2 of 2)") || !strings.Contains(said, "(--fail-if took>1h)") {
		t.Errorf("the thresholds:\n%s", said)
	}

	// A run that fails has its outputs, too.
	binary := filepath.Join(r.folder, "sse-tool-bin", "sse-tool")
	inputs := map[string]string{
		"binary": binary, "url": server.URL + "/events", "probe": probe, "fail-if": "opened>0",
		"args": quick, "reports": "folder of reports",
	}
	code, outputs, said = r.run(inputs)
	if code != 1 || outputs["exit-code"] != "1" || outputs["verdict"] != "clean" || filepath.Dir(outputs["report"]) != filepath.Join(r.folder, "folder of reports") {
		t.Fatalf("exit code %d, %v:\n%s", code, outputs, said)
	}
	if !strings.Contains(said, "::error title=sse-tool") {
		t.Errorf("no annotation:\n%s", said)
	}

	// What cannot begin has no report, not even an old one.
	inputs["url"] = "http://127.0.0.1:1/events"
	code, outputs, said = r.run(inputs)
	if code != 2 || outputs["exit-code"] != "2" || outputs["verdict"]+outputs["report"] != "" {
		t.Errorf("exit code %d, %v:\n%s", code, outputs, said)
	}
	inputs["args"] = "'a quote"
	if code, _, said = r.run(inputs); code == 0 || code == 2 {
		t.Errorf("an open quote: exit code %d:\n%s", code, said)
	}
}

// Every input is used, nothing of the runner's stands in a script, and a version that
// is asked for is installed.
func TestActionForm(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	used := ""
	for _, step := range r.action.Runs.Steps {
		if expression.MatchString(step.Run) {
			t.Errorf("step %q has an expression in its script: it would be code", step.ID)
		}
		if step.Run != "" && step.Shell != "bash" {
			t.Errorf("step %q has no shell", step.ID)
		}
		used += step.If + step.WorkingDirectory + fmt.Sprint(step.Env)
	}
	for name, input := range r.action.Inputs {
		if !strings.Contains(used, "inputs."+name) || input.Description == "" {
			t.Errorf("input %s is not used, or not described", name)
		}
	}

	tools := t.TempDir()
	script := "#!/bin/sh\necho \"go $*\" >>\"$GOBIN.log\"\nmkdir -p \"$GOBIN\"\nprintf '#!/bin/sh\\necho \"$@\"\\n' >\"$GOBIN/sse-tool\"\nchmod +x \"$GOBIN/sse-tool\"\n"
	if err := os.WriteFile(filepath.Join(tools, "go"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	r.environ = []string{"PATH=" + tools + ":" + os.Getenv("PATH")}
	code, _, said := r.run(map[string]string{"version": "v1.2.3", "compare": "old.json", "config": "flags.yaml", "args": "-- node 'my server.js'"})
	log, _ := os.ReadFile(filepath.Join(r.folder, "sse-tool-bin.log"))
	if code != 0 || string(log) != "go install github.com/sse-tool/sse-tool/cmd/sse-tool@v1.2.3\n" {
		t.Errorf("exit code %d, %q:\n%s", code, log, said)
	}
	if !strings.HasPrefix(said, "leakcheck --report json=") || !strings.HasSuffix(said, "--compare old.json --config flags.yaml -- node my server.js\n") {
		t.Errorf("it was called with %s", said)
	}
}

// The examples name inputs and outputs that there are.
func TestWorkflowsUseTheAction(t *testing.T) {
	a := readAction(t)
	for _, file := range []string{"../docs/ci/github.yml", "../.github/workflows/ci.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var workflow struct {
			Jobs map[string]struct {
				Steps []struct {
					ID   string
					Uses string
					With map[string]any
				}
			}
		}
		if err := yaml.Unmarshal(text, &workflow); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		found := false
		for _, job := range workflow.Jobs {
			for _, step := range job.Steps {
				if !strings.Contains(step.Uses, ".github/actions/leakcheck") {
					continue
				}
				found = true
				for name := range step.With {
					if _, ok := a.Inputs[name]; !ok {
						t.Errorf("%s: the action has no input %s", file, name)
					}
				}
				for _, m := range regexp.MustCompile(`steps\.`+step.ID+`\.outputs\.([a-z-]+)`).FindAllStringSubmatch(string(text), -1) {
					if _, ok := a.Outputs[m[1]]; !ok {
						t.Errorf("%s: the action has no output %s", file, m[1])
					}
				}
			}
		}
		if !found {
			t.Errorf("%s does not use the action", file)
		}
	}
}
