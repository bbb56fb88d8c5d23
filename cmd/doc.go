// Package cmd is the command line of sse-tool: the cobra tree, its flags, what
// is written on a terminal, and the exit codes. [New] makes the tree, which
// another program may hang into its own; [Run] runs it as a process does.
//
// One file a subcommand. Results go to the command's output, everything else to
// its error output.
package cmd
