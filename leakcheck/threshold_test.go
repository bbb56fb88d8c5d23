package leakcheck

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sse-tool/sse-tool/loadgen"
)

// measuredRun is a report with something in every figure but heartbeat_gap.
func measuredRun() *Report {
	return &Report{
		Verdict: Clean, Took: 12.5,
		Judged:    []string{"close", "stall"},
		NotJudged: []NotJudged{{Name: "vanish"}, {Name: "over-reaping"}},
		Findings:  []Finding{{Code: Noise, Severity: SeverityWarning}, {Code: Leak, Severity: SeverityError}},
		Disconnects: []Row{
			{Name: loadgen.Close, Left: 100, Reclaimed: 97, Leaked: 2, Late: 1, Unknown: 1, Reclaim: &Quantiles{Min: 0.1, P50: 0.2, P90: 0.3, P99: 0.4, Max: 3}},
			{Name: loadgen.HalfClose, Left: 100, Reclaimed: 100, Reclaim: &Quantiles{Min: 0.05, P50: 0.5, P90: 0.6, P99: 0.7, Max: 0.8}},
			{Name: loadgen.Vanish, Left: 0},
		},
		Controls:    Controls{Kept: 9, Killed: 1},
		Streams:     Streams{Planned: 2500, Opened: 2499, Completed: 3, Rejected: 1, CutByServer: 4, Failed: 5},
		Latency:     Latency{Connect: &Quantiles{P50: 0.001}, FirstEvent: &Quantiles{P99: 0.5}, Gap: &Quantiles{Max: 1.25}},
		Generations: &Generations{Tokens: 1000, Wasted: 250},
	}
}

func TestThresholds(t *testing.T) {
	for _, tt := range []struct {
		text   string
		broken bool
		says   string
	}{
		{"ttfe.p99>500ms", false, "ttfe.p99 is 500ms"},
		{"ttfe.p99>=500ms", true, "ttfe.p99 is 500ms"},
		{"ttfe.p99 > 0.4s", true, "ttfe.p99 is 500ms"},
		{"connect.p50<1ms", false, "connect.p50 is 1ms"},
		{"connect.p50<=1ms", true, "connect.p50 is 1ms"},
		{"gap.max>1m", false, "gap.max is 1.25s"},
		{"heartbeat_gap.max>1h", true, "heartbeat_gap.max was never measured"},
		{"reclaim.p99>500ms", true, "reclaim.p99 is 700ms"},
		{"reclaim.min>60ms", true, "reclaim.min is 100ms"},
		{"reclaim.max>2s", true, "reclaim.max is 3s"},
		{"reclaim.close.p99>500ms", false, "reclaim.close.p99 is 400ms"},
		{"reclaim.half-close.p99>500ms", true, "reclaim.half-close.p99 is 700ms"},
		{"reclaim.vanish.p99>5s", true, "reclaim.vanish.p99 was never measured"},
		{"took>12s", true, "took is 12.5s"},
		{"opened<100%", true, "opened is 99.96% (2,499 of 2,500)"},
		{"opened<99.9%", false, "opened is 99.96% (2,499 of 2,500)"},
		{"opened<2500", true, "opened is 2,499 of 2,500"},
		{"completed>3", false, "completed is 3 of 2,500"},
		{"rejected>0", true, "rejected is 1 of 2,500"},
		{"cut>4", false, "cut is 4 of 2,500"},
		{"failed>0.1%", true, "failed is 0.2% (5 of 2,500)"},
		{"reclaimed<99%", true, "reclaimed is 98.5% (197 of 200)"},
		{"leaked>1%", false, "leaked is 1% (2 of 200)"},
		{"leaked.close>1%", true, "leaked.close is 2% (2 of 100)"},
		{"leaked.stall>0", true, "leaked.stall was never measured"},
		{"late>0", true, "late is 1 of 200"},
		{"unknown.half-close>0", false, "unknown.half-close is 0 of 100"},
		{"unknown.vanish>0", true, "unknown.vanish was never measured"},
		{"killed>10%", false, "killed is 10% (1 of 10)"},
		{"judged<100%", true, "judged is 66.66% (2 of 3)"},
		{"judged<2", false, "judged is 2 of 3"},
		{"wasted>25%", false, "wasted is 25% (250 of 1,000)"},
		{"wasted>100", true, "wasted is 250 of 1,000"},
		{"warnings>0", true, "warnings is 1"},
	} {
		var ts Thresholds
		if err := ts.Set(tt.text); err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		r := measuredRun()
		ts.Apply(r)
		got := r.Thresholds[0]
		if got.Broken != tt.broken || got.Summary != tt.says || got.FailIf != strings.ReplaceAll(tt.text, " ", "") {
			t.Errorf("%s: %+v", tt.text, got)
		}
		if (got.Value == nil) != strings.Contains(tt.says, "never") {
			t.Errorf("%s: the value is %v", tt.text, got.Value)
		}
		last := r.Findings[len(r.Findings)-1]
		if (last.Code == BrokenThreshold) != tt.broken || r.Broken() != tt.broken {
			t.Errorf("%s: broken %v, and the last finding is %s", tt.text, r.Broken(), last.Code)
		}
		if tt.broken && (last.Severity != SeverityError || !strings.Contains(last.Summary, "--fail-if "+got.FailIf) || last.Evidence == "" || last.Hint == "") {
			t.Errorf("%s: %+v", tt.text, last)
		}
		if r.Verdict != Clean {
			t.Errorf("%s: the verdict became %s", tt.text, r.Verdict)
		}
	}
}

