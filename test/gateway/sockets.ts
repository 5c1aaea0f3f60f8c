import { io, type Socket } from 'socket.io-client'
import type { ApprovalView, BackendView, PageView } from '../../server/protocol/challenge.ts'
import type { ErrorNotice } from '../../server/protocol/error-codes.ts'
import type { Withdrawn } from '../../server/protocol/events.ts'
import { Recorder } from '../support/recorder.ts'

/** An acknowledgement, as it came over the wire. */
export interface Answer {
  readonly ok: boolean
  readonly challenge?: Status
  readonly waitToken?: string
  readonly error?: ErrorNotice
  readonly record?: Partial<BackendView>
}

/** A challenge as whichever viewer it was meant for. */
export type Status = PageView & Partial<BackendView> & { readonly pollOutcome?: string }

export interface Refusal {
  readonly message: string
  readonly data?: ErrorNotice
}

export interface DialOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly transports?: readonly string[]
  /** Another connection's manager, to share its connection. */
  readonly over?: Socket
}

const dialled = new Set<Socket>()

/** For `afterEach`: no test leaves a socket behind. */
export function hangUpAll(): void {
  for (const socket of dialled) socket.disconnect()
  dialled.clear()
}

/** A plain socket that never comes back by itself, so that every disconnect is seen. */
export function dial(url: string, namespace: string, auth: object, options: DialOptions = {}): Socket {
  const { headers = {}, transports = ['websocket'], over } = options
  const socket = over
    ? over.io.socket(namespace, { auth: auth as Record<string, unknown> })
    : io(`${url}${namespace}`, {
        auth: auth as Record<string, unknown>,
        transports: [...transports],
        extraHeaders: { ...headers },
        forceNew: true,
        reconnection: false,
      })
  if (over) socket.connect()
  dialled.add(socket)
  return socket
}

/** Resolves with what a refused connection is told. */
export function refusal(socket: Socket): Promise<Refusal> {
  return new Promise((resolve, reject) => {
    socket.once('connect_error', (error) => resolve(error as unknown as Refusal))
    socket.once('connect', () => reject(new Error(`was let in to ${(socket as unknown as { nsp: string }).nsp}`)))
  })
}

export function connected(socket: Socket): Promise<Socket> {
  persist(socket)
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.on('connect_error', (error) => {
      if (!isBusy(error)) reject(Object.assign(error, { message: describe(error) }))
    })
  })
}

/** Tries again when the store was away for a moment, as it may be on a busy machine. */
function persist(socket: Socket): void {
  socket.on('connect_error', (error) => {
    if (isBusy(error)) setTimeout(() => dialled.has(socket) && socket.connect(), 200)
  })
}

function isBusy(error: Error & { data?: ErrorNotice }): boolean {
  return error.data?.code === 'store_unavailable'
}

function describe(error: Error): string {
  return `${error.message}: ${JSON.stringify((error as { data?: unknown }).data)}`
}

export function ask(socket: Socket, event: string, ...body: readonly unknown[]): Promise<Answer> {
  return socket.timeout(10_000).emitWithAck(event, ...body)
}

/** Why the socket was closed, once it has been. */
export function closing(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once('disconnect', (reason) => resolve(reason)))
}

export interface Page {
  readonly socket: Socket
  readonly statuses: Recorder<Status>
  readonly gone: Recorder<{ readonly challenge: string }>
  readonly closed: Promise<string>
  /** Resolves with the first status of this version of the challenge. */
  version(version: number, challenge?: string): Promise<Status>
  /** The versions heard of a challenge, in the order of their arrival. */
  versions(challenge: string): readonly number[]
  subscribe(token: unknown): Promise<Answer>
}

/** Opens a waiting page that asks nothing: all it does is connect. */
export function openPage(
  url: string,
  auth: { readonly token: string; readonly challenge?: string },
  options: DialOptions = {},
): Page {
  const socket = dial(url, '/waiting', auth, options)
  const statuses = new Recorder<Status>()
  const gone = new Recorder<{ readonly challenge: string }>()
  socket.on('status', statuses.listen)
  socket.on('gone', gone.listen)
  persist(socket)
  return {
    socket,
    statuses,
    gone,
    closed: closing(socket),
    version: (version, challenge) =>
      statuses.until(
        (status) => status.version === version && (challenge === undefined || status.challenge === challenge),
      ),
    versions: (challenge) =>
      statuses.heard.filter((status) => status.challenge === challenge).map(({ version }) => version),
    subscribe: (token) => ask(socket, 'subscribe', { token }),
  }
}

export interface Person {
  readonly socket: Socket
  readonly lists: Recorder<readonly ApprovalView[]>
  readonly requested: Recorder<ApprovalView>
  readonly withdrawn: Recorder<Withdrawn>
  readonly closed: Promise<string>
  approve(challenge: string, rest?: object): Promise<Answer>
  deny(challenge: string, rest?: object): Promise<Answer>
}

/** Connects an approver; resolves when the pending list has come, which nobody asked for. */
export async function openPerson(url: string, token: string): Promise<Person> {
  const socket = dial(url, '/approving', { token })
  const lists = new Recorder<readonly ApprovalView[]>()
  const requested = new Recorder<ApprovalView>()
  const withdrawn = new Recorder<Withdrawn>()
  socket.on('pending', lists.listen)
  socket.on('requested', requested.listen)
  socket.on('withdrawn', withdrawn.listen)
  const closed = closing(socket)
  await connected(socket)
  await lists.until(() => true)
  const decide =
    (word: string) =>
    (challenge: string, rest: object = {}) =>
      ask(socket, word, { challenge, ...rest })
  return { socket, lists, requested, withdrawn, closed, approve: decide('approve'), deny: decide('deny') }
}

/** Connects a backend to `/publishing`. */
export function openPublisher(url: string, token: string, options: DialOptions = {}): Promise<Socket> {
  return connected(dial(url, '/publishing', { token }, options))
}
