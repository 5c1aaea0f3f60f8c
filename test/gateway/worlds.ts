import { type RunningHub, startHub } from '../support/hub.ts'
import { startPair } from './pair.ts'

/** Where the sockets of a test are, and where everything else comes in: what is true must be true in every world. */
export interface World {
  readonly here: RunningHub
  readonly there: RunningHub
  stop(): Promise<void>
}

export const worlds: readonly (readonly [name: string, start: () => Promise<World>])[] = [
  [
    'one instance on the memory store',
    async () => {
      const hub = await startHub()
      return { here: hub, there: hub, stop: hub.stop }
    },
  ],
  [
    'two instances on one Redis, through the same one',
    async () => {
      const { a, stop } = await startPair()
      return { here: a, there: a, stop }
    },
  ],
  [
    'two instances on one Redis, through the other one',
    async () => {
      const { a, b, stop } = await startPair()
      return { here: a, there: b, stop }
    },
  ],
]
