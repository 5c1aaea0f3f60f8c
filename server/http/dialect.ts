import type { HubError } from '../errors.ts'
import type { Answer, Endpoint } from './endpoint.ts'

/** Calls in the words of another API, all below one path of their own. */
export interface Dialect {
  /** Whatever stands below it is answered in these words, and in no others: `/v3`. */
  readonly prefix: string
  readonly endpoints: readonly Omit<Endpoint, 'tell'>[]
  /** How its refusals are told. */
  readonly tell: (error: HubError) => Answer
  /** Whether web pages call it, too, and bring cookies along. */
  readonly isForPages: boolean
}

/** Its calls, as any others. */
export function dialectEndpoints(dialects: readonly Dialect[]): readonly Endpoint[] {
  return dialects.flatMap(({ endpoints, tell }) => endpoints.map((endpoint) => ({ ...endpoint, tell })))
}

/** In whose words a refusal is told of whatever stands at a URL; undefined: in the hub's own. */
export function dialectAt(dialects: readonly Dialect[], url = ''): Dialect | undefined {
  // As paths are taken here: in any case, and in a URL that names its host, too.
  const path = url.toLowerCase().replace(HOST, '')
  return dialects.find(({ prefix }) => path.startsWith(prefix) && '/?#'.includes(path.charAt(prefix.length)))
}

const HOST = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/
