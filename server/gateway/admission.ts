import type { Namespace, Socket } from 'socket.io'
import type { Authenticator } from '../auth/authenticate.ts'
import { isAllowedOrigin } from '../auth/origins.ts'
import { HubError, toHubError, toNotice } from '../errors.ts'

export interface Admission {
  readonly authenticator: Authenticator
  readonly corsOrigins: readonly string[]
  /** Whether no new connection is taken any more. */
  readonly draining: () => boolean
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
  const prepared = new WeakMap<Socket, Entry>()
  const drop = (socket: Socket) => {
    const entry = prepared.get(socket)
    if (prepared.delete(socket)) release(entry as Entry)
  }
  namespace.use(async (socket, next) => {
    try {
      demandWelcome(socket, admission)
      prepared.set(socket, await prepare(socket))
      if (socket.conn.readyState !== 'open') return drop(socket)
      // Socket.IO says nothing of a connection that ends between this door and `connection`.
      socket.conn.once('close', () => drop(socket))
      next()
    } catch (error) {
      const told = toHubError(error)
      if (told.code === 'internal') admission.onError(error)
      next(toConnectError(told))
    }
  })
  return (socket) => {
    const entry = prepared.get(socket)
    if (!prepared.delete(socket)) throw new Error('this socket did not come through the door')
    return entry as Entry
  }
}

function demandWelcome({ handshake: { headers } }: Socket, { corsOrigins, draining }: Admission): void {
  if (draining()) throw new HubError('draining', 'This instance is shutting down. Connect again.', { retryAfter: 1 })
  if (!isAllowedOrigin(headers.origin, headers.host, corsOrigins)) {
    throw new HubError('insufficient_scope', 'Pages of this origin may not connect.')
  }
}

/** Socket.IO sends `data` along with a refused connection. */
function toConnectError(error: HubError): Error & { data: unknown } {
  return Object.assign(new Error(error.code), { data: toNotice(error) })
}
