import type { Namespace, Socket } from 'socket.io'
import type { Authenticator } from '../auth/authenticate.ts'
import { isAllowedOrigin } from '../auth/origins.ts'
import { HubError, toHubError, toNotice } from '../errors.ts'
import type { Limits, Release } from '../limits/limits.ts'
import { closeWithLastSocket } from './close-with-last-socket.ts'
import type { Connections } from './connections.ts'

export interface Admission {
  readonly authenticator: Authenticator
  readonly corsOrigins: readonly string[]
  /** Whether no new connection is taken any more. */
  readonly draining: () => boolean
  readonly limits: Limits
  readonly connections: Connections
  readonly onError: (error: unknown) => void
}

/** Keeps what a socket holds for as long as it is there; given back with it, or at once if it is not let in. */
export type Keep = (release: Release) => void

/** Takes what the door prepared for a socket; from then on the socket's owner answers for it. */
export type Enter<Entry> = (socket: Socket) => Entry

/**
 * Puts a door in front of a namespace: who may not enter gets a `connect_error` with code and detail. What `prepare`
 * returns is handed over by `Enter`, once connected, and given to `release` if the caller is gone before.
 */
export function guard<Entry>(
  namespace: Namespace,
  admission: Admission,
  prepare: (socket: Socket, keep: Keep) => Promise<Entry>,
  release: (entry: Entry) => void = () => undefined,
): Enter<Entry> {
  const waiting = new WeakMap<Socket, { readonly entry: Entry; readonly gone: () => void; readonly letGo: Release }>()
  namespace.use(async (socket, next) => {
    const kept: Release[] = []
    const letGo = () => {
      for (const each of kept.splice(0)) each()
    }
    let unadmit: Release | undefined
    try {
      demandWelcome(socket, admission)
      unadmit = admission.connections.admit(socket.conn)
      const entry = await prepare(socket, (release) => kept.push(release))
      if (socket.conn.readyState !== 'open') {
        release(entry)
        letGo()
        // Socket.IO then sees for itself that the caller is gone, and forgets the socket.
        return next()
      }
      const gone = () => {
        if (!waiting.delete(socket)) return
        release(entry)
        letGo()
      }
      waiting.set(socket, { entry, gone, letGo })
      // Socket.IO says nothing of a connection that ends between this door and `connection`.
      socket.conn.once('close', gone)
      next()
    } catch (error) {
      letGo()
      unadmit?.()
      const told = toHubError(error)
      if (told.code === 'internal') admission.onError(error)
      next(toConnectError(told))
    }
  })
  return (socket) => {
    const door = waiting.get(socket)
    if (!door) throw new Error('this socket did not come through the door')
    waiting.delete(socket)
    socket.conn.off('close', door.gone)
    socket.once('disconnect', door.letGo)
    closeWithLastSocket(socket)
    return door.entry
  }
}

function demandWelcome({ handshake: { headers } }: Socket, { corsOrigins, draining }: Admission): void {
  if (draining()) throw new HubError('draining', 'This instance is shutting down. Connect again.', { retryAfter: 1 })
  if (!isAllowedOrigin(headers.origin, headers.host, corsOrigins)) {
    throw new HubError('insufficient_scope', 'Pages of this origin may not connect.')
  }
}

/** Socket.IO sends `data` along with a refused connection. */
export function toConnectError(error: HubError): Error & { data: unknown } {
  return Object.assign(new Error(error.code), { data: toNotice(error) })
}
