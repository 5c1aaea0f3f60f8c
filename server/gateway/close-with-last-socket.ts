import type { Socket } from 'socket.io'

/** How many sockets (one a namespace) share a connection. */
const sharing = new WeakMap<Socket['conn'], number>()

/**
 * When the hub sends a socket away, its connection is closed too, unless other namespaces are served over it. A client
 * that leaves by itself keeps its connection: it may be about to enter another namespace.
 */
export function closeWithLastSocket(socket: Socket): void {
  const { conn } = socket
  sharing.set(conn, (sharing.get(conn) ?? 0) + 1)
  socket.once('disconnect', (reason) => {
    const left = (sharing.get(conn) ?? 1) - 1
    sharing.set(conn, left)
    if (left === 0 && reason === 'server namespace disconnect') conn.close()
  })
}
