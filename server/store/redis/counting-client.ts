import type { Cluster, Redis } from 'ioredis'
import { parseRedisUrl } from '../../redis-url.ts'
import { clusterClient, primaryClient } from './connection.ts'
import { keepConnected } from './keep-connected.ts'

/** A count that takes longer is made locally. Milliseconds. */
const PATIENCE_MS = 100

export interface CountingClient {
  readonly client: Redis | Cluster
  stop(): void
}

/**
 * A connection of the limits' own: a slow count must not hold up the store's commands, nor they the counts. Nothing waits in
 * a queue, so that a Redis that is away is known to be at once.
 * @param url as `REDIS_URL`
 * @param onError told of every failure to connect; the store tells the operator that Redis is away
 */
export function openCountingClient(url: string, onError: (error: unknown) => void): CountingClient {
  const deployment = parseRedisUrl(url)
  const client =
    deployment.kind === 'cluster' ? clusterClient(deployment, PATIENCE_MS) : primaryClient(deployment, PATIENCE_MS)
  return { client, stop: keepConnected(client, onError) }
}
