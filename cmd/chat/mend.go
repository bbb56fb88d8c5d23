package chat

import (
	"regexp"
	"strings"
)

var (
	halfLink = regexp.MustCompile(`!?\[([^\]\n]*)(\](\([^)\n]*)?)?$`)
	halfMark = regexp.MustCompile("[ \n]?[*_~`!\\[]+$")
)

// mend closes what the last words of an unfinished paragraph have left open, so
// that it looks already as it will: a bold word is bold from its first letter,
// and no mark is shown that is gone a moment later.
func mend(text string) string {
	text = strings.TrimRight(text, " \n")
	if inCode(text) {
		return closeCode(text)
	}
	if i := strings.LastIndexByte(text, '['); i >= 0 && !inCode(text[:i]) {
		if m := halfLink.FindStringSubmatchIndex(text); m != nil {
			text = text[:m[0]] + text[m[2]:m[3]]
		}
	}
	open := openMarks(text)
	bare := true // nothing stands behind what is open
	for i := len(open) - 1; i >= 0; i-- {
		mark := open[i]
		if bare && strings.HasSuffix(text, mark) {
			text = strings.TrimRight(strings.TrimSuffix(text, mark), " ")
			continue
		}
		if bare && mark == "**" { // a half of what closes it
			text = strings.TrimSuffix(text, "*")
		}
		bare = false
		text = strings.TrimRight(text, " ") + mark
	}
	return text
}

func inCode(text string) bool { return strings.Count(text, "`")%2 == 1 }

func closeCode(text string) string {
	if strings.HasSuffix(text, "`") {
		return halfMark.ReplaceAllString(text, "")
	}
	return text + "`"
}

// openMarks are the marks of emphasis in text that have no end yet, outermost
// first.
func openMarks(text string) []string {
	var open []string
	code := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\':
			i++
		case c == '`':
			code = !code
		case code || c != '*' && c != '~':
		default:
			n := len(text[i:]) - len(strings.TrimLeft(text[i:], text[i:i+1]))
			open = marked(open, text, i, n)
			i += n - 1
		}
	}
	return open
}

// marked is what is open after a run of n stars or tildes at i.
func marked(open []string, text string, i, n int) []string {
	end := i + n
	closes := i > 0 && text[i-1] != ' ' && text[i-1] != '\n'
	opens := end == len(text) || text[end] != ' ' && text[end] != '\n'
	if text[i] == '~' && n != 2 {
		return open
	}
	for n > 0 {
		if k := len(open) - 1; closes && k >= 0 && open[k][0] == text[i] && len(open[k]) <= n {
			n -= len(open[k])
			open = open[:k]
			continue
		}
		if !opens {
			return open
		}
		mark := text[i : i+min(n, 2)]
		open, n, closes = append(open, mark), n-len(mark), false
	}
	return open
}
