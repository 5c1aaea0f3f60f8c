import type { Deployment, RedisKind } from './deployment.ts'
import { startStandalone } from './standalone.ts'

/** How to start each kind there is. */
export const START: Partial<Record<RedisKind, () => Promise<Deployment>>> = {
  standalone: startStandalone,
}
