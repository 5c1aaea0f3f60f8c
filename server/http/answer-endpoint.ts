import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from '../auth/authenticate.ts'
import { demandScope } from '../auth/principal.ts'
import { CallerGone } from '../errors.ts'
import type { AddressOf } from '../limits/client-address.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import { readJsonBody } from './json-body.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

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

const JSON_TYPE = 'application/json; charset=utf-8'

/** All headers at once, as a list: set one by one they cost as much as finding out who asks. */
function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const list: string[] = [...SECURITY_HEADERS, 'Cache-Control', 'no-store']
  for (const name in headers) list.push(name, headers[name] ?? '')
  if (body === undefined) {
    response.writeHead(status, list).end()
    return
  }
  const json = JSON.stringify(body)
  list.push('Content-Type', JSON_TYPE, 'Content-Length', String(Buffer.byteLength(json)))
  response.writeHead(status, list).end(json)
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
