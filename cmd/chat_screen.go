package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	chatui "github.com/sse-tool/sse-tool/cmd/chat"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// onScreen tells whether there is somebody to talk to: a terminal on both sides
// that can place a cursor, and no prompt that wants an answer and no more.
func (c *chatConfig) onScreen(cmd *cobra.Command, args []string) bool {
	return len(args) < 2 && !c.json && os.Getenv("TERM") != "dumb" && isTerminalIn(cmd.InOrStdin()) && isTerminal(cmd.OutOrStdout())
}

// screen shows the chat until its user ends it.
func (c *chatConfig) screen(ctx context.Context, cmd *cobra.Command, config talk.Config) error {
	err := chatui.Run(ctx, chatui.Settings{
		Talk: config, Conversation: c.talk, SavePath: string(c.save), In: cmd.InOrStdin(), Out: cmd.OutOrStdout(), Hint: hint,
	})
	var saved error
	if unsaved := new(chatui.SaveError); errors.As(err, &unsaved) {
		saved = hinted{fmt.Errorf("--save: %w", unsaved), unsaved.Hint()}
	}
	switch {
	case ctx.Err() != nil:
		return conclude(cmd, errInterrupted, saved)
	case saved != nil:
		return saved
	case err != nil:
		return fmt.Errorf("chat: %w", err)
	}
	return nil
}
