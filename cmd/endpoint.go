package cmd

import "strings"

// endpoint is how a server of some framework would show its sessions. Both parts are
// run by a test, and stand in docs/probes.md too.
type endpoint struct {
	framework string
	show      string // the endpoint
	keep      string // where a stream begins and ends
}

// endpoints are those that are told where a server shows its sessions nowhere.
var endpoints = []endpoint{
	{
		framework: "Spring",
		show: `private final Map<String, SseEmitter> sessions = new ConcurrentHashMap<>();

@GetMapping("/sessions")
Set<String> sessions() { return sessions.keySet(); }`,
		keep: `sessions.put(id, emitter); // id: @RequestHeader("X-Stream-Id"), or one of your own
emitter.onCompletion(() -> sessions.remove(id, emitter));`,
	},
	{
		framework: "FastAPI",
		show: `sessions = set()

@app.get("/sessions")
async def list_sessions(): return list(sessions)`,
		keep: `id = request.headers.get("x-stream-id", uuid4().hex); sessions.add(id)
try:
    async for event in events(): yield event
finally: sessions.discard(id)`,
	},
	{
		framework: "Express",
		show: `const sessions = new Set();
app.get('/sessions', (req, res) => res.json([...sessions]));`,
		keep: `const id = req.get('X-Stream-Id') ?? crypto.randomUUID();
sessions.add(id);
res.on('close', () => sessions.delete(id));`,
	},
	{
		framework: "Go",
		show: `var sessions sync.Map

func listSessions(w http.ResponseWriter, r *http.Request) {
	ids := []any{}
	sessions.Range(func(id, _ any) bool { ids = append(ids, id); return true })
	json.NewEncoder(w).Encode(ids)
}`,
		keep: `id := cmp.Or(r.Header.Get("X-Stream-Id"), rand.Text())
sessions.Store(id, true)
defer sessions.Delete(id)`,
	},
}

// text is the endpoint as it is told, behind an indent.
func (e endpoint) text(indent string) string {
	var b strings.Builder
	b.WriteString(e.framework + ":\n")
	for line := range strings.Lines(e.show + "\n\n" + e.keep + "\n") {
		if line != "\n" {
			b.WriteString(indent)
		}
		b.WriteString(line)
	}
	return b.String()
}

// howToShow explains what a server needs that shows its sessions nowhere.
func howToShow() string {
	var b strings.Builder
	b.WriteString(`A server needs a place that tells which sessions it keeps. List the ones in the map
that you keep already, and let no stranger read it; or add one. Every stream that
is opened for the check has an id in the header X-Stream-Id: with it each session is
judged by itself. The second part stands where a stream begins.

`)
	for _, e := range endpoints {
		b.WriteString(e.text("    ") + "\n")
	}
	b.WriteString("At /sessions it is found by itself; elsewhere: --probe 'json:http://HOST/PATH#.'\n")
	return b.String()
}
