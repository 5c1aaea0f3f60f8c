import { parseRedisUrl, type RedisDeployment } from '../../redis-url.ts'
import { ClusterLink } from './cluster-link.ts'
import { PrimaryLink } from './primary-link.ts'
import type { RedisLink } from './redis-link.ts'

export interface OpenLinkOptions {
  readonly deployment: RedisDeployment
  /** Where the subscriber's connection goes, when elsewhere; not for a cluster. */
  readonly subscriberUrl?: string | undefined
  readonly prefix: string
  readonly onError: (error: unknown) => void
}

/** The link for the way Redis is run. */
export function openLink({ deployment, subscriberUrl, prefix, onError }: OpenLinkOptions): RedisLink {
  if (deployment.kind === 'cluster') return new ClusterLink({ deployment, prefix, onError })
  const subscriber = subscriberUrl === undefined ? undefined : parseRedisUrl(subscriberUrl)
  return new PrimaryLink({
    deployment,
    subscriber: subscriber?.kind === 'standalone' ? subscriber : undefined,
    prefix,
    onError,
  })
}
