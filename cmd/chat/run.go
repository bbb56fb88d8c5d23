package chat

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Run shows the chat until its user leaves it. Then all streams are closed, those
// that stalled or vanished too, and nothing of it runs on but, where keys came
// while it ended, the library's goroutine that waits to hand over the first of
// them (ultraviolet's TerminalReader regards no context there). A context that
// ends ends it, and its cause is the error. A *SaveError may stand beside that.
func Run(ctx context.Context, s Settings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	work := newWork(ctx, s)
	defer work.end()
	options := []tea.ProgramOption{tea.WithInput(s.In), tea.WithOutput(s.Out), tea.WithoutSignalHandler()}
	if s.Environ != nil {
		options = append(options, tea.WithEnvironment(s.Environ))
	}
	if s.NoColor {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	m := newModel(s, work)
	program := tea.NewProgram(m, options...)
	stop := context.AfterFunc(ctx, program.Quit) // who is killed by a context of its own does not wait for what it reads
	defer stop()
	_, err := program.Run()
	return errors.Join(ended(ctx, err), m.keep())
}

// ended is what Run has to tell of how the program ended.
func ended(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil, errors.Is(err, tea.ErrInterrupted):
		return nil
	}
	return fmt.Errorf("terminal: %w", err)
}
