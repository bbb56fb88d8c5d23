// Package talk is a chat with a server that streams its answers, without a screen: one conversation, the answers to it
// as they come, and what becomes of the server's session when an answer is left.
//
//	config, err := talk.Config{URL: url}.Resolve(ctx)
//	...
//	reply := talk.Ask(ctx, config, conversation)
//	defer reply.Close()
//	for {
//		update, err := reply.Next()
//		fmt.Print(update.Text)
//		if err != nil {
//			break // io.EOF: the answer is complete
//		}
//	}
//
// Everything here is pulled: a [Reply] and a [Sessions] have no goroutine of their own, and do something only while
// somebody waits in their Next. What changes with time alone, the age of a heartbeat say, is asked of the plain values
// that they give, a [Life] and a [Live], which take the time as an argument.
package talk
