import type { Cluster, Redis } from 'ioredis'
import { retryDelay } from './connection.ts'

/**
 * Connects a client, and sees to it that it is connected again for as long as nobody stops it; returns what does. The
 * library reconnects by itself, but not always: one that is told of a failover while it still asks Sentinels where to
 * connect to gives up for good.
 */
export function keepConnected(client: Redis | Cluster, onError: (error: unknown) => void): () => void {
  let attempt = 0
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  // A failed attempt is told by the error event, too, and the client tries again by itself.
  const connect = () => void client.connect().catch(onError)
  client.on('error', onError)
  client.on('ready', () => {
    attempt = 0
  })
  client.on('end', () => {
    if (isStopped) return
    attempt += 1
    timer = setTimeout(connect, retryDelay(attempt))
  })
  connect()
  return () => {
    isStopped = true
    clearTimeout(timer)
    client.disconnect()
  }
}
