package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sse-tool/sse-tool/leakcheck"
	"github.com/sse-tool/sse-tool/loadgen"
)

// The elements of a JUnit file, as Jenkins and GitLab read them. Nobody ever
// wrote the form down; Jenkins checks it against its junit-10.xsd.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		junitTotals
		Suite junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		junitTotals
		Skipped    int             `xml:"skipped,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitTotals struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Time     string `xml:"time,attr"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    string       `xml:"time,attr"`
		Skipped *junitResult `xml:"skipped"`
		Error   *junitResult `xml:"error"`
		Failure *junitResult `xml:"failure"`
		// Out has the warnings, which fail nothing.
		Out *junitText `xml:"system-out"`
	}
	junitResult struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
	junitText struct {
		Text string `xml:",cdata"`
	}
)

// JUnit writes a report as a JUnit file: a test case for each way of leaving, each
// probe and each threshold, for the run that it was held against, and for the run.
// What decides a bad verdict is a failure, what makes one inconclusive an error, and a
// way that was not judged is skipped. What is no worse than in an earlier run that it
// was held against fails nothing.
func JUnit(w io.Writer, r *leakcheck.Report) error {
	r = printable(r)
	suite := junitSuite{
		junitTotals: junitTotals{Name: "sse-tool", Time: decimal(r.Took)},
		Timestamp:   r.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties:  junitProperties(r),
		Cases:       slices.Concat(junitWays(r), junitProbes(r), junitAsked(r)),
	}
	suite.Cases = append(suite.Cases, junitRun(r, suite.Cases))
	for _, c := range suite.Cases {
		suite.Tests++
		suite.Skipped += count(c.Skipped)
		suite.Errors += count(c.Error)
		suite.Failures += count(c.Failure)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{junitTotals: suite.junitTotals, Suite: suite}); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

func count(r *junitResult) int {
	if r == nil {
		return 0
	}
	return 1
}

func decimal(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }

func junitProperties(r *leakcheck.Report) []junitProperty {
	all := []junitProperty{
		{"tool", r.Tool}, {"target", r.Target}, {"verdict", string(r.Verdict)}, {"headline", Headline(r)},
		{"streams.planned", fmt.Sprint(r.Streams.Planned)}, {"streams.opened", fmt.Sprint(r.Streams.Opened)},
		{"controls.kept", fmt.Sprint(r.Controls.Kept)}, {"controls.killed", fmt.Sprint(r.Controls.Killed)},
	}
	for _, row := range r.Disconnects {
		if q := row.Reclaim; q != nil {
			all = append(all, junitProperty{"reclaim.p50_s." + string(row.Name), decimal(q.P50)}, junitProperty{"reclaim.p99_s." + string(row.Name), decimal(q.P99)})
		}
	}
	for _, f := range r.Facts {
		all = append(all, junitProperty{"measured." + strings.ReplaceAll(string(f.Name), " ", "-"), f.Value + "; " + f.Evidence})
	}
	return all
}

// junitWays has a case for each way that the run took, and for each thing that
// it could not judge. A way's time is that of its slowest reclaim.
func junitWays(r *leakcheck.Report) []junitCase {
	var cases []junitCase
	seen := map[string]bool{}
	for _, row := range r.Disconnects {
		c := junitCase{Class: "sse-tool.disconnects", Name: string(row.Name), Time: decimal(0)}
		if row.Reclaim != nil {
			c.Time = decimal(row.Reclaim.Max)
		}
		stayed := ""
		if row.Leaked > 0 && !knownWay(r, row.Name) {
			stayed = leakedLine(row)
		}
		c.fill(r, stayed, row.LeakedIDs, func(f leakcheck.Finding) bool { return slices.Contains(f.Disconnects, row.Name) })
		if !c.red() {
			c.skip(r)
		}
		seen[c.Name] = true
		cases = append(cases, c)
	}
	for _, n := range r.NotJudged {
		if !seen[n.Name] && !probed(r, n.Name) {
			c := junitCase{Class: "sse-tool.disconnects", Name: n.Name, Time: decimal(0)}
			if _, err := loadgen.ParseDisconnect(n.Name); err != nil {
				c.Class = "sse-tool.run"
			}
			c.skip(r)
			cases = append(cases, c)
		}
	}
	return cases
}

// leakedLine says how many sessions of a way stayed.
func leakedLine(row leakcheck.Row) string {
	line := fmt.Sprintf("%s of %s sessions stayed past the window of %s", comma(row.Leaked), comma(row.Left), length(row.Window))
	if row.Late > 0 {
		line += fmt.Sprintf(", %s of them came back late", comma(row.Late))
	}
	return line
}

func junitProbes(r *leakcheck.Report) []junitCase {
	var cases []junitCase
	for _, p := range r.Probes {
		c := junitCase{Class: "sse-tool.probes", Name: p.Name, Time: decimal(0)}
		c.fill(r, "", nil, func(f leakcheck.Finding) bool { return f.Role == p.Role })
		if !c.red() {
			c.skipAs(r, string(p.Role))
		}
		cases = append(cases, c)
	}
	return cases
}

// probed tells whether a name is that of a role that a probe has: what is not judged of
// it is the probe's case.
func probed(r *leakcheck.Report, name string) bool {
	return slices.ContainsFunc(r.Probes, func(p leakcheck.ProbeSummary) bool { return string(p.Role) == name })
}

// junitRun is the case of what is no way's and no probe's: a crash, controls that
// were killed. It also fails where the verdict is not clean and no other case
// says so.
func junitRun(r *leakcheck.Report, others []junitCase) junitCase {
	c := junitCase{Class: "sse-tool.run", Name: "run", Time: decimal(r.Took)}
	headline := ""
	if r.Outcome() != leakcheck.Passed && !slices.ContainsFunc(others, junitCase.red) {
		headline = Headline(r)
	}
	c.fill(r, headline, nil, func(f leakcheck.Finding) bool { return ofRun(r, f) })
	return c
}

func (c junitCase) red() bool { return c.Failure != nil || c.Error != nil }

// ofRun tells whether a finding has no case but the run's.
func ofRun(r *leakcheck.Report, f leakcheck.Finding) bool {
	return !asked(f) && !slices.ContainsFunc(r.Disconnects, func(row leakcheck.Row) bool { return slices.Contains(f.Disconnects, row.Name) }) &&
		!slices.ContainsFunc(r.Probes, func(p leakcheck.ProbeSummary) bool { return p.Role == f.Role })
}

// fill gives a case the findings that are about it. It fails by them, and by what
// is said of it in a word, if that is not empty.
func (c *junitCase) fill(r *leakcheck.Report, why string, ids []string, about func(leakcheck.Finding) bool) {
	var bad, warnings []leakcheck.Finding
	for _, f := range r.Findings {
		switch {
		case !about(f):
		case f.Severity == leakcheck.SeverityError && !known(r, f):
			bad = append(bad, f)
		default:
			warnings = append(warnings, f)
		}
	}
	if len(warnings) > 0 {
		c.Out = &junitText{Text: told(warnings)}
	}
	if why == "" && len(bad) == 0 {
		return
	}
	result := &junitResult{Type: string(r.Verdict), Message: why, Text: told(bad)}
	if len(bad) > 0 {
		result.Type = string(bad[0].Code)
		if why == "" {
			result.Message = bad[0].Summary
		}
	}
	if len(ids) > 0 {
		result.Text += "\nsessions: " + strings.Join(ids, " ") + "\n"
	}
	if r.Verdict == leakcheck.Inconclusive {
		c.Error = result
	} else {
		c.Failure = result
	}
}

// skip marks a case as skipped if it could not be judged.
func (c *junitCase) skip(r *leakcheck.Report) { c.skipAs(r, c.Name) }

// skipAs does the same to what reports call by another name.
func (c *junitCase) skipAs(r *leakcheck.Report, name string) {
	for _, n := range r.NotJudged {
		if n.Name == name {
			c.Skipped = &junitResult{Message: n.Why, Text: "try: " + n.How}
		}
	}
}

// told writes findings with all that they say.
func told(findings []leakcheck.Finding) string {
	var b bytes.Buffer
	for _, f := range findings {
		finding(&b, f, Plain)
	}
	return b.String()
}
