import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import {
  createStepUp,
  type DemandOptions,
  type StepUp,
  type StepUpChallenge,
  type StepUpOptions,
  type StepUpProof,
} from '../../client-sdk/index.ts'
import type { RunningHub } from '../support/hub.ts'

/** What a service says: that it has done it, or why not. */
export interface Said {
  readonly status: number
  readonly headers: Headers
  readonly error?: {
    readonly type: string
    readonly message: string
    readonly _id: string
    readonly occurredAt: string
  }
  /** To be answered first. */
  readonly challenge?: StepUpChallenge
}

export interface Done {
  readonly body: unknown
  readonly proof: StepUpProof | undefined
}

export const TRANSFER = { payee: 'Mara', amount: '120.00' }

/** A service that sends money, and wants to see each transfer approved before. Who asks, a header says here. */
export class Service {
  readonly done: Done[] = []
  readonly errors: unknown[] = []
  readonly stepUp: StepUp
  readonly #server
  #url = ''

  private constructor(options: StepUpOptions, demanded: Partial<DemandOptions<express.Request>>) {
    this.stepUp = createStepUp({ onError: (error) => this.errors.push(error), ...options })
    const app = express()
    app.use(express.json())
    app.post(
      ['/transfers', '/orders'],
      this.stepUp.demand<express.Request>({
        user: (request) => request.get('X-User'),
        display: ({ body }) => ({
          title: 'Send money?',
          fields: [
            { label: 'To', value: body.payee },
            { label: 'Amount', value: body.amount },
          ],
        }),
        ...demanded,
      }),
      (request, response) => {
        this.done.push({ body: request.body, proof: request.stepUp })
        response.sendStatus(204)
      },
    )
    app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      this.errors.push(error)
      response.sendStatus(500)
    })
    this.#server = createServer(app)
  }

  static async start(
    hub: Pick<RunningHub, 'url' | 'token'>,
    options: Partial<StepUpOptions> = {},
    demanded: Partial<DemandOptions<express.Request>> = {},
  ): Promise<Service> {
    const token = hub.token({ scope: 'mfa:write', sub: 'test-service' })
    const service = new Service({ url: hub.url, token, ...options } as StepUpOptions, demanded)
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve))
    service.#url = `http://127.0.0.1:${(service.#server.address() as AddressInfo).port}`
    return service
  }

  /** Asks it to send money; with a challenge's id, when that has been answered. */
  send(user: string, challenge?: string, body: object = TRANSFER, path = '/transfers'): Promise<Said> {
    return this.ask(path, { 'X-User': user, ...(challenge !== undefined && { 'Assent-Challenge': challenge }) }, body)
  }

  async ask(path: string, given: Record<string, string>, body: object | string): Promise<Said> {
    const headers = { 'Content-Type': 'application/json', ...given }
    const sent = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(this.#url + path, { method: 'POST', headers, body: sent })
    const { status } = response
    const text = await response.text()
    if (!text.startsWith('{')) return { status, headers: response.headers }
    const { _embedded, ...error } = JSON.parse(text)._error
    return { status, headers: response.headers, error, ...(_embedded && { challenge: _embedded.challenge }) }
  }

  /** It is refused, with a challenge. */
  async challenged(...asked: Parameters<Service['send']>): Promise<StepUpChallenge> {
    const { status, challenge, error } = await this.send(...asked)
    if (status !== 401 || !challenge) throw new Error(`not challenged: ${status} ${JSON.stringify(error)}`)
    return challenge
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
