import type { Namespace, Socket } from 'socket.io'
import type { Authenticator } from '../auth/authenticate.ts'
import { isAllowedOrigin } from '../auth/origins.ts'
import { draining } from '../challenge/departure.ts'
import { HubError, toHubError, toNotice } from '../errors.ts'
import { closeWithLastSocket } from './close-with-last-socket.ts'

export interface Admission {
  readonly authenticator: Authenticator
  readonly corsOrigins: readonly string[]
  /** Whether no new connection is taken any more. */
  readonly isDraining: () => boolean
  readonly onError: (error: unknown) => void
}

/** Takes what the door prepared for a socket; from then on the socket's owner answers for it. */
export type Enter<Entry> = (socket: Socket) => Entry

/**
 * Puts a door in front of a namespace: who may not enter gets a `connect_error` with code and detail. What `prepare`
 * returns is handed over by `Enter`, once connected, and given to `release` if the caller is gone before.
 */
export function guard<Entry>(
  namespace: Namespace,
  admission: Admission,
  prepare: (socket: Socket) => Promise<Entry>,
  release: (entry: Entry) => void = () => undefined,
): Enter<Entry> {
  const waiting = new WeakMap<Socket, { readonly entry: Entry; readonly gone: () => void }>()
  namespace.use(async (socket, next) => {
    try {
      demandWelcome(socket, admission)
      const entry = await prepare(socket)
      if (socket.conn.readyState !== 'open') {
        release(entry)
        // Socket.IO then sees for itself that the caller is gone, and forgets the socket.
        return next()
      }
      const gone = () => {
        if (waiting.delete(socket)) release(entry)
      }
      waiting.set(socket, { entry, gone })
      // Socket.IO says nothing of a connection that ends between this door and `connection`.
      socket.conn.once('close', gone)
      next()
    } catch (error) {
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
    closeWithLastSocket(socket)
    return door.entry
  }
}

function demandWelcome({ handshake: { headers } }: Socket, { corsOrigins, isDraining }: Admission): void {
  if (isDraining()) throw draining()
  if (!isAllowedOrigin(headers.origin, headers.host, corsOrigins)) {
    throw new HubError('insufficient_scope', 'Pages of this origin may not connect.')
  }
}

/** Socket.IO sends `data` along with a refused connection. */
export function toConnectError(error: HubError): Error & { data: unknown } {
  return Object.assign(new Error(error.code), { data: toNotice(error) })
}
