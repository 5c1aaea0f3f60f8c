import type { Router } from 'express'
import { HubError } from '../errors.ts'
import { answerEndpoint, type Desk, send } from './answer-endpoint.ts'
import type { Endpoint } from './endpoint.ts'

/** Puts described endpoints on Express; every other method on their paths is refused by name. */
export function mountEndpoints(router: Router, endpoints: readonly Endpoint[], desk: Desk): void {
  for (const [path, methods] of groupByPath(endpoints)) {
    const route = router.route(path)
    for (const endpoint of methods) {
      const method = endpoint.method.toLowerCase() as Lowercase<Endpoint['method']>
      route[method]((request, response) => {
        const address = { params: request.params as Record<string, string>, query: request.query }
        return answerEndpoint(endpoint, desk, request, response, address)
      })
    }
    const allowed = methods.map((endpoint) => endpoint.method).join(', ')
    const tell = methods.find((endpoint) => endpoint.tell)?.tell
    route.all((request, response) => {
      response.setHeader('Allow', allowed)
      const error = new HubError('method_not_allowed', `${request.method} is not known here; ${allowed} is.`)
      if (!tell) throw error
      send(response, tell(error))
    })
  }
}

function groupByPath(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  const paths = new Map<string, Endpoint[]>()
  for (const endpoint of endpoints) paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint])
  return paths
}
