import { createServer } from 'node:http'

// What Pushpin asks whether a page may come in, WebSocket over HTTP: it may, is subscribed to what its path names, and told
// how things stand. Everything after that is between Pushpin and whoever publishes to it.

const PATH = '/wait/'
const STARTED = JSON.stringify({ challengeStatus: 'started', isChallengeComplete: false })

createServer((request, response) => {
  let events = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => {
    events += chunk
  })
  request.on('end', () => {
    const channel = request.url?.slice(PATH.length)
    const answer = events.startsWith('OPEN')
      ? `OPEN\r\n${text(`c:${JSON.stringify({ type: 'subscribe', channel })}`)}${text(`m:${STARTED}`)}`
      : events.startsWith('CLOSE')
        ? events
        : ''
    response.writeHead(200, {
      'Content-Type': 'application/websocket-events',
      'Sec-WebSocket-Extensions': 'grip',
      'Content-Length': Buffer.byteLength(answer),
    })
    response.end(answer)
  })
}).listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1')

/** Lengths are hexadecimal. */
function text(message: string): string {
  return `TEXT ${Buffer.byteLength(message).toString(16)}\r\n${message}\r\n`
}

process.on('SIGTERM', () => process.exit(0))
