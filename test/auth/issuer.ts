import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EC, RSA } from './tokens.ts'

/** Somebody else's token service, as far as a hub sees it: the document with its public keys. */
export interface Issuer extends AsyncDisposable {
  /** For `JWKS_URL`. */
  readonly url: string
  /** How often the document was asked for. */
  readonly asked: number
  /** What is listed from now on. */
  list(...keys: readonly object[]): void
  /** Answers with this from now on, instead of the document; without arguments: the document again. */
  answer(status?: number, body?: string): void
  /** Answers nothing until `release`. */
  hold(): void
  release(): void
  stop(): Promise<void>
}

export const RSA_JWK = { ...RSA.publicKey.export({ format: 'jwk' }), kid: 'rsa', use: 'sig', alg: 'RS256' }
export const EC_JWK = { ...EC.publicKey.export({ format: 'jwk' }), kid: 'ec', use: 'sig', alg: 'ES256' }

/** On 127.0.0.1, listing one RSA key and one EC key. */
export async function startIssuer(): Promise<Issuer> {
  let keys: readonly object[] = [RSA_JWK, EC_JWK]
  let instead: { status: number; body: string } | undefined
  let asked = 0
  let held: ServerResponse[] | undefined
  const respond = (response: ServerResponse) => {
    const { status, body } = instead ?? { status: 200, body: JSON.stringify({ keys }) }
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body)
  }
  const server = createServer((_request, response) => {
    asked++
    if (held) held.push(response)
    else respond(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    get asked() {
      return asked
    },
    list: (...wanted) => {
      keys = wanted
    },
    answer: (status, body = '') => {
      instead = status === undefined ? undefined : { status, body }
    },
    hold: () => {
      held ??= []
    },
    release: () => {
      const waiting = held ?? []
      held = undefined
      for (const response of waiting) respond(response)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
