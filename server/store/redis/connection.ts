import type { RedisOptions } from 'ioredis'

/** After this long a command is struck off the connection's list; its caller has long been answered. Milliseconds. */
const COMMAND_TIMEOUT_MS = 2_000
const CONNECT_TIMEOUT_MS = 2_000
const LONGEST_RECONNECT_MS = 1_000

/** How long to wait before a further try to connect, counted from 1. Milliseconds. */
export function retryDelay(attempt: number): number {
  return Math.random() * Math.min(LONGEST_RECONNECT_MS, 25 * 2 ** Math.min(attempt, 6))
}

/** What all connections to Redis have in common. */
export const connection = {
  lazyConnect: true,
  // Nothing waits in a queue for a Redis that is away, and nothing is sent twice by itself: the driver asks again, and
  // recognises its own commit.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  // The driver subscribes again by itself, and reads what it may have missed.
  autoResubscribe: false,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  // A Redis that loads its files says itself how long that takes, in whole seconds.
  maxLoadingRetryTime: 100,
  retryStrategy: retryDelay,
} satisfies RedisOptions
