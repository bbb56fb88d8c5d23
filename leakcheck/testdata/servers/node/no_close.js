// A chat on Node's http without a close handler: only a reply that is through gives its session back. Node takes what is
// written to a client that has left, and says nothing.
//
// usage: node no_close.js [MILLISECONDS BETWEEN HEARTBEATS]; it ends with its standard input
'use strict'
const http = require('node:http')
const { randomUUID } = require('node:crypto')

const every = Number(process.argv[2] ?? 15000)
const sessions = new Map()

function chat(url, res) {
  const id = randomUUID()
  sessions.set(id, res)
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Session-Id': id, Connection: 'close' })
  res.write('data: hello\n\n')
  const beat = setInterval(() => res.write(': still there\n\n'), every)
  let left = Number(url.searchParams.get('events')) // 0 is for ever
  const talk = left && setInterval(() => {
    res.write('data: word\n\n')
    if (--left > 0) return
    res.end()
    clearInterval(beat)
    clearInterval(talk)
    sessions.delete(id)
  }, 100)
}

const server = http.createServer((req, res) => {
  const url = new URL(req.url, 'http://localhost')
  if (url.pathname === '/events') return chat(url, res)
  res.setHeader('Content-Type', 'application/json')
  res.end(JSON.stringify({ active: sessions.size, sessions: [...sessions.keys()] }))
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.stdin.resume().on('end', () => process.exit())
