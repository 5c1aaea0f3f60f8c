import type { IncomingMessage, RequestListener } from 'node:http'
import { parse as parseQuery } from 'node:querystring'
import { type HubError, toHubError } from '../errors.ts'
import { type Address, answerEndpoint, type Desk } from './answer-endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { sendProblem } from './problem.ts'
import { setSecurityHeaders } from './security-headers.ts'

interface Route {
  readonly endpoint: Endpoint
  /** What stands before and after the one name in its path; without a name, the path. */
  readonly before: string
  readonly param: string | undefined
  readonly after: string
}

/** By method. */
type Routes = Readonly<Record<string, readonly Route[]>>

export interface LaneOptions extends Desk {
  readonly endpoints: readonly Endpoint[]
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
export function createLane({ endpoints, refuse, app, ...desk }: LaneOptions): RequestListener {
  const routes = groupByMethod(endpoints)
  return (request, response) => {
    const tooMany = isHealthCheck(request) ? undefined : refuse(request)
    if (tooMany) return sendProblem(response, tooMany)
    const found = request.headers.origin === undefined ? findRoute(routes, request) : undefined
    if (!found) {
      setSecurityHeaders(response)
      return app(request, response)
    }
    answerEndpoint(found.endpoint, desk, request, response, found).catch((error) => {
      const told = toHubError(error)
      if (told.code === 'internal') desk.onError(error)
      if (response.headersSent) response.destroy()
      else sendProblem(response, told)
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
function matchPath({ before, param, after }: Route, path: string): Readonly<Record<string, string>> | undefined {
  if (param === undefined) return path === before ? NO_PARAMS : undefined
  if (!path.startsWith(before) || !path.endsWith(after)) return undefined
  const given = path.slice(before.length, path.length - after.length)
  if (given === '' || path.length !== before.length + given.length + after.length) return undefined
  if (given.includes('/') || given.includes('%')) return undefined
  return { [param]: given }
}

function groupByMethod(endpoints: readonly Endpoint[]): Routes {
  const routes: Record<string, Route[]> = Object.create(null)
  for (const endpoint of endpoints) {
    const { method } = endpoint
    const route = toRoute(endpoint)
    if (route) routes[method] = [...(routes[method] ?? []), route]
  }
  return routes
}

/** Paths with more than one name in them are left to Express. */
function toRoute(endpoint: Endpoint): Route | undefined {
  const [before = '', param, after = '', ...more] = endpoint.path.split(/:(\w+)/)
  return more.length === 0 ? { endpoint, before, param, after } : undefined
}
