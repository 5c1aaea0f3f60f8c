import type { Namespace, Socket } from 'socket.io'
import type { Authenticator } from '../auth/authenticate.ts'
import { draining } from '../challenge/departure.ts'
import { HubError, toHubError, toNotice } from '../errors.ts'
import type { Limits, Release } from '../limits/limits.ts'
import { closeWithLastSocket, shareLink } from './close-with-last-socket.ts'
import type { Connections } from './connections.ts'
import { stateOf } from './link.ts'

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
      // Socket.IO says nothing of a connection that ends between this door and `connection`.
      const gone = () => {
        release(entry)
        letGo()
      }
      const door: Door<Entry> = { entry, gone, letGo }
      socket.data = door
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
    const { entry, gone, letGo } = socket.data as Door<Entry>
    socket.data = undefined
    socket.conn.off('close', gone)
    // What it came with, its token among it, is not needed any more.
    Object.assign(socket, { handshake: undefined })
    shareLink(socket)
    socket.on('disconnect', (reason) => {
      letGo()
      closeWithLastSocket(socket, reason)
    })
    return entry
  }
}

/** What the door prepared for a socket, until that is let in. */
interface Door<Entry> {
  readonly entry: Entry
  /** The caller has gone before. */
  readonly gone: () => void
  readonly letGo: Release
}

function demandWelcome({ conn }: Socket, { isDraining }: Admission): void {
  if (isDraining()) throw draining()
  if (stateOf(conn).foreign) {
    throw new HubError('insufficient_scope', 'Pages of this origin may not connect.')
  }
}

/** Socket.IO sends `data` along with a refused connection. */
export function toConnectError(error: HubError): Error & { data: unknown } {
  return Object.assign(new Error(error.code), { data: toNotice(error) })
}
