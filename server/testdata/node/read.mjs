// usage: node read.mjs npm|builtin URL
//
// Prints what an EventSource reads, a line each. Closes on "done", as a chat page does, and ends with it.
const [kind, url] = process.argv.slice(2)
const EventSource = kind === 'npm' ? (await import('eventsource')).EventSource : globalThis.EventSource
if (!EventSource) {
  console.log('none')
  process.exit(0)
}
const awake = setInterval(() => {}, 1000) // the wait for a reconnection alone does not keep Node's own from ending
const end = () => clearInterval(awake)
const source = new EventSource(url)
for (const name of ['session', 'delta', 'done', 'message']) {
  source.addEventListener(name, (e) => {
    console.log(`${name} ${e.data} id=${e.lastEventId}`)
    if (name !== 'done') return
    source.close()
    end()
  })
}
source.onerror = () => {
  const closed = source.readyState === EventSource.CLOSED
  console.log(closed ? 'closed' : 'reconnecting')
  if (closed) end()
}
