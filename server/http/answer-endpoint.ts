import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from '../auth/authenticate.ts'
import { demandScope } from '../auth/principal.ts'
import { CallerGone } from '../errors.ts'
import type { AddressOf } from '../limits/client-address.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import { readJsonBody } from './json-body.ts'

/** What endpoints are asked through. */
export interface Desk {
  readonly authenticator: Authenticator
  readonly addressOf: AddressOf
}

/** What the URL says. */
export interface Address {
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
}

/** Asks an endpoint and sends its answer; throws what the caller must be told instead. */
export async function answerEndpoint(
  endpoint: Endpoint,
  { authenticator, addressOf }: Desk,
  request: IncomingMessage,
  response: ServerResponse,
  { params, query }: Address,
): Promise<void> {
  const header = (name: string) => request.headers[name]?.toString()
  const principal = await authenticator.headers({
    authorization: request.headers.authorization,
    apiKey: header('api-key'),
  })
  demandScope(principal, ...endpoint.scopes)
  const takesBody = endpoint.method === 'POST' || endpoint.method === 'PATCH'
  const question = {
    principal,
    params,
    query,
    body: takesBody ? await readJsonBody(request) : undefined,
    header,
    get address() {
      return addressOf(request)
    },
    get signal() {
      return hangUpSignal(response)
    },
  }
  try {
    send(response, await endpoint.answer(question))
  } catch (error) {
    if (!(error instanceof CallerGone)) throw error
  }
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.statusCode = status
  for (const name in headers) response.setHeader(name, headers[name] ?? '')
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (body === undefined) {
    response.end()
    return
  }
  const json = JSON.stringify(body)
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(json))
  response.end(json)
}

/** Made only for those who wait: aborted when the caller is gone before the answer. */
function hangUpSignal(response: ServerResponse): AbortSignal {
  const hungUp = new AbortController()
  const abort = () => {
    if (!response.writableFinished) hungUp.abort(new CallerGone())
  }
  if (response.destroyed) abort()
  else response.once('close', abort)
  return hungUp.signal
}
