import type { TcpProxy } from '../../support/tcp-proxy.ts'

export type RedisKind = 'standalone' | 'sentinel' | 'cluster'

/** One Redis, however many processes it is made of, that keeps what it has acknowledged as well as its kind can. */
export interface Deployment {
  readonly kind: RedisKind
  /** Opens the way to Redis for one more hub. */
  connect(): Promise<Road>
  /** Resolves when Redis, all of it, has accepted a write; rejects when it has not. */
  write(): Promise<void>
  /** SIGSTOP and SIGCONT of a process that takes writes. */
  freeze(): Promise<void>
  thaw(): void
  /** SIGKILL of a process that takes writes; it comes back with what its disk holds. */
  restart(): Promise<void>
  /** Runs `CONFIG SET` on every process. */
  configure(setting: string, value: string): Promise<void>
  /** Another process takes over: the old one is killed, and comes back as a replica. */
  failover?(): Promise<void>
  /** Slots with documents in them move to another process while they are used. */
  migrateSlots?(): Promise<void>
  /** Whether another process takes over by itself from one that is away: then what it had acknowledged may be undone. */
  readonly failsOver: boolean
  stop(): Promise<void>
}

/** A hub's way to Redis. */
export interface Road {
  readonly url: string
  /** Absent where the hub is told by Redis itself whom to connect to. */
  readonly proxy?: TcpProxy | undefined
  close(): Promise<void>
}
