package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sse-tool/sse-tool/internal/near"
)

// configFlag is the path of a file of flags. Where it is not given, the file of the
// working directory is taken, if there is one; an empty one is none.
type configFlag string

const configUsage = "a file of flags (default: " + configName + ", where it is there; '' is none)"

// urlKey is the key of the argument.
const urlKey = "url"

// configure takes the flags of a file that were not given on the command line, says
// which file that is, and returns the arguments with the file's URL if they have
// none.
func (c configFlag) configure(cmd *cobra.Command, args []string) ([]string, error) {
	file, err := c.read(cmd)
	if file == nil || err != nil {
		return args, err
	}
	if err := file.check(cmd); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	cmd.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	for _, s := range file.of(cmd.Name()) {
		if s.key == urlKey {
			if len(args) > 0 {
				continue
			}
			if args, err = file.values(s); err == nil && len(args) != 1 {
				err = errors.New("give one URL")
			}
		} else if !given[s.key] && !given[instead[s.key]] {
			err = file.set(cmd.Flags().Lookup(s.key), s)
		}
		if err != nil {
			return nil, file.at(s.line, err)
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "sse-tool: flags from %s\n", printable(file.path))
	return args, nil
}

// instead are pairs of flags of which only one can be given.
var instead = map[string]string{"rate": "ramp", "ramp": "rate"}

// read reads the file; nil is that there is none.
func (c configFlag) read(cmd *cobra.Command) (*configFile, error) {
	path, asked := string(c), cmd.Flags().Changed("config")
	switch {
	case asked && path == "":
		return nil, nil
	case !asked:
		path = configName
	}
	file, err := readConfig(path, configured(cmd))
	switch {
	case err == nil:
		return file, nil
	case !asked && errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.As(err, new(*fs.PathError)):
		return nil, hinted{fmt.Errorf("--config: %w", err), "give the path of a file of flags"}
	default:
		return nil, err
	}
}

// configured are the names of the commands that take a file of flags.
func configured(cmd *cobra.Command) (names []string) {
	for _, sibling := range siblings(cmd) {
		names = append(names, sibling.Name())
	}
	return names
}

func siblings(cmd *cobra.Command) (all []*cobra.Command) {
	for _, sibling := range cmd.Parent().Commands() {
		if sibling.Flags().Lookup("config") != nil {
			all = append(all, sibling)
		}
	}
	return all
}

// check tells of keys that are no flag's: of the command whose section it is, or of
// any that takes the file.
func (c *configFile) check(cmd *cobra.Command) error {
	var union []string
	for _, sibling := range siblings(cmd) {
		names := keysOf(sibling)
		union = append(union, names...)
		if err := c.checkKeys(c.sections[sibling.Name()], names, sibling); err != nil {
			return err
		}
	}
	return c.checkKeys(c.settings, append(union, configured(cmd)...), cmd)
}

func (c *configFile) checkKeys(settings []setting, names []string, cmd *cobra.Command) error {
	slices.Sort(names)
	names = slices.Compact(names)
	for _, s := range settings {
		if slices.Contains(names, s.key) {
			continue
		}
		wrong := &configError{path: c.path, line: s.line, err: fmt.Errorf("unknown key %q", s.key)}
		if nearest := near.Names(s.key, names); len(nearest) > 0 {
			wrong.hint = "nearest: " + strings.Join(nearest, ", ")
		}
		if len(s.key) == 1 {
			if f := cmd.Flags().ShorthandLookup(s.key); f != nil {
				wrong.hint = "write the long name: " + f.Name
			}
		}
		return wrong
	}
	return nil
}

// keysOf are the keys that a command's section may have.
func keysOf(cmd *cobra.Command) []string {
	names := []string{urlKey}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "config" && !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// of are the settings for a command: its section's, and those for all that it does
// not have itself. Those of other commands' flags are left out.
func (c *configFile) of(command string) []setting {
	own := c.sections[command]
	var all []setting
	for _, s := range c.settings {
		if !slices.ContainsFunc(own, func(o setting) bool { return o.key == s.key || o.key == instead[s.key] }) {
			all = append(all, s)
		}
	}
	return append(all, own...)
}

// set gives a flag what the file has for it; nil is a flag of another command.
func (c *configFile) set(f *pflag.Flag, s setting) error {
	if f == nil {
		return nil
	}
	values, err := c.values(s)
	if err != nil {
		return err
	}
	switch {
	case !s.list || repeats(f) || len(values) == 0:
	case f.Value.Type() == "mix" || f.Value.Type() == "ways": // they have commas in between
		values = []string{strings.Join(values, ",")}
	default:
		return fmt.Errorf("%s takes one value, not a list", s.key)
	}
	for i, value := range values {
		if err := f.Value.Set(value); err != nil {
			line := s.line
			if s.list && len(values) == len(s.values) {
				line = s.values[i].line
			}
			return c.at(line, fmt.Errorf("%s: %w", s.key, flagCause(err)))
		}
		f.Changed = true
	}
	return nil
}

// repeats tells whether a flag may be given again, as its help says.
func repeats(f *pflag.Flag) bool { return strings.Contains(f.Usage, "(repeat") }

// values are a setting's values with the environment's in them.
func (c *configFile) values(s setting) ([]string, error) {
	all := make([]string, len(s.values))
	for i, v := range s.values {
		text, err := expand(v.text, os.LookupEnv)
		if err != nil {
			return nil, c.at(v.line, fmt.Errorf("%s: %w", s.key, err))
		}
		all[i] = text
	}
	return all, nil
}

// at says where in the file an error is, if it does not say so itself.
func (c *configFile) at(line int, err error) error {
	if errors.As(err, new(*configError)) {
		return err
	}
	return &configError{path: c.path, line: line, err: err}
}
