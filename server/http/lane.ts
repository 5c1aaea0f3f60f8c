import type { IncomingMessage, RequestListener } from 'node:http'
import { parse as parseQuery } from 'node:querystring'
import { type HubError, toHubError } from '../errors.ts'
import { type Address, answerEndpoint, type Desk } from './answer-endpoint.ts'
import { type Dialect, dialectAt } from './dialect.ts'
import type { Endpoint } from './endpoint.ts'
import { sendRefusal } from './problem.ts'
import { setSecurityHeaders } from './security-headers.ts'

interface Route {
  readonly endpoint: Endpoint
  /** What stands before the first name in its path; without a name, the path. */
  readonly before: string
  /** The names, and what stands behind each. */
  readonly params: readonly { readonly name: string; readonly after: string }[]
}

/** By method. */
type Routes = Readonly<Record<string, readonly Route[]>>

export interface LaneOptions extends Desk {
  readonly endpoints: readonly Endpoint[]
  readonly dialects: readonly Dialect[]
  /** What a request must be told that is one too many; undefined: it may go on. */
  readonly refuse: (request: IncomingMessage) => HubError | undefined
  /** Answers everything that is not plainly one of the endpoints. */
  readonly app: RequestListener
}

/**
 * A short way to the endpoints, past Express, which with its routing costs more than the work itself: for programs (they
 * send no `Origin`) that use a method and a path exactly as described. Everything else goes to the app, where the same
 * endpoints are mounted.
 */
export function createLane({ endpoints, dialects, refuse, app, ...desk }: LaneOptions): RequestListener {
  const routes = groupByMethod(endpoints)
  return (request, response) => {
    const tooMany = isHealthCheck(request) ? undefined : refuse(request)
    if (tooMany) return sendRefusal(response, tooMany, dialectAt(dialects, request.url)?.tell)
    const found = request.headers.origin === undefined ? findRoute(routes, request) : undefined
    if (!found) {
      setSecurityHeaders(response)
      return app(request, response)
    }
    answerEndpoint(found.endpoint, desk, request, response, found).catch((error) => {
      const told = toHubError(error)
      if (told.code === 'internal') desk.onError(error)
      if (response.headersSent) response.destroy()
      else sendRefusal(response, told, found.endpoint.tell)
    })
  }
}

/** Whoever watches over this instance must not take it for dead because it is busy. */
function isHealthCheck({ url }: IncomingMessage): boolean {
  return url === '/healthz' || url === '/readyz'
}

interface Found extends Address {
  readonly endpoint: Endpoint
}

function findRoute(routes: Routes, { method = '', url = '' }: IncomingMessage): Found | undefined {
  const queryAt = url.indexOf('?')
  const path = queryAt < 0 ? url : url.slice(0, queryAt)
  for (const route of routes[method] ?? []) {
    const params = matchPath(route, path)
    if (!params) continue
    return { endpoint: route.endpoint, params, query: queryAt < 0 ? {} : parseQuery(url.slice(queryAt + 1)) }
  }
  return undefined
}

const NO_PARAMS = {}

/** Escapes, and an empty name, are left to Express. */
function matchPath({ before, params }: Route, path: string): Readonly<Record<string, string>> | undefined {
  if (params.length === 0) return path === before ? NO_PARAMS : undefined
  if (!path.startsWith(before)) return undefined
  const found: Record<string, string> = {}
  let at = before.length
  for (const { name, after } of params) {
    const slash = path.indexOf('/', at)
    const end = slash < 0 ? path.length : slash
    if (end === at || !path.startsWith(after, end)) return undefined
    found[name] = path.slice(at, end)
    at = end + after.length
  }
  return at === path.length && !path.includes('%') ? found : undefined
}

function groupByMethod(endpoints: readonly Endpoint[]): Routes {
  const routes: Record<string, Route[]> = Object.create(null)
  for (const endpoint of endpoints) {
    const { method } = endpoint
    routes[method] = [...(routes[method] ?? []), toRoute(endpoint)]
  }
  return routes
}

function toRoute(endpoint: Endpoint): Route {
  const [before = '', ...rest] = endpoint.path.split(/:(\w+)/)
  const names = rest.filter((_part, at) => at % 2 === 0)
  return { endpoint, before, params: names.map((name, at) => ({ name, after: rest[2 * at + 1] ?? '' })) }
}
