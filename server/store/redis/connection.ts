import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { ClusterRedis, Endpoint, SentinelRedis, SingleRedis } from '../../redis-url.ts'

/** After this long a command is struck off the connection's list; its caller has long been answered. Milliseconds. */
const COMMAND_TIMEOUT_MS = 2_000
const CONNECT_TIMEOUT_MS = 2_000
const LONGEST_RECONNECT_MS = 1_000
/** A Sentinel that says nothing for so long is passed over. Milliseconds. */
const SENTINEL_TIMEOUT_MS = 500
/** How often a cluster is asked who serves what. Milliseconds. */
const ASK_SHAPE_EVERY_MS = 2_000

/** How long to wait before a further try to connect, counted from 1. Milliseconds. */
export function retryDelay(attempt: number): number {
  return Math.random() * Math.min(LONGEST_RECONNECT_MS, 25 * 2 ** Math.min(attempt, 6))
}

/** What all connections to Redis have in common. */
const connection = {
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

/** A client of one server, which is connected when it is told to. */
export function primaryClient(deployment: SingleRedis | SentinelRedis, patienceMs = COMMAND_TIMEOUT_MS): Redis {
  const options = { ...connection, commandTimeout: patienceMs }
  if (deployment.kind === 'standalone') return new Redis(deployment.url, options)
  const { sentinels, master, db, username, password, tls, sentinelUsername, sentinelPassword } = deployment
  return new Redis({
    ...options,
    sentinels: sentinels.map((sentinel) => ({ ...sentinel })),
    name: master,
    db,
    ...(username && { username }),
    ...(password && { password }),
    ...(sentinelUsername && { sentinelUsername }),
    ...(sentinelPassword && { sentinelPassword }),
    ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    // Sentinel ends the connections of a primary it has demoted only when that is back, and never those that subscribe.
    failoverDetector: true,
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  })
}

/** A client of a whole cluster. */
export function clusterClient(deployment: ClusterRedis, patienceMs = COMMAND_TIMEOUT_MS): Cluster {
  return new Cluster(
    deployment.nodes.map((node) => ({ ...node })),
    {
      redisOptions: { ...nodeOptions(deployment), commandTimeout: patienceMs },
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryDelay,
      slotsRefreshInterval: ASK_SHAPE_EVERY_MS,
      // Certificates name hosts, not addresses.
      ...(deployment.tls && { dnsLookup: (host, callback) => callback(null, host) }),
    },
  )
}

/** A client of one node of a cluster. */
export function nodeClient(deployment: ClusterRedis, node: Endpoint): Redis {
  return new Redis({ ...nodeOptions(deployment), ...node })
}

function nodeOptions({ username, password, tls }: ClusterRedis) {
  return { ...connection, ...(username && { username }), ...(password && { password }), ...(tls && { tls: {} }) }
}
