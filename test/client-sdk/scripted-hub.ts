import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Server, type Socket } from 'socket.io'
import type { ApprovalView, ChallengeView, PageView } from '../../server/protocol/challenge.ts'
import { ERROR_STATUS, type ErrorNotice } from '../../server/protocol/error-codes.ts'
import type { Refused } from '../../server/protocol/events.ts'
import { Recorder } from '../support/recorder.ts'
import { page, waitToken } from './samples.ts'

/** One HTTP request as it arrived. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
  readonly at: number
  /** Whether the caller hung up before it was answered. */
  hungUp: boolean
}

export interface Handshake {
  readonly token: unknown
  readonly at: number
}

/** An answer out of turn: a problem, bare text as a proxy would send, an answer that travels long, silence, a cut line. */
export type Fault =
  | { readonly problem: ErrorNotice & { readonly record?: unknown } }
  | { readonly bare: number; readonly retryAfter?: number }
  | { readonly late: number }
  | 'silence'
  | 'cut'

export type DecideAnswer = { readonly ok: true; readonly challenge: ChallengeView } | Refused

const NAMES = ['/waiting', '/approving'] as const

/** Speaks the hub's wire over real sockets, and misbehaves when told to: faults that a healthy hub does not produce. */
export class ScriptedHub {
  /** Every URL asked for, upgrades too, before a path in front of the hub is taken off. */
  readonly urls = new Recorder<string>()
  readonly calls = new Recorder<Call>()
  readonly handshakes = new Recorder<Handshake>()
  readonly opened = new Recorder<Socket>()
  readonly closed = new Recorder<string>()
  readonly decisions = new Recorder<{ readonly decision: string; readonly message: unknown; readonly road: string }>()

  /** `refused`: the upgrade is answered 400; `ignored`: it is never answered. */
  webSockets: 'welcome' | 'refused' | 'ignored' = 'welcome'
  /** What a new socket is refused with. */
  refusal: ErrorNotice | undefined
  /** False: sockets are let in and told nothing. */
  greets = true
  /** False: sockets are not told of changes. */
  pushes = true
  /** What the next HTTP calls get instead of an answer, one each. */
  readonly faults: Fault[] = []
  /** What every HTTP call gets from now on, once `faults` is empty. */
  fault: Fault | undefined
  /** What an approver's decision is answered; undefined: nothing is ever said. */
  answer: DecideAnswer | undefined

  view: PageView = page()
  approvals: ApprovalView[] = []
  readonly #links = new Set<Duplex>()
  readonly #polls = new Set<() => void>()
  readonly #http = createServer((request, response) => void this.#serve(request, response))
  readonly #io: Server

