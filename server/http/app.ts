import type { IncomingMessage, RequestListener } from 'node:http'
import cors from 'cors'
import express, { type ErrorRequestHandler, type Express, type Router } from 'express'
import helmet from 'helmet'
import { HubError, toHubError } from '../errors.ts'
import type { Desk } from './answer-endpoint.ts'
import { browserClient } from './browser-client.ts'
import { type Dialect, dialectAt, dialectEndpoints } from './dialect.ts'
import type { Endpoint } from './endpoint.ts'
import { createLane } from './lane.ts'
import { mountEndpoints } from './mount-endpoints.ts'
import { sendRefusal } from './problem.ts'

/** Pages load and run only what the hub itself serves. WebSockets to the hub count as another origin in some browsers. */
const CONTENT_POLICY = {
  'default-src': ["'self'"],
  'connect-src': ["'self'", 'ws:', 'wss:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'self'"],
}

export interface AppOptions extends Desk {
  readonly endpoints: readonly Endpoint[]
  /** Further calls, in other words than the hub's own. */
  readonly dialects: readonly Dialect[]
  /** Web pages of these origins may call, besides the hub's own. */
  readonly corsOrigins: readonly string[]
  /** Proxies whose `X-Forwarded-…` headers are believed, as CIDRs. */
  readonly trustProxy: readonly string[]
  /** What a request must be told that is one too many; undefined: it may go on. */
  readonly refuse: (request: IncomingMessage) => HubError | undefined
  /** Why this instance should get no traffic at the moment; undefined: it is ready. */
  readonly unready: () => string | undefined
  /** Further pages, such as the demo, by path. */
  readonly pages: Readonly<Record<string, Router>>
}

/** The HTTP side of the hub. */
export function createApp(options: AppOptions): RequestListener {
  const endpoints = [...options.endpoints, ...dialectEndpoints(options.dialects)]
  const all = { ...options, endpoints }
  return createLane({ ...all, app: createExpress(all) })
}

function createExpress(options: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('trust proxy', options.trustProxy.length > 0 ? [...options.trustProxy] : false)
  const pages = { origin: [...options.corsOrigins], exposedHeaders: ['Date', 'ETag', 'Retry-After'], maxAge: 600 }
  const forPages = cors(pages)
  // Backends, which make most of the calls, send no Origin.
  app.use('/v1', (request, response, next) => (request.headers.origin ? forPages(request, response, next) : next()))
  for (const { prefix, isForPages } of options.dialects) {
    if (isForPages) app.use(prefix, cors({ ...pages, credentials: true }))
  }
  mountEndpoints(app, options.endpoints, options)
  app.get('/healthz', (_request, response) => {
    response.setHeader('Cache-Control', 'no-store')
    response.json({ status: 'alive' })
  })
  app.get('/readyz', (_request, response) => {
    const reason = options.unready()
    response.setHeader('Cache-Control', 'no-store')
    response.status(reason ? 503 : 200).json(reason ? { status: 'unready', reason } : { status: 'ready' })
  })
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: CONTENT_POLICY } }))
  app.use(browserClient())
  for (const [path, router] of Object.entries(options.pages)) app.use(path, router)
  app.use('/socket.io', () => {
    throw new HubError('invalid_request', 'Only WebSocket connections are taken here.')
  })
  app.use((request) => {
    throw new HubError('not_found', `There is nothing at ${request.path}.`)
  })
  app.use(answerErrors(options))
  return app
}

/** Express knows an error handler by its four parameters. */
function answerErrors({ onError, dialects }: AppOptions): ErrorRequestHandler {
  return (error, request, response, next) => {
    const told = toRefusal(error) ?? toHubError(error)
    if (told.code === 'internal') onError(error)
    // Half an answer can't be taken back: Express ends the connection.
    if (response.headersSent) return next(error)
    sendRefusal(response, told, dialectAt(dialects, request.originalUrl)?.tell)
  }
}

/** Express's own complaints: a path it can't decode; of a file, a range or a condition that can't be met. */
function toRefusal(error: unknown): HubError | undefined {
  if (error instanceof URIError) return new HubError('invalid_request', 'The URL is not well formed.')
  const status = (error as { status?: unknown } | undefined)?.status
  if (error instanceof HubError || typeof status !== 'number' || status < 400 || status >= 500) return undefined
  if (status === 404) return new HubError('not_found', 'There is nothing here.')
  return new HubError('invalid_request', 'The request can not be met as it stands.')
}
