import type { DisconnectReason, Socket } from 'socket.io'
import { stateOf } from './link.ts'

/** Counts a further socket among those that share its connection. */
export function shareLink({ conn }: Socket): void {
  stateOf(conn).sockets += 1
}

/**
 * When the hub sends a socket away, its connection is closed too, unless other namespaces are served over it. A client
 * that leaves by itself keeps its connection: it may be about to enter another namespace.
 */
export function closeWithLastSocket({ conn }: Socket, reason: DisconnectReason): void {
  const link = stateOf(conn)
  link.sockets -= 1
  if (link.sockets === 0 && reason === 'server namespace disconnect') conn.close()
}