  private constructor(heartbeat: { readonly pingInterval: number; readonly pingTimeout: number }) {
    this.#io = new Server(this.#http, {
      ...heartbeat,
      transports: ['websocket'],
      allowRequest: (_request, decide) => {
        if (this.webSockets !== 'ignored') decide(null, this.webSockets === 'welcome')
      },
    })
    for (const name of NAMES) this.#admit(name)
    // As a reverse proxy does for a hub behind a path.
    for (const event of ['request', 'upgrade'])
      this.#http.prependListener(event, (request: IncomingMessage) => {
        this.urls.listen(request.url ?? '')
        request.url = request.url?.replace(/^\/assent\//, '/')
      })
    this.#http.on('connection', (link) => {
      this.#links.add(link)
      link.on('close', () => this.#links.delete(link))
    })
  }

  static async start(heartbeat = { pingInterval: 10_000, pingTimeout: 5000 }): Promise<ScriptedHub> {
    const hub = new ScriptedHub(heartbeat)
    await new Promise<void>((resolve) => hub.#http.listen(0, '127.0.0.1', resolve))
    return hub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  /** Commits a change and tells whoever waits. */
  change(part: Partial<PageView>): PageView {
    const version = this.view.version + 1
    const moved = part.challengeStatus !== undefined && part.challengeStatus !== this.view.challengeStatus
    this.view = { ...this.view, version, ...(moved && { statusVersion: version }), ...part }
    if (this.pushes) this.#io.of('/waiting').emit('status', this.view)
    for (const wake of this.#polls) wake()
    return this.view
  }

  emit(namespace: (typeof NAMES)[number], event: string, ...what: unknown[]): void {
    this.#io.of(namespace).emit(event, ...what)
  }

  /** Ends every link without a word, as a dying process would. */
  cutAll(): void {
    for (const link of this.#links) link.destroy()
  }

  /** Disconnects every socket; `close` ends the links under them too. */
  dropAll(close = true): void {
    for (const name of NAMES) this.#io.of(name).disconnectSockets(close)
  }

  get openSockets(): number {
    return this.#io.of('/waiting').sockets.size + this.#io.of('/approving').sockets.size
  }

  async stop(): Promise<void> {
    for (const link of this.#links) link.destroy()
    await this.#io.close()
  }

  #admit(name: string): void {
    const namespace = this.#io.of(name)
    namespace.use((socket, next) => {
      this.handshakes.listen({ token: socket.handshake.auth.token, at: performance.now() })
      next(this.refusal && Object.assign(new Error(this.refusal.code), { data: this.refusal }))
    })
    namespace.on('connection', (socket) => {
      socket.on('disconnect', () => this.closed.listen(socket.id))
      for (const decision of ['approve', 'deny']) {
        socket.on(decision, (message, ack) => {
          this.decisions.listen({ decision, message, road: 'socket' })
          if (this.answer) ack(this.answer)
        })
      }
      if (this.greets && name === '/waiting') socket.emit('status', this.view)
      if (this.greets && name === '/approving') socket.emit('pending', this.approvals)
      this.opened.listen(socket)
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hub')
    const { method = '', headers } = request
    const body = await readBody(request)
    const call: Call = {
      method,
      path: pathname,
      query: searchParams,
      headers,
      body,
      at: performance.now(),
      hungUp: false,
    }
    response.on('close', () => {
      call.hungUp = !response.writableFinished
    })
    const fault = this.faults.shift() ?? this.fault
    this.calls.listen(call)
    const delay = typeof fault === 'object' && 'late' in fault ? fault.late : 0
    if (fault && !delay) return misbehave(fault, response)

    const json = (answer: unknown, status = 200) => {
      const text = JSON.stringify(answer)
      setTimeout(() => response.writeHead(status, { 'content-type': 'application/json' }).end(text), delay)
    }
    if (pathname.startsWith('/v1/approvals/')) {
      this.decisions.listen({ decision: (body as { decision: string }).decision, message: body, road: 'http' })
      return this.answer?.ok ? json(this.answer.challenge) : misbehave('silence', response)
    }
    if (pathname === '/v1/approvals') return json(this.approvals)
    if (pathname.endsWith('/poll')) return this.#poll(call, response, json)
    json(method === 'POST' ? { ...this.view, waitToken: waitToken() } : this.view, method === 'POST' ? 201 : 200)
  }

  #poll({ query }: Call, response: ServerResponse, json: (answer: unknown) => void): void {
    const since = Number(query.get('since') ?? this.view.statusVersion)
    const hold = Number(query.get('pollInterval') ?? 2000) * Number(query.get('pollRetries') ?? 30)
    const outcome = () => {
      if (this.view.isChallengeComplete) return 'complete'
      return this.view.statusVersion > since ? 'changed' : 'exhausted'
    }
    const end = () => {
      clearTimeout(timer)
      this.#polls.delete(look)
      json({ ...this.view, pollOutcome: outcome() })
    }
    const look = () => {
      if (outcome() !== 'exhausted') end()
    }
    const timer = setTimeout(end, hold)
    this.#polls.add(look)
    response.on('close', () => {
      clearTimeout(timer)
      this.#polls.delete(look)
    })
    look()
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
}

function misbehave(fault: Fault, response: ServerResponse): void {
  if (fault === 'silence' || (typeof fault === 'object' && 'late' in fault)) return
  if (fault === 'cut') {
    response.destroy()
    return
  }
  if ('bare' in fault) {
    const wait = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
    response.writeHead(fault.bare, { 'content-type': 'text/html', ...wait }).end('<h1>This is the proxy</h1>')
    return
  }
  const { retryAfter, ...problem } = fault.problem
  const status = ERROR_STATUS[problem.code]
  const wait = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  response
    .writeHead(status, { 'content-type': 'application/problem+json', ...wait })
    .end(JSON.stringify({ type: 'about:blank', title: problem.code, status, ...problem }))
}
