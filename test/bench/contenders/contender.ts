import type { Page } from '../load/page.ts'
import type { PublisherDoor } from '../load/publisher.ts'
import type { BenchRedis } from '../run/redis.ts'

export type ContenderName =
  | 'floor'
  | 'floor-2'
  | 'hub-memory'
  | 'hub'
  | 'hub-2'
  | 'hub-2-apart'
  | 'hub-4'
  | 'naive'
  | 'naive-2'
  | 'naive-4'
  | 'naive-sharded'
  | 'polling'
  | 'nchan-memory'
  | 'nchan'
  | 'pushpin'

export interface Contender {
  readonly name: ContenderName
  /** What it is, for whoever reads the tables. */
  readonly what: string
  /** Each is warmed up like one alone. */
  readonly instances?: number
  /** With more pages it would do nothing but answer those that ask for nothing new. */
  readonly mostPages?: number
  /** How many lifecycles, and at saturation how many updates, are under way at once. */
  readonly inFlight: number
  /** For how long its idle pages are watched; not at all where idle pages are not its subject. Seconds. */
  readonly idleSeconds?: number
  /** Why it cannot take part here, in a sentence. */
  missing?(): string | undefined
  /** @param nodeOptions further options for the server's own Node, such as a profiler's */
  start(redis: BenchRedis, nodeOptions?: readonly string[]): Promise<Product>
}

/** A challenge just opened: its id, and what a page shows at the door. */
export interface Opened {
  challenge: string
  waitToken?: string
}

export interface Change {
  challengeStatus: string
  isChallengeComplete?: true
}

/** One product under test as the workloads see it: the same few verbs, whatever happens underneath. */
export interface Product {
  /** Its processes; what they have started themselves counts, too. */
  readonly pids: readonly number[]
  readonly redisPid: number
  /** Asks for a full collection, where there is something to collect. */
  collect(): void
  open(): Promise<Opened>
  update(challenge: string, change: Change): Promise<void>
  /** Resolves when the page waits. */
  connect(opened: Opened): Promise<Page>
  /** Where backends publish without HTTP. */
  readonly publishing?: PublisherDoor
  stop(): Promise<void>
}
