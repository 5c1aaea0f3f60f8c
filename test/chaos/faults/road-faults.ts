import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/eventually.ts'
import { SUBSCRIBER } from '../../support/redis-connection-kind.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'
import { type Fault, FaultMissed, oneOf, twoOf, type World } from './fault.ts'

const CONNECTED_WITHIN_MS = 20_000
const DEAF_MS = 12_000
const SLOW_MS = 8_000
const LATENCY_MS = 200

/** Two of three hubs at once: who reconnects may come from one to the other. */
export const subscriberCut: Fault = {
  name: 'subscriber-cut',
  touches: 'road',
  on: ['standalone'],
  async strike(world, chance) {
    for (const proxy of twoOf(proxies(world), chance)) {
      await connected(proxy)
      demand(proxy.cut(SUBSCRIBER))
    }
  },
}

export const subscriberHalfOpen: Fault = {
  name: 'subscriber-half-open',
  touches: 'road',
  on: ['standalone'],
  async strike(world, chance) {
    for (const proxy of twoOf(proxies(world), chance)) {
      await connected(proxy)
      const struck = proxy.blackhole(true, SUBSCRIBER)
      // The next connection works: it is for the hub to find out that this one does not.
      proxy.blackhole(false)
      demand(struck)
    }
  },
}

/** Every connection to hear news on is half-open, the next one too: only what is read can still be told. */
export const subscriberDeaf: Fault = {
  name: 'subscriber-deaf',
  touches: 'road',
  on: ['standalone'],
  isLong: true,
  async strike(world, chance) {
    const proxy = oneOf(proxies(world), chance)
    await connected(proxy)
    const struck = proxy.blackhole(true, SUBSCRIBER)
    await sleep(DEAF_MS)
    proxy.blackhole(false)
    demand(struck)
  },
}

export const slowRoad: Fault = {
  name: 'latency-200ms',
  touches: 'road',
  on: ['standalone'],
  async strike(world) {
    for (const proxy of proxies(world)) proxy.delay({ toClient: LATENCY_MS })
    await sleep(SLOW_MS)
    for (const proxy of proxies(world)) proxy.delay(0)
  },
}

function proxies({ hubs }: World): TcpProxy[] {
  return hubs.map(({ road }) => road.proxy).filter((proxy) => proxy !== undefined)
}

/** Another fault may have taken the connection away just now. */
async function connected(proxy: TcpProxy): Promise<void> {
  await eventually(() => proxy.open(SUBSCRIBER) > 0, { within: CONNECTED_WITHIN_MS })
}

function demand(struck: number): void {
  if (struck === 0) throw new FaultMissed('no subscriber was connected')
}
