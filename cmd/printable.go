package cmd

import harmless "github.com/sse-tool/sse-tool/cmd/printable"

// printable is text that may go to a terminal, whoever wrote it.
func printable(s string) string { return harmless.Text(s) }

// printableJSON is printable for a JSON text, of which it leaves the value.
func printableJSON(s string) string { return harmless.JSON(s) }

// printableText is printable for a text of several lines, whose ends are left.
func printableText(s string) string { return harmless.Prose(s) }