func TestThresholdErrors(t *testing.T) {
	for text, want := range map[string][2]string{
		"":                        {"it is no figure with", "ttfe.p99>500ms"},
		"ttfe.p99":                {"it is no figure with", "ttfe.p99>500ms"},
		"ttfe.p99==5s":            {"it is no figure with", "ttfe.p99>500ms"},
		"ttfe.p99>5s>6s":          {"it is no figure with", "ttfe.p99>500ms"},
		"tfe.p99>500ms":           {`there is no figure "tfe"`, "nearest: ttfe"},
		"heartbeat.max>20s":       {`there is no figure "heartbeat"`, "nearest: heartbeat_gap"},
		"memory>5":                {`there is no figure "memory"`, "the figures are connect, ttfe, "},
		"ttfe>500ms":              {"ttfe is many times", "ttfe.p99"},
		"ttfe.p95>500ms":          {"ttfe is many times", "min, p50, p90, p99, max"},
		"ttfe.close.p99>500ms":    {`ttfe has no "close"`, "ttfe.p99>500ms"},
		"opened.p99<5":            {`opened has no "p99"`, "opened>0"},
		"took.max>5s":             {`took has no "max"`, "took>2m"},
		"reclaim.clsoe.p99>5s":    {`no way to leave "clsoe"`, "nearest: close"},
		"reclaim.a.close.p99>5s":  {`reclaim has no "a.close"`, "reclaim.p99>500ms"},
		"ttfe.p99>500":            {`"500" is no length of time`, "500ms, 5s"},
		"ttfe.p99>0":              {`"0" is no length of time`, "500ms, 5s"},
		"ttfe.p99>-1s":            {`"-1s" is no length of time`, "500ms, 5s"},
		"opened<all":              {`"all" is no number`, "99.5%"},
		"opened<NaN":              {`"NaN" is no number`, "99.5%"},
		"opened<-1":               {`"-1" is no number`, "99.5%"},
		"opened<5s":               {`"5s" is no number`, "99.5%"},
		"warnings>1%":             {"a share of nothing", "warnings>0"},
		"leaked.over-reaping>0":   {`no way to leave "over-reaping"`, "the ways are complete, close"},
		"opened<100% rejected>0%": {"it is no figure with", "ttfe.p99>500ms"},
	} {
		_, err := ParseThreshold(text)
		var wrong *ThresholdError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !strings.Contains(err.Error(), want[0]) || !strings.Contains(wrong.Hint(), want[1]) || strings.ContainsAny(err.Error()+wrong.Hint(), "\n") {
			t.Errorf("%s: %v; hint: %s", text, err, wrong.Hint())
		}
	}
}

// What is told of a run that came to nothing is that nothing was measured.
func TestThresholdsOfNothing(t *testing.T) {
	for _, f := range figures {
		if slices.Contains([]string{"took", "warnings"}, f.name) {
			continue // they are there in every run
		}
		th := Threshold{text: "x", figure: f, operator: ">", bound: 1, quantile: "p99"}
		if got := th.of(&Report{}); got.Value != nil || !got.Broken {
			t.Errorf("%s: %+v", f.name, got)
		}
	}
}

// Every figure is explained where people look for it.
func TestFiguresAreDocumented(t *testing.T) {
	help := FigureHelp("  ")
	text, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if !strings.Contains(help, f.what) {
			t.Errorf("the help has no %s", f.name)
		}
		if !strings.Contains(string(text), "`"+f.name+"`") && !strings.Contains(string(text), "`"+f.name+".p99`") {
			t.Errorf("docs/ci.md has no %s", f.name)
		}
	}
}

// A threshold that is taken is written as it is read.
func FuzzParseThreshold(f *testing.F) {
	for _, text := range []string{"ttfe.p99>500ms", "opened < 100%", "reclaim.half-close.max>=1m30s", "leaked.close>0", "a.b.c<1", "took<=1h", "warnings>1e3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		th, err := ParseThreshold(text)
		if err != nil {
			return
		}
		again, err := ParseThreshold(th.String())
		if err != nil || again.String() != th.String() || again.bound != th.bound {
			t.Errorf("%q is read as %q, and that as %q, %v", text, th, again, err)
		}
		th.of(measuredRun())
	})
}
