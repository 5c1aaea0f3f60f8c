import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from '../auth/authenticate.ts'
import { demandScope, type Principal, understood } from '../auth/principal.ts'
import { CallerGone, toHubError } from '../errors.ts'
import type { AddressOf } from '../limits/client-address.ts'
import type { Answer, Endpoint, Question } from './endpoint.ts'
import { readJsonBody } from './json-body.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** What endpoints are asked through. */
export interface Desk {
  readonly authenticator: Authenticator
  readonly addressOf: AddressOf
  readonly onError: (error: unknown) => void
}

/** What the URL says. */
export interface Address {
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
}

/** Asks an endpoint and sends its answer; throws what the caller must be told instead, unless the endpoint tells it. */
export async function answerEndpoint(
  endpoint: Endpoint,
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
  address: Address,
): Promise<void> {
  try {
    send(response, await ask(endpoint, desk, request, response, address))
  } catch (error) {
    if (error instanceof CallerGone) return
    if (!endpoint.tell || response.headersSent) throw error
    const told = toHubError(error)
    if (told.code === 'internal') desk.onError(error)
    send(response, endpoint.tell(told))
  }
}

async function ask(
  endpoint: Endpoint,
  { authenticator, addressOf }: Desk,
  request: IncomingMessage,
  response: ServerResponse,
  { params, query }: Address,
): Promise<Answer> {
  const principal = await principalOf(endpoint, authenticator, request)
  const takesBody = TAKING_BODIES.has(endpoint.method)
  const body = takesBody ? await readJsonBody(request) : undefined
  return endpoint.answer(new AskedOverHttp({ principal, params, query, body, request, response, addressOf }))
}

async function principalOf(
  { scopes, meanings, credentials }: Endpoint,
  authenticator: Authenticator,
  request: IncomingMessage,
): Promise<Principal> {
  if (scopes === 'anyone') return ANYONE
  const shown = await authenticator.headers(
    { authorization: request.headers.authorization, apiKey: headerOf(request, 'api-key') },
    credentials,
  )
  const principal = meanings ? understood(shown, meanings) : shown
  demandScope(principal, ...scopes)
  return principal
}

/** Somebody who has shown no token. */
const ANYONE: Principal = { caller: 'anyone', scopes: new Set(), issuedAt: 0 }

const TAKING_BODIES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'] satisfies Endpoint['method'][])

interface Asked {
  readonly principal: Principal
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly addressOf: AddressOf
}

/**
 * A class, and no literal with getters: for each such literal V8 makes a shape of its own, which outlives it, and with it
 * the request would be kept until the next full collection.
 */
class AskedOverHttp implements Question {
  readonly principal: Principal
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
  readonly header: (name: string) => string | undefined
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #addressOf: AddressOf

  constructor({ principal, params, query, body, request, response, addressOf }: Asked) {
    this.principal = principal
    this.params = params
    this.query = query
    this.body = body
    this.header = (name) => headerOf(request, name)
    this.#request = request
    this.#response = response
    this.#addressOf = addressOf
  }

  get address(): string {
    return this.#addressOf(this.#request)
  }

  get signal(): AbortSignal {
    return hangUpSignal(this.#response)
  }
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  return headers[name]?.toString()
}

const JSON_TYPE = 'application/json; charset=utf-8'

/** All headers at once, as a list: set one by one they cost as much as finding out who asks. */
export function send(response: ServerResponse, { status, body, type, headers }: Answer): void {
  const list: string[] = [...SECURITY_HEADERS, 'Cache-Control', 'no-store']
  for (const name in headers) list.push(name, headers[name] ?? '')
  if (body === undefined) {
    response.writeHead(status, list).end()
    return
  }
  const isWritten = typeof body === 'string' || Buffer.isBuffer(body)
  const written = isWritten && type !== undefined ? body : JSON.stringify(body)
  list.push('Content-Type', type ?? JSON_TYPE, 'Content-Length', String(Buffer.byteLength(written)))
  response.writeHead(status, list).end(written)
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
