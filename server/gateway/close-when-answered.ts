import type { Socket } from 'socket.io'

type Connection = Socket['conn']

/** The events of one connection that are being answered, and whether it closes when none is left. */
interface UnderWay {
  count: number
  isClosing: boolean
}

const connections = new WeakMap<Connection, UnderWay>()

/** Counts an event that is being answered; returns what to call once it is. */
export function beginAnswer(connection: Connection): () => void {
  const underWay = connections.get(connection) ?? { count: 0, isClosing: false }
  connections.set(connection, underWay)
  underWay.count += 1
  return () => {
    underWay.count -= 1
    if (underWay.count === 0 && underWay.isClosing) connection.close()
  }
}

/** Whether nothing new is taken over this connection any more. */
export function isClosing(connection: Connection): boolean {
  return connections.get(connection)?.isClosing ?? false
}

/**
 * Ends the transport, not the subscriptions, once all that was asked over it is answered; resolves when it is so. A client
 * takes it for a broken link, and comes back elsewhere.
 */
export function closeWhenAnswered(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    if (connection.readyState === 'closed') return resolve()
    connection.once('close', () => resolve())
    const underWay = connections.get(connection) ?? { count: 0, isClosing: false }
    connections.set(connection, underWay)
    underWay.isClosing = true
    if (underWay.count === 0) connection.close()
  })
}
