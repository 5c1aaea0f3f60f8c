import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'

// What Node itself costs: an answer to HTTP, a WebSocket, a Map between them. No Redis, no token, nothing parsed but JSON.

interface Waiting {
  status: string
  readonly sockets: Set<WebSocket>
}

const challenges = new Map<string, Waiting>()
const PATH = '/challenges/'

const httpServer = createServer((request, response) => {
  if (request.method === 'POST') {
    const challenge = randomUUID()
    const status = JSON.stringify({ challenge, challengeStatus: 'started', isChallengeComplete: false })
    challenges.set(challenge, { status, sockets: new Set() })
    request.resume()
    answer(response, 201, status)
  } else change(request, response)
})

function change(request: IncomingMessage, response: ServerResponse): void {
  const id = request.url?.slice(PATH.length) ?? ''
  const waiting = challenges.get(id)
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => {
    if (!waiting) return answer(response, 404, '{}')
    const { challengeStatus, isChallengeComplete = false } = JSON.parse(body)
    waiting.status = JSON.stringify({ challenge: id, challengeStatus, isChallengeComplete })
    for (const socket of waiting.sockets) socket.send(waiting.status)
    if (isChallengeComplete) challenges.delete(id)
    answer(response, 200, waiting.status)
  })
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

const pages = new WebSocketServer({ server: httpServer, perMessageDeflate: false })
pages.on('connection', (socket, request) => {
  const waiting = challenges.get(request.url?.slice(PATH.length) ?? '')
  if (!waiting) return socket.close()
  waiting.sockets.add(socket)
  socket.on('close', () => waiting.sockets.delete(socket))
  socket.send(waiting.status)
})

httpServer.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1')

process.on('SIGTERM', () => process.exit(0))
