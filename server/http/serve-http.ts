import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HubError } from '../errors.ts'
import { sendProblem, writtenProblem } from './problem.ts'
import { sortUpgrades } from './sort-upgrades.ts'

/**
 * Lets the app answer all requests of a server, also those Node would answer by itself, in a shape of its own. The gateway
 * must be attached already: it keeps its WebSockets, and nothing else.
 */
export function serveHttp(server: Server, app: RequestListener): void {
  // Engine.IO's own, which would answer beside the app.
  server.removeAllListeners('request')
  const answer: RequestListener = (request, response) => {
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      response.setHeader('Connection', 'close')
      return sendProblem(response, new HubError('invalid_request', 'A Host header is needed.'))
    }
    app(request, response)
  }
  server.on('request', answer)
  // RFC 9110, 10.1.1: an unknown expectation may be ignored.
  server.on('checkExpectation', answer)
  server.on('clientError', answerUnparsed)
  sortUpgrades(server)
}

/** What Node's parser refuses, before there is a request or in the middle of one. */
function answerUnparsed(error: NodeJS.ErrnoException, socket: Duplex & { _httpMessage?: ServerResponse | null }): void {
  // A connection that is gone can be told nothing, and one in the middle of an answer nothing else (so Node sees it, too).
  if (!socket.writable || error.code === 'ECONNRESET' || socket._httpMessage?.headersSent) return void socket.destroy()
  socket.end(writtenProblem(toRefusal(error.code)), () => socket.destroy())
}

function toRefusal(code: string | undefined): HubError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new HubError('headers_too_large', 'The headers are longer than taken here.')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new HubError('payload_too_large', 'The chunk extensions are longer than taken here.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HubError('request_timeout', 'The request took too long to come in.')
    default:
      return new HubError('invalid_request', 'This is no request in HTTP/1.1.')
  }
}
