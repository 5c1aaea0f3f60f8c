import type { Problem } from '../server/protocol/error-codes.ts'
import { abortReason } from './abort-reason.ts'
import { AssentError } from './assent-error.ts'
import { deadline } from './deadline.ts'

/** How long an answer that the hub need not wait for may take. Milliseconds. */
const PATIENCE_MS = 10_000

/** Where the hub is, and the header that says who speaks. */
export interface Hub {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface HubCall {
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Milliseconds; default 10 000. */
  readonly patience?: number
}

/**
 * One HTTP call; an answer without a body is undefined. Rejects with the signal's reason, or an AssentError: what the hub's problem details say, or
 * `unreachable` when it was not the hub that answered.
 */
export function callHub<Answer>(hub: Hub, path: string, call: HubCall = {}): Promise<Answer> {
  return askHub(hub, path, call, async (response) => {
    if (!response.ok) throw await toError(response)
    // A captive portal answers 200 with its own page: not being JSON, it throws, and counts as unreachable.
    return (response.status === 204 ? undefined : await response.json()) as Answer
  })
}

/** The same; @param read makes of the answer what is wanted, whatever its status. What it throws counts as unreachable, but for an AssentError. */
export async function askHub<Answer>(
  hub: Hub,
  path: string,
  call: HubCall,
  read: (response: Response) => Promise<Answer>,
): Promise<Answer> {
  const { method = 'GET', query = {}, body, headers, signal, patience = PATIENCE_MS } = call
  const limit = deadline(patience, signal)
  try {
    const response = await fetch(hub.url.replace(/\/+$/, '') + path + toQuery(query), {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...hub.headers, ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: limit.signal,
    })
    return await read(response)
  } catch (error) {
    if (signal?.aborted) throw abortReason(signal)
    if (error instanceof AssentError) throw error
    throw new AssentError({ code: 'unreachable', detail: 'The hub could not be reached.' }, error)
  } finally {
    limit.clear()
  }
}

async function toError(response: Response): Promise<AssentError> {
  const { status, headers } = response
  const retryAfter = Number(headers.get('retry-after')) || undefined
  if (headers.get('content-type')?.startsWith('application/problem+json')) {
    const problem = (await response.json()) as Problem
    if (problem.code) return new AssentError({ retryAfter, ...problem })
  }
  return new AssentError({ code: 'unreachable', detail: `Not the hub's answer: ${status}.`, status, retryAfter })
}

function toQuery(query: NonNullable<HubCall['query']>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length ? `?${given.map(([name, value]) => `${name}=${encodeURIComponent(`${value}`)}`).join('&')}` : ''
}
