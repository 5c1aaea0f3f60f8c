import type { Meanings, Principal } from '../auth/principal.ts'
import type { HubError } from '../errors.ts'
import type { Scope } from '../protocol/scopes.ts'

/** What an endpoint is asked. `body` and `query` are still as they came: the endpoint parses them. */
export interface Question {
  readonly principal: Principal
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: unknown
  /** One header's value; undefined when absent. */
  header(name: string): string | undefined
  /** Whence the caller comes, as limits count it. */
  readonly address: string
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
  /** Of the body, when it is not plain JSON: the media type. A body that is text or bytes then is sent as it is. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One call of the API, described once: mounted on Express from here, and documented from here. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As Express writes it: `/v1/challenges/:challenge`. */
  readonly path: string
  /** Any one of these is enough; `anyone`: no token is asked for, whoever asks has to prove what they may by what they say. */
  readonly scopes: readonly Scope[] | 'anyone'
  /** Scopes of other authorization servers that are taken here, and for which of ours. */
  readonly meanings?: Meanings | undefined
  /** Who shows both a token and an API key: `each`: both must be good; default: the token counts. */
  readonly credentials?: 'each' | undefined
  answer(question: Question): Promise<Answer>
  /** How its refusals are told; absent: as problem details in the hub's own words. */
  readonly tell?: (error: HubError) => Answer
}
