package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	chatui "github.com/sse-tool/sse-tool/cmd/chat"
	"github.com/sse-tool/sse-tool/cmd/talk"
)

// onScreen tells whether there is somebody to talk to: a terminal on both sides,
// and no prompt that wants an answer and no more.
func (c *chatConfig) onScreen(cmd *cobra.Command, args []string) bool {
	return len(args) < 2 && !c.json && isTerminalIn(cmd.InOrStdin()) && isTerminal(cmd.OutOrStdout())
}

// screen shows the chat until its user ends it.
func (c *chatConfig) screen(ctx context.Context, cmd *cobra.Command, config talk.Config) error {
	err := chatui.Run(ctx, chatui.Settings{
		Talk: config, Conversation: c.talk, SavePath: string(c.save), In: cmd.InOrStdin(), Out: cmd.OutOrStdout(),
	})
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return fmt.Errorf("chat: %w", err)
	}
	return nil
}
