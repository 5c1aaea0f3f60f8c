import { Redis } from 'ioredis'

/** A count that takes longer is made locally. Milliseconds. */
const PATIENCE_MS = 100
const LONGEST_RECONNECT_MS = 2_000

/**
 * A connection of the limits' own: a slow count must not hold up the store's commands, nor they the counts. Nothing waits in
 * a queue, so that a Redis that is away is known to be at once.
 * @param onError told of every failure to connect; the store tells the operator that Redis is away
 */
export function connectLimitRedis(url: string, onError: (error: unknown) => void): Redis {
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: PATIENCE_MS,
    connectTimeout: LONGEST_RECONNECT_MS,
    retryStrategy: (attempt) => Math.random() * Math.min(LONGEST_RECONNECT_MS, 50 * 2 ** Math.min(attempt, 6)),
  })
  client.on('error', onError)
  // A failed attempt is told by the error event, and the client tries again by itself.
  client.connect().catch(onError)
  return client
}
