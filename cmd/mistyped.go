package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/internal/near"
)

// mistyped adds the way out to an error in the flags or the number of arguments of a
// command.
func mistyped(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, "--"+f.Name)
			}
		})
		return nearest(err, "--"+unknown.GetSpecifiedName(), names, helpLists)
	case strings.HasPrefix(err.Error(), "accepts "), c.HasParent() && strings.HasPrefix(err.Error(), "unknown command "): // cobra's, which have no types
		return hinted{err, "usage: " + c.UseLine()}
	default:
		return err
	}
}

// noCommand tells of a word that is none of a command's own commands.
func noCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, append(sub.Aliases, sub.Name())...)
		}
	}
	return nearest(usageError{fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}, args[0], names, helpLists)
}

// nearest adds to an error the names that are like the one that is unknown, and what
// lists them all.
func nearest(err error, asked string, names []string, list string) error {
	if found := near.Names(asked, names); len(found) > 0 {
		list = "nearest: " + strings.Join(found, ", ") + "; " + list
	}
	return hinted{err, list}
}

// helpLists is what lists commands and flags.
const helpLists = "--help lists what there is"
