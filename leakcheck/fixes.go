package leakcheck

import "slices"

// Fix says what a finding's hint is in one framework: the settings and calls by
// their names there.
type Fix struct {
	Framework Framework `json:"framework"`
	Text      string    `json:"text"`
}

// fixes gives every finding what to do in the server's own frameworks.
func (j *judge) fixes() {
	known := j.e.frameworks()
	for i := range j.report.Findings {
		f := &j.report.Findings[i]
		for _, framework := range known {
			if text := remedy(f.Code, framework); text != "" {
				f.Fixes = append(f.Fixes, Fix{framework, text})
			}
		}
	}
}

// remedy is the table's entry; empty where a framework has nothing to do with it.
func remedy(c Code, f Framework) string {
	for _, r := range remedies {
		if slices.Contains(r.codes, c) {
			return r.in[f]
		}
	}
	return ""
}

// remedies are what to do, by what was found. A code stands in one of them at most.
// Of a proxy only what it can change is said.
var remedies = []struct {
	codes []Code
	in    map[Framework]string
}{
	{[]Code{NoCallbacks, NoErrorCallback, Leak, Late}, map[Framework]string{
		Spring:  "MVC: release in SseEmitter.onCompletion, onTimeout and onError, all three set before the emitter is returned, and when send throws IOException; a container notices a client's leaving only when it writes. WebFlux: doFinally",
		FastAPI: "release in a finally around the generator's loop, which CancelledError reaches when the client has gone; check await request.is_disconnected() where the loop waits for something else; write middleware in front of it as plain ASGI, not as BaseHTTPMiddleware",
		Node:    "release in res.on('close', ...), which comes after every end; not in req.on('close'), which may come when the request's body was read, and not in res.on('finish'), which is completion only",
		Go:      "wait for <-r.Context().Done() in every select of the handler, read the request's body to its end first (net/http watches the connection only from then on), and release in a defer",
		Nginx:   "keep proxy_ignore_client_abort off (the default), or the server behind is told that the client has gone only when nginx's next write fails; proxy_buffering off",
	}},
	{[]Code{NoCompletionCallback}, map[Framework]string{
		Spring:  "call emitter.complete() when the reply is done, and release in onCompletion: it runs after onTimeout and onError, too. WebFlux: doFinally",
		FastAPI: "release in a finally around the generator's loop: it runs at its end as well as on CancelledError",
		Node:    "release in res.on('close', ...): it follows 'finish' as well as a lost connection",
		Go:      "release in a defer at the top of the handler",
	}},
	{[]Code{NoTimeout}, map[Framework]string{
		Spring:  "new SseEmitter(300_000L): 0L is never, and no argument is spring.mvc.async.request-timeout; call complete() in onTimeout. WebFlux: take(Duration.ofMinutes(5)) on the Flux",
		FastAPI: "end the generator's loop at a deadline, while time.monotonic() < deadline; uvicorn and gunicorn have no limit for a response that goes on",
		Node:    "const life = setTimeout(() => res.end(), 300_000), and clearTimeout(life) in res.on('close', ...); server.requestTimeout bounds only how long the request may take to come",
		Go:      "ctx, cancel := context.WithTimeout(r.Context(), 5*time.Minute), and wait for that one; http.Server.WriteTimeout would cut every stream, without a last event",
	}},
	{[]Code{NoHeartbeat}, map[Framework]string{
		Spring:  `MVC: one scheduler for all emitters that calls emitter.send(SseEmitter.event().comment("ping")) every 15 s, and releases where it throws. WebFlux: merge Flux.interval(Duration.ofSeconds(15)) with ServerSentEvent.builder().comment("ping").build()`,
		FastAPI: "sse-starlette: EventSourceResponse(generator, ping=15); with StreamingResponse wait with asyncio.wait_for(queue.get(), 15) and yield \": ping\\n\\n\" on TimeoutError",
		Node:    `const beat = setInterval(() => res.write(": ping\n\n"), 15_000), and clearInterval(beat) in res.on('close', ...)`,
		Go:      `a time.NewTicker(15 * time.Second) in the handler's select: write ": ping\n\n", Flush by http.NewResponseController(w), return on an error; set TCP_USER_TIMEOUT as well, or the kernel resends it for a quarter of an hour`,
		Nginx:   "proxy_read_timeout (60s unless set) has to be longer than the time between two heartbeats; proxy_buffering off, or they arrive late and together",
	}},
	{[]Code{NoWriteDeadline, SweepNever}, map[Framework]string{
		Spring:  "Tomcat: server.tomcat.connection-timeout bounds a blocked write, too; Java sets no TCP_USER_TIMEOUT. WebFlux on Netty's epoll transport: childOption(EpollChannelOption.TCP_USER_TIMEOUT, 20_000) in a NettyServerCustomizer. Else sysctl net.ipv4.tcp_retries2",
		FastAPI: "sse-starlette: EventSourceResponse(generator, send_timeout=10); for clients that vanished set TCP_USER_TIMEOUT on the listening socket (on Linux accepted ones inherit it) and give that to uvicorn.Server(config).serve(sockets=[sock])",
		Node:    "res.setTimeout(20_000, () => res.destroy()) ends a stalled client: a write that does not go through resets no timer; look at res.writableLength before each write. Node sets no TCP_USER_TIMEOUT: sysctl net.ipv4.tcp_retries2, or a limit on the stream's life, ends one that vanished",
		Go:      "http.NewResponseController(w).SetWriteDeadline(time.Now().Add(10*time.Second)) before each write, and TCP_USER_TIMEOUT on each accepted connection in http.Server.ConnContext (SyscallConn, unix.SetsockoptInt); on a multipath TCP listener that option fails: net.ListenConfig.SetMultipathTCP(false)",
		Nginx:   "send_timeout 20s ends a client that takes nothing for so long (60s unless set); reset_timedout_connection on frees its buffers at once",
	}},
	{[]Code{NoBackPressure}, map[Framework]string{
		Spring:  "MVC: SseEmitter.send blocks while its client takes nothing: give each emitter a bounded queue and a (virtual) thread of its own, in place of one loop over all of them; complete an emitter whose queue is full. WebFlux: Sinks.many().multicast().directBestEffort(), or onBackpressureBuffer with a limit behind the sink, for each subscriber",
		FastAPI: "an asyncio.Queue(maxsize=100) for each client and put_nowait in the broadcast; end the client's stream on QueueFull, never await queue.put in a loop over all clients",
		Node:    "res.write never waits, but memory grows: where it returned false look at res.writableLength, and res.destroy() a client that is too far behind; no await of 'drain' in a loop over all clients",
		Go:      "a buffered channel for each client, and in the broadcast select { case c <- event: default: } with the client dropped where it is full; write in each client's own handler, under http.NewResponseController(w).SetWriteDeadline; r3labs/sse waits for every client of a stream, Publish and TryPublish alike: give it a ResponseWriter that sets that deadline",
	}},
	{[]Code{EarlyAbort}, map[Framework]string{
		Spring:  "set onCompletion, onTimeout and onError before the emitter is put into the map and returned; send a first event at once, so that an early leaving shows as an IOException",
		FastAPI: "register the session inside the generator, in its try; if the client leaves first, the generator of what was registered in the endpoint may never begin, nor its finally",
		Node:    "set res.on('close', ...) before the first await, and look at res.closed after each one before you register anything",
		Go:      "read the request's body to its end before the first slow call (net/http watches the connection only from then on), give r.Context() to that call, and look at r.Context().Err() when the session is registered",
		Nginx:   "keep proxy_ignore_client_abort off (the default): nginx then closes the server's side even before the first byte came",
	}},
	{[]Code{SlowReclaim}, map[Framework]string{
		Spring:  "release in the callbacks themselves; where they use an executor give it threads enough (spring.task.execution.pool.core-size), and do no blocking call in them",
		FastAPI: "no await of a slow call in the generator's finally: asyncio.create_task for what may take long, and remove the session first",
		Node:    "delete the session first thing in res.on('close', ...); what blocks the event loop (JSON of megabytes, synchronous calls) holds every one of these events back",
		Go:      "delete the session in the handler's own defer, under a lock that is held for no I/O; a channel to one worker is a queue",
	}},
	{[]Code{NoRemove}, map[Framework]string{
		Spring:  "emitters.remove(id, emitter) in onCompletion: with both arguments a ConcurrentHashMap removes only your own",
		FastAPI: "in the generator's finally: if sessions.get(id) is session: del sessions[id]",
		Node:    "in res.on('close', ...): if (sessions.get(id) === session) sessions.delete(id)",
		Go:      "in the handler's defer: sessions.CompareAndDelete(id, session) of a sync.Map, or the same under your map's lock",
	}},
	{[]Code{RefreshKillsSuccessor}, map[Framework]string{
		Spring:  "emitters.remove(id, emitter), with both arguments, in place of remove(id)",
		FastAPI: "if sessions.get(id) is session: del sessions[id], in place of sessions.pop(id)",
		Node:    "if (sessions.get(id) === session) sessions.delete(id), in place of the bare delete",
		Go:      "sessions.CompareAndDelete(id, session) of a sync.Map in place of Delete(id), or the same under your map's lock",
	}},
	{[]Code{WritesNothing}, map[Framework]string{
		Spring:  `a container notices a client's leaving only when it writes: one scheduler that calls emitter.send(SseEmitter.event().comment("ping")) every 15 s, and a release in onError and where send throws IOException`,
		FastAPI: "wait with asyncio.wait_for(queue.get(), 15) and yield a comment on TimeoutError, or check await request.is_disconnected() there; a thread that blocks in a synchronous generator is not cancelled",
		Node:    "release in res.on('close', ...), which needs no write",
		Go:      "select on <-r.Context().Done() beside the channel of messages, and read the request's body to its end first",
		Nginx:   "keep proxy_ignore_client_abort off (the default): where it is on and nothing is written, the server behind never learns that the client has gone",
	}},
	{[]Code{ReleaseFailsForSome}, map[Framework]string{
		Spring:  "emitters.remove(id, emitter) first in each callback, and a try around the rest: emitter.complete() may throw IllegalStateException; no lock in a callback that a send holds",
		FastAPI: "sessions.pop first thing in the finally, before any await: a cancelled task may be cancelled there again (asyncio.shield what has to be done)",
		Node:    "sessions.delete first thing in res.on('close', ...): what throws there ends the callback",
		Go:      "the removal is the first defer that runs, recover is in its own; no send on an unbuffered channel, and no lock that a write holds, on the way out",
	}},
	{[]Code{RefreshKeepsBoth}, map[Framework]string{
		Spring:  "SseEmitter old = emitters.put(id, emitter); if (old != null) old.complete()",
		FastAPI: "old = sessions.get(id); sessions[id] = session; cancel old's task where there was one",
		Node:    "const old = sessions.get(id); sessions.set(id, session); old?.res.end()",
		Go:      "old, replaced := sessions.Swap(id, session) of a sync.Map; cancel old's context where replaced",
	}},
	{[]Code{CounterWrong}, map[Framework]string{
		Spring:  "Gauge.builder(name, emitters, Map::size) over the map in place of an AtomicInteger: onCompletion runs after onTimeout and onError, too",
		FastAPI: "Gauge.set_function(lambda: len(sessions)) of prometheus_client in place of inc and dec",
		Node:    "answer sessions.size in place of a number of its own: 'finish', 'close' and 'error' come together",
		Go:      "prometheus.NewGaugeFunc over the map's size, or an atomic.Int64 that only the handler's defer lowers",
	}},
	{[]Code{NoUpstreamCancel}, map[Framework]string{
		Spring:  "keep the Disposable of the WebClient's subscribe and dispose() it in onCompletion, onTimeout and onError; in WebFlux return the Flux itself: its cancellation goes through to the WebClient",
		FastAPI: "async with client.stream(...) of httpx inside the generator: leaving the block, by CancelledError too, closes the request; no task of its own that nobody cancels",
		Node:    "const upstream = new AbortController(); res.on('close', () => upstream.abort()); fetch(url, { signal: upstream.signal })",
		Go:      "http.NewRequestWithContext(r.Context(), ...), and close the response's body in a defer",
		Nginx:   "keep proxy_ignore_client_abort off (the default), and proxy_buffering off: a buffered answer is read to its end for nobody",
	}},
	{[]Code{SweepKillsLive, ControlsKilled}, map[Framework]string{
		Spring:  "let the @Scheduled clean-up compare the time of the last successful send, and look for a lifetime: spring.mvc.async.request-timeout, the SseEmitter's own",
		FastAPI: "let the clean-up task compare the time of the last yield that returned; gunicorn's max_requests ends a worker with all of its streams",
		Node:    "let the setInterval clean-up compare the time of the last write whose callback came; server.timeout and socket.setTimeout end streams, too",
		Go:      "let the sweep compare the time of the last write that was flushed; http.Server.WriteTimeout ends streams at one age",
		Nginx:   "proxy_read_timeout and send_timeout end streams (60s each unless set); a reload ends them after worker_shutdown_timeout",
	}},
	{[]Code{IdleCut, CutByServer}, map[Framework]string{
		Spring:  `a comment every 15 s, emitter.send(SseEmitter.event().comment("ping")), keeps a stream from being idle; the lifetime is the SseEmitter's or spring.mvc.async.request-timeout`,
		FastAPI: "sse-starlette: EventSourceResponse(generator, ping=15); gunicorn's max_requests, and its timeout with a worker that is not asynchronous, end streams",
		Node:    `setInterval(() => res.write(": ping\n\n"), 15_000); server.timeout and socket.setTimeout are idle limits`,
		Go:      `write ": ping\n\n" every 15 s and Flush; http.Server.WriteTimeout ends a stream whatever comes: leave it at 0 and set a deadline before each write`,
		Nginx:   "proxy_read_timeout is the idle limit (60s unless set): have the server send heartbeats more often, or raise it for this location",
	}},
	{[]Code{ReconnectLoop}, map[Framework]string{
		Spring:  `emitter.send(SseEmitter.event().name("done").data("{}")) before emitter.complete(), and in the page source.addEventListener("done", () => source.close()); or return ResponseEntity.noContent().build() where the Last-Event-ID header is that of an answer that is through`,
		FastAPI: `yield "event: done\ndata: {}\n\n" at the generator's end, with sse-starlette yield {"event": "done", "data": "{}"}, and in the page source.addEventListener("done", () => source.close()); or return Response(status_code=204) where the last-event-id header is that of an answer that is through`,
		Node:    `res.end("event: done\ndata: {}\n\n"), and in the page source.addEventListener("done", () => source.close()); or res.writeHead(204).end() where req.headers["last-event-id"] is that of an answer that is through`,
		Go:      `fmt.Fprint(w, "event: done\ndata: {}\n\n") before the handler returns, and in the page source.addEventListener("done", () => source.close()); or w.WriteHeader(http.StatusNoContent) where r.Header.Get("Last-Event-ID") is that of an answer that is through`,
	}},
	{[]Code{IsRejected, FewOpened}, map[Framework]string{
		Spring:  "server.tomcat.max-connections and server.tomcat.accept-count; server.tomcat.threads.max where a stream holds its thread",
		FastAPI: "uvicorn's --limit-concurrency and --backlog, more --workers, and ulimit -n",
		Node:    "server.maxConnections, the backlog of server.listen, and ulimit -n",
		Go:      "a netutil.LimitListener or a limit of your own, and ulimit -n",
		Nginx:   "worker_connections (a stream takes two), worker_rlimit_nofile, limit_conn",
	}},
	{[]Code{ProbeBlind}, map[Framework]string{
		FastAPI: "uvicorn --workers and gunicorn keep a map of sessions in each worker: run one, or give PROMETHEUS_MULTIPROC_DIR to prometheus_client and read the sum",
		Node:    "the cluster module keeps a map of sessions in each worker: run one, or read the sum (prom-client's AggregatorRegistry); a session that is released in req.on('close') is gone once the request's body was read: use res.on('close')",
		Spring:  "a metric is made by the first request; http.server.requests.active counts requests that are under way, tomcat.threads.busy no SseEmitter",
	}},
	{[]Code{WorkerLeak}, map[Framework]string{
		Spring:  "one ScheduledExecutorService for all heartbeats, and future.cancel(false) in onCompletion: a scheduler made for each emitter is a thread for each that nobody shuts down",
		FastAPI: "task.cancel() in the generator's finally for every asyncio.create_task of the stream, or an asyncio.TaskGroup",
		Node:    "clearInterval and clearTimeout in res.on('close', ...), and emitter.off for every listener that the stream added",
		Go:      "every goroutine of the stream waits for <-ctx.Done() in its select, and the handler waits for it (sync.WaitGroup); ticker.Stop() in a defer",
	}},
	{[]Code{FDLeak}, map[Framework]string{
		Spring:  "close the upstream's response (Disposable.dispose(), Closeable in a try-with-resources) in onCompletion",
		FastAPI: "async with for the upstream's client and response in the generator, so that CancelledError closes them",
		Node:    "upstream.abort() or upstream.destroy() in res.on('close', ...)",
		Go:      "defer resp.Body.Close() for the upstream's response; after Hijack the connection is yours to close",
	}},
	{[]Code{MemoryLeak}, map[Framework]string{
		Spring:  "no reference to the emitter after onCompletion: lists of listeners, ThreadLocals, replay buffers (Sinks.many().replay().limit(n))",
		FastAPI: "asyncio.Queue(maxsize=100) for each stream, and no reference to it after the generator's finally",
		Node:    "wait for 'drain' where res.write returns false, and drop what the stream holds in res.on('close', ...)",
		Go:      "channels of a fixed size, and no reference to the session after the handler's defer; pprof's heap profile names who holds it",
	}},
}
