import { startClusterDeployment } from './cluster.ts'
import type { Deployment, RedisKind } from './deployment.ts'
import { startSentinelDeployment } from './sentinel.ts'
import { startStandalone } from './standalone.ts'

/** How to start each kind there is. */
export const START: Record<RedisKind, () => Promise<Deployment>> = {
  standalone: startStandalone,
  sentinel: startSentinelDeployment,
  cluster: startClusterDeployment,
}
