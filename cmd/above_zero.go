package cmd

import (
	"fmt"

	"github.com/spf13/pflag"
)

// aboveZero tells of a number or a time that was typed and is not above zero: in
// a config zero is the default.
func aboveZero(f *pflag.FlagSet, names ...string) error {
	for _, name := range names {
		switch v := f.Lookup(name).Value.String(); {
		case !f.Changed(name):
		case v == "0" || v == "0s" || v[0] == '-':
			return fmt.Errorf("%s: %s is not above zero", name, v)
		}
	}
	return nil
}
