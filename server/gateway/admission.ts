import type { Namespace, Socket } from 'socket.io'
import type { Authenticator } from '../auth/authenticate.ts'
import { draining } from '../challenge/departure.ts'
import { HubError, toHubError, toNotice } from '../errors.ts'
import type { Limits, Release } from '../limits/limits.ts'
import type { Connections } from './connections.ts'
import { type Link, linkOf } from './link.ts'

export interface Admission {
  readonly authenticator: Authenticator
  /** Whether no new connection is taken any more. */
  readonly isDraining: () => boolean
  readonly limits: Limits
  readonly connections: Connections
  readonly onError: (error: unknown) => void
}

/** Keeps what a socket holds for as long as it is there; given back with it, or at once if it is not let in. */
export type Keep = (release: Release) => void

/** What the door prepared for whoever comes in. */
export interface Admitted<Entry> {
  readonly entry: Entry
  /** To be called when they leave. */
  readonly letGo: Release
}

/**
 * The door: throws what whoever may not come in is told. Undefined: the caller has hung up meanwhile, and what was prepared
 * has been given to `release`.
 */
export async function letIn<Entry>(
  link: Link,
  admission: Admission,
  prepare: (keep: Keep) => Promise<Entry>,
  release: (entry: Entry) => void,
): Promise<Admitted<Entry> | undefined> {
  const kept: Release[] = []
  const letGo = () => {
    for (const each of kept.splice(0)) each()
  }
  let unadmit: Release | undefined
  try {
    demandWelcome(link, admission)
    unadmit = admission.connections.admit(link)
    const entry = await prepare((release) => kept.push(release))
    if (link.isOpen) return { entry, letGo }
    release(entry)
    letGo()
    return undefined
  } catch (error) {
    letGo()
    unadmit?.()
    if (toHubError(error).code === 'internal') admission.onError(error)
    throw error
  }
}

/** Takes what the door prepared for a socket; from then on the socket's owner answers for it. */
export type Enter<Entry> = (socket: Socket) => Entry

/**
 * Puts the door in front of a namespace of Socket.IO's: who may not enter gets a `connect_error` with code and detail. What
 * `prepare` returns is handed over by `Enter`, once connected, and given to `release` if the caller is gone before.
 */
export function guard<Entry>(
  namespace: Namespace,
  admission: Admission,
  prepare: (socket: Socket, keep: Keep) => Promise<Entry>,
  release: (entry: Entry) => void = () => undefined,
): Enter<Entry> {
  namespace.use(async (socket, next) => {
    try {
      const admitted = await letIn(linkOf(socket.conn), admission, (keep) => prepare(socket, keep), release)
      // If the caller is gone, Socket.IO then sees for itself, and forgets the socket.
      if (!admitted) return next()
      // Socket.IO says nothing of a connection that ends between this door and `connection`.
      const gone = () => {
        release(admitted.entry)
        admitted.letGo()
      }
      const waiting: AtTheDoor<Entry> = { ...admitted, gone }
      socket.data = waiting
      socket.conn.once('close', gone)
      next()
    } catch (error) {
      next(toConnectError(toHubError(error)))
    }
  })
  return (socket) => {
    const { entry, gone, letGo } = socket.data as AtTheDoor<Entry>
    socket.data = undefined
    socket.conn.off('close', gone)
    // What it came with, its token among it, is not needed any more.
    Object.assign(socket, { handshake: undefined })
    const link = linkOf(socket.conn)
    link.share()
    socket.on('disconnect', (reason) => {
      letGo()
      link.sockets -= 1
      if (reason === 'server namespace disconnect') link.closeUnlessShared()
    })
    return entry
  }
}

interface AtTheDoor<Entry> extends Admitted<Entry> {
  /** The caller has gone before. */
  readonly gone: () => void
}

function demandWelcome(link: Link, { isDraining }: Admission): void {
  if (isDraining()) throw draining()
  if (link.foreign) {
    throw new HubError('insufficient_scope', 'Pages of this origin may not connect.')
  }
}

/** Socket.IO sends `data` along with a refused connection. */
export function toConnectError(error: HubError): Error & { data: unknown } {
  return Object.assign(new Error(error.code), { data: toNotice(error) })
}
