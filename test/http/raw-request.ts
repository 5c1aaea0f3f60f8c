import { request } from 'node:http'
import type { CalledHub, Reply } from '../support/http-client.ts'

/** A request sent as it is: no path is tidied up, no header added, no method refused. */
export function rawRequest(
  hub: CalledHub,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
): Promise<Reply<unknown>> {
  const { hostname, port } = new URL(hub.url)
  const origin = hub.origin === undefined ? {} : { Origin: hub.origin }
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers: { ...origin, ...headers } }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      const told = Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      )
      resolve({ status: response.statusCode ?? 0, headers: new Headers(told), text, body: undefined })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
