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
	for i := len(open) - 1; i >= 0; i-- {
		mark := open[i]
		if strings.HasSuffix(text, mark) {
			text = strings.TrimRight(strings.TrimSuffix(text, mark), " ")
			continue
		}
		if n := len(mark) - 1; n > 0 && strings.HasSuffix(text, mark[:n]) { // a half of what closes it
			text = strings.TrimSuffix(text, mark[:n])
		}
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
			n := 1
			for i+n < len(text) && text[i+n] == c {
				n++
			}
			mark := text[i : i+min(n, 2)]
			if c == '~' && n != 2 {
				i += n - 1
				continue
			}
			after := byte(' ')
			if i+n < len(text) {
				after = text[i+n]
			}
			if k := len(open) - 1; k >= 0 && open[k] == mark && (i == 0 || text[i-1] != ' ') {
				open = open[:k]
			} else if after != ' ' && after != '\n' || i+n == len(text) {
				open = append(open, mark)
			}
			i += n - 1
		}
	}
	return open
}
