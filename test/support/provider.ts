import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { Recorder } from './recorder.ts'

export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`

export interface Delivered {
  readonly method: 'EMAIL' | 'SMS' | 'VOICE'
  readonly to: string
  readonly extension?: string
  readonly subject?: string
  readonly text: string
  readonly locale: string
}

/** Who carries messages on, as an operator would run it behind the delivery webhook: checks whose they are, and keeps them. */
export class Provider {
  readonly delivered = new Recorder<Delivered>()
  /** Answers with this instead. */
  failsWith: number | undefined
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const headers = request.headers as Record<string, string>
    if (this.failsWith !== undefined) return response.writeHead(this.failsWith).end()
    try {
      new Webhook(WEBHOOK_SECRET).verify(body, headers)
    } catch {
      return response.writeHead(401).end()
    }
    this.delivered.listen((JSON.parse(body) as { data: Delivered }).data)
    return response.writeHead(204).end()
  })

  static async start(): Promise<Provider> {
    const provider = new Provider()
    await new Promise<void>((resolve) => provider.#server.listen(0, '127.0.0.1', resolve))
    return provider
  }

  /** What a hub is configured with. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo
    return { DELIVERY_WEBHOOK_URL: `http://127.0.0.1:${port}/messages`, DELIVERY_WEBHOOK_SECRET: WEBHOOK_SECRET }
  }

  /** Everything that went to one address. */
  sentTo(to: string): Delivered[] {
    return this.delivered.heard.filter((message) => message.to === to)
  }

  /** The code in the last message to an address. */
  codeFor(to: string): string {
    const text = this.sentTo(to).at(-1)?.text ?? ''
    const code = /\d{6}/.exec(text.replaceAll(', ', ''))?.[0]
    if (code === undefined) throw new Error(`no code was sent to ${to}`)
    return code
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
