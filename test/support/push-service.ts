import { createPublicKey, verify } from 'node:crypto'
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Identity } from './localhost-certificate.ts'
import { Recorder } from './recorder.ts'

/** A push, as the service in the middle sees it. */
export interface Carried {
  readonly path: string
  readonly ttl: number
  readonly urgency: string | undefined
  readonly topic: string | undefined
  /** What the sender says of itself, once its signature is found to be right. */
  readonly vapid: { readonly aud: string; readonly exp: number; readonly sub: string; readonly publicKey: string }
  readonly sealed: Buffer
}

interface Reply {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly afterMs?: number
}

/** A push service, such as every browser brings one: checks who sends, can't read what is sent, and answers as it is told. */
export class PushService {
  readonly carried = new Recorder<Carried>()
  reply: Reply = { status: 201 }
  /** So many have asked, however it ended. */
  asked = 0
  /** So many connections were opened. */
  connections = 0
  readonly #host: string
  readonly #server

  private constructor(tls: Identity | undefined) {
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response)
    this.#host = tls ? 'https://localhost' : 'http://127.0.0.1'
    this.#server = tls ? createSecureServer(tls, answer) : createPlainServer(answer)
    this.#server.on(tls ? 'secureConnection' : 'connection', () => {
      this.connections += 1
    })
  }

  /** @param tls it is reached as `https://localhost`, and shows this */
  static async start(tls?: Identity): Promise<PushService> {
    const service = new PushService(tls)
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get origin(): string {
    return `${this.#host}:${(this.#server.address() as AddressInfo).port}`
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked += 1
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { status, headers, afterMs = 0 } = this.reply
    await pause(afterMs)
    try {
      this.carried.listen(this.#read(request, Buffer.concat(chunks)))
      response.writeHead(status, headers).end('{"what":"it says of it"}')
    } catch (error) {
      response.writeHead(403).end(String(error))
    }
  }

  #read({ method, url = '', headers }: IncomingMessage, sealed: Buffer): Carried {
    demand(method === 'POST', 'only POST is taken')
    demand(headers['content-encoding'] === 'aes128gcm', 'only aes128gcm is taken')
    return {
      path: url,
      ttl: Number(headers.ttl),
      urgency: headers.urgency as string | undefined,
      topic: headers.topic as string | undefined,
      vapid: readVapid(headers.authorization ?? '', this.origin),
      sealed,
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** RFC 8292: `vapid t=<JWT>, k=<public key>`. */
function readVapid(authorization: string, origin: string): Carried['vapid'] {
  const [, token = '', publicKey = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? []
  const [head = '', body = '', signature = ''] = token.split('.')
  demand(json(head).alg === 'ES256', 'only ES256 is taken')
  const point = Buffer.from(publicKey, 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  const key = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } as Record<string, string> })
  const signed = Buffer.from(`${head}.${body}`)
  const isRight = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  demand(isRight, 'the signature is wrong')
  const { aud, exp, sub } = json(body)
  const left = Number(exp) - Date.now() / 1_000
  demand(aud === origin, 'this is for another push service')
  demand(left > 0 && left <= 86_400, 'it is to be good for a day at most')
  return { aud: String(aud), exp: Number(exp), sub: String(sub), publicKey }
}

function json(base64url: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(base64url, 'base64url').toString())
}

function demand(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what)
}
