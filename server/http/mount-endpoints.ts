import type { Request, Response, Router } from 'express'
import type { Authenticator } from '../auth/authenticate.ts'
import { demandScope } from '../auth/principal.ts'
import { CallerGone, HubError } from '../errors.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import { readJsonBody } from './json-body.ts'

/** Puts described endpoints on Express; every other method on their paths is refused by name. */
export function mountEndpoints(router: Router, endpoints: readonly Endpoint[], authenticator: Authenticator): void {
  for (const [path, methods] of groupByPath(endpoints)) {
    const route = router.route(path)
    for (const endpoint of methods) {
      const method = endpoint.method.toLowerCase() as Lowercase<Endpoint['method']>
      route[method]((request, response) => handle(endpoint, authenticator, request, response))
    }
    const allowed = methods.map((endpoint) => endpoint.method).join(', ')
    route.all((request, response) => {
      response.setHeader('Allow', allowed)
      throw new HubError('method_not_allowed', `${request.method} is not known here; ${allowed} is.`)
    })
  }
}

function groupByPath(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  const paths = new Map<string, Endpoint[]>()
  for (const endpoint of endpoints) paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint])
  return paths
}

async function handle(endpoint: Endpoint, authenticator: Authenticator, request: Request, response: Response) {
  const principal = await authenticator.headers({
    authorization: request.headers.authorization,
    apiKey: request.get('api-key'),
  })
  demandScope(principal, ...endpoint.scopes)
  const body =
    endpoint.method === 'GET' || endpoint.method === 'DELETE' ? undefined : await readJsonBody(request, response)
  const question = {
    principal,
    params: request.params as Record<string, string>,
    query: request.query,
    body,
    header: (name: string) => request.get(name),
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

function send(response: Response, { status, body, headers }: Answer): void {
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value)
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (body === undefined) {
    response.status(status).end()
    return
  }
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.status(status).end(JSON.stringify(body))
}

/** Made only for those who wait: aborted when the caller is gone before the answer. */
function hangUpSignal(response: Response): AbortSignal {
  const hungUp = new AbortController()
  const abort = () => {
    if (!response.writableFinished) hungUp.abort(new CallerGone())
  }
  if (response.destroyed) abort()
  else response.once('close', abort)
  return hungUp.signal
}
