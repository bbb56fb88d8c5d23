package chat

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// theme is the colours of a screen, for a dark or a light background. The text
// itself keeps the terminal's own colour.
type theme struct {
	dark bool

	accent, you, good, warn, bad color.Color
	muted, faint                 color.Color
	bar, barText                 color.Color // the line of state
	code                         color.Color // behind code within a line
	mark, markHere               color.Color // behind what a search found
	highlight                    string      // the style of code, as chroma names it
}

func newTheme(dark bool) theme {
	if dark {
		return theme{
			dark: true, accent: hex("#a893ff"), you: hex("#5cc8ff"), good: hex("#5bd6a0"), warn: hex("#f2b75b"),
			bad: hex("#ff7a85"), muted: hex("#9095ab"), faint: hex("#5d6278"), bar: hex("#25273c"), barText: hex("#c9ccdf"),
			code: hex("#2b2e45"), mark: hex("#5a4a1f"), markHere: hex("#b07d14"), highlight: "github-dark",
		}
	}
	return theme{
		accent: hex("#5a41d8"), you: hex("#0b74b8"), good: hex("#0c8058"), warn: hex("#9a5b00"),
		bad: hex("#c22f3f"), muted: hex("#62677c"), faint: hex("#a0a5b8"), bar: hex("#e6e7f2"), barText: hex("#30344a"),
		code: hex("#ebecf5"), mark: hex("#ffe9a8"), markHere: hex("#ffc83d"), highlight: "github",
	}
}

func hex(s string) color.Color { return lipgloss.Color(s) }

// in is a style with that colour of the text.
func in(c color.Color) lipgloss.Style { return lipgloss.NewStyle().Foreground(c) }
